"""A type that moves on to another version, goes with all its objects, and comes again (F29)."""

from typing import Any

import pytest

from development import manifests
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API
from tests.faults.fleet import IMPORTED, POLICY_NAME, SELECTED, UNSELECTED, SourceType
from tests.faults.trial import Trial
from tests.harness.capi import ANY

FEW = IMPORTED[:6]
GROUP = "platform.example.com"
RESOURCE = "machines"
CRD_API = "apiextensions.k8s.io/v1"
GONE_SECONDS = 5.0
"""Longer than candidates for a deletion are gathered."""


def crd(*versions: str) -> dict[str, Any]:
    """Return the type; the first version is the stored one, and all are served."""
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"data": ANY}}}
    return {
        "apiVersion": CRD_API,
        "kind": manifests.CRD,
        "metadata": {"name": f"{RESOURCE}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": RESOURCE, "kind": "Machine", "listKind": "MachineList"},
            "versions": [
                {"name": each, "served": True, "storage": each == versions[0], "schema": schema}
                for each in versions
            ],
        },
    }


def is_of(version: str) -> SourceType:
    """Return the type in one of its versions."""
    return SourceType(f"{GROUP}/{version}", "Machine", GROUP, RESOURCE)


@pytest.mark.parametrize("replica", ["runs on", "is killed"])
def test_f29_a_type_that_is_removed_and_installed_again(trial: Trial, replica: str) -> None:
    """What is missing then is not gone: nothing is deleted, and what comes back is followed."""
    trial.world.apply(crd("v1beta1"))
    trial.fleet.type = is_of("v1beta1")
    trial.begin()

    trial.world.apply(crd("v1beta2", "v1beta1"))
    trial.fleet.type = is_of("v1beta2")
    trial.fleet.rotate(*FEW)
    trial.fleet.readdress(*FEW)
    trial.settle()
    before = _standing(trial)

    trial.world.admin.delete(CRD_API, manifests.CRD, f"{RESOURCE}.{GROUP}")
    trial.world.until_reason(
        POLICY, POLICY_NAME, "Validated", "FailedNegotiateSourceResource", timeout_seconds=60
    )
    if replica == "is killed":
        trial.kill()
    trial.world.apply(crd("v1beta2"))
    if replica == "is killed":
        trial.start(ready=False)
    trial.world.until_reason(
        POLICY, POLICY_NAME, "DeletionBlocked", "SourceTypeReinstalled", timeout_seconds=60
    )
    trial.world.remains(lambda: _standing(trial) == before, "all stay", seconds=GONE_SECONDS)

    trial.fleet.readdress(*SELECTED, *UNSELECTED)
    trial.settle()
    trial.world.until_reason(
        POLICY, POLICY_NAME, "DeletionBlocked", "NothingBlocked", timeout_seconds=60
    )
    run = trial.end()
    assert not [each for each in run.tried("pediaclusters") if each.request.verb == "delete"]
    assert _standing(trial) == before


def _standing(trial: Trial) -> set[tuple[str, str]]:
    return {
        (kind, obj["metadata"]["uid"])
        for api_version, kind in ((POLICY_API, LIFECYCLE), (CLUSTER_API, PEDIACLUSTER))
        for obj in trial.world.admin.list(api_version, kind)
    }
