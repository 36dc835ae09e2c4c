"""A credential occurs nowhere but in Secrets and in PediaCluster.spec, whatever fails (E17)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from development.controller import condition
from development.controlplane.client import AdminClient
from development.controlplane.controlplane import ControlPlane
from development.controlplane.rest import ApiFailure
from development.installation import installation
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, World, encode, world_of
from tests.harness import canary, platforms
from tests.harness.admission import admission_policy
from tests.harness.canary import CANARY, FORMS
from tests.harness.canaryhunt import assert_nowhere, start
from tests.harness.canaryways import (
    DATA,
    INVALID,
    KUBECONFIG,
    KUBECONFIGS,
    NO_DOCUMENT,
    WAYS,
    adopted,
    policy,
    secret,
)

CRD_API = "apiextensions.k8s.io/v1"


@pytest.fixture(scope="module")
def own_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a control plane whose schema of PediaCluster refuses, and quotes, certificates."""
    path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/certData/pattern"
    with installation(binaries=control_plane_binaries) as running, AdminClient(running) as admin:
        admin.patch(
            CRD_API,
            "CustomResourceDefinition",
            "pediaclusters.cluster.clusterpedia.io",
            [{"op": "add", "path": path, "value": "^none$"}],
        )
        yield running


@pytest.fixture
def world(own_control_plane: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """Give a test a world on that control plane, where one policy of the server echoes tokens."""
    with world_of(own_control_plane, tmp_path) as w:
        w.grant("secrets", platforms.SECRETS_RULE)
        w.apply(*admission_policy("echo", "!object.spec.apiserver.contains('refused')"))
        echoed = {
            "apiVersion": CLUSTER_API,
            "kind": PEDIACLUSTER,
            "metadata": {"name": "echoed"},
            "spec": {
                "apiserver": "https://refused",
                "tokenData": encode(CANARY),
                "syncResources": [],
            },
        }

        def is_echoed() -> bool:
            try:
                w.admin.create(echoed)
            except ApiFailure as failure:
                return bool(canary.search(failure.message, FORMS))
            w.admin.delete(CLUSTER_API, PEDIACLUSTER, "echoed")
            return False

        w.until(is_echoed, "the server echoes what it refuses")
        yield w


def reason_of(world: World, name: str) -> str:
    """Return how the import of a name stands: its lifecycle's reason, else what its policy says."""
    if name in world.names(LIFECYCLE):
        lifecycle = world.lifecycle(name)
        updating = condition(lifecycle, "Updating")
        return str((updating or condition(lifecycle, "Created")).get("reason"))
    ready = condition(world.policy(name), "Ready")
    if ready.get("reason") == INVALID:
        return INVALID
    message = str(ready.get("message"))
    return message.partition(f"default/{name}: ")[2].partition(":")[0]


def until_reasons(world: World, expected: dict[str, str]) -> None:
    """Wait until every import stands as it should."""

    def look() -> bool:
        wrong.clear()
        wrong.update(
            (name, found)
            for name, reason in expected.items()
            if (found := reason_of(world, name)) != reason
        )
        return not wrong

    wrong: dict[str, str] = {}
    try:
        world.until(look, "every way has ended as it should", timeout_seconds=40)
    except AssertionError:
        assert wrong == {name: expected[name] for name in wrong}
        raise


def test_e17_the_search_finds_what_it_looks_for(world: World) -> None:
    """The search sees the credential in every encoding, and what the server holds of it."""
    for wrapped in (
        f"x{CANARY}y",
        encode(f"ab{CANARY}"),
        encode("a" + encode(f"abc{CANARY}d")),
        json.dumps({"a": encode(CANARY)[4:]}),
        f"cut short: {CANARY[:24]}",
        CANARY.encode().hex(),
    ):
        assert canary.search(wrapped, FORMS)
    assert canary.search("nothing of it", FORMS) == []

    world.apply(secret("one"))
    whole = json.dumps([item for _, item in canary.everything(world.admin)])
    assert canary.search(whole, FORMS)
    assert canary.search(canary.outside(world.admin), FORMS) == []


def test_e17_every_way_to_fail(world: World, tmp_path: Path) -> None:
    """No failure of a policy, a source, a reference or the server shows the credential."""
    folder = tmp_path / "temporary"
    referred = secret("referred", "nobody")
    referred["metadata"]["labels"]["canary"] = CANARY
    world.apply(referred)
    for way in WAYS:
        world.apply(secret(way.name), policy(way.name, **way.spec))
    world.apply(policy("kubeconfigs", template=KUBECONFIG))
    for name, (_, content) in KUBECONFIGS.items():
        world.apply(secret(f"k-{name}", "kubeconfigs", kubeconfig=content))
    world.apply(secret("kept"), policy("kept"), secret("changed"), policy("changed"))
    world.apply(adopted("adopted"), secret("adopted"), policy("adopted"))
    expected = {way.name: way.reason for way in WAYS}
    expected |= {f"k-{name}": reason for name, (reason, _) in KUBECONFIGS.items()}

    first = start(world, folder, "--logging-format=json")
    until_reasons(world, {**expected, "kept": "PediaClusterUpdated"})
    world.apply(secret("changed", server="https://refused"))
    expected["changed"] = "FailedPatchPediaCluster"
    until_reasons(world, expected)
    world.until(
        lambda: world.pediacluster("adopted")["spec"]["tokenData"] == encode(DATA["token"]),
        "what was made by hand is taken over",
    )
    told = list(world.admin.list("events.k8s.io/v1", "Event"))
    assert {"CredentialRejected", NO_DOCUMENT, "CreationFailure"} <= {e["reason"] for e in told}
    assert_nowhere(world, folder, first)
    assert first.terminate() == 0

    second = start(world, folder, "--logging-format=text", "-v=9")
    world.until(lambda: "lease acquired" in second.log(), "the second leads", timeout_seconds=30)
    world.apply(secret("kept", token=f"rotated-{CANARY}"))
    world.until(
        lambda: world.pediacluster("kept")["spec"]["tokenData"] == encode(f"rotated-{CANARY}"),
        "a rotation is followed",
    )
    world.delete(secret("kept"))
    world.until_gone(PEDIACLUSTER, "kept")
    assert_nowhere(world, folder, first, second)
    assert second.terminate() == 0
    assert_nowhere(world, folder, first, second)
