"""The platform's type comes late, changes its version, goes, and is installed again (E06)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from development import manifests
from development.controller import ControllerProcess
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import capi
from tests.harness.eithercrds import CLUSTERPEDIA_WORLD, OUR_WORLD, either_crds

ALLOW = "policy.clusterpedia.io/allow-deletions"
CRD_API = "apiextensions.k8s.io/v1"
HOLD = "tests.clusterpedia.io/hold"
BOTH = ["default-one", "default-two"]


def identities(world: World) -> dict[str, list[tuple[str, str]]]:
    """Return names and uids of all lifecycles and PediaClusters that nobody is deleting."""
    return {
        kind: sorted(
            (obj["metadata"]["name"], obj["metadata"]["uid"])
            for obj in world.admin.list(api_version, kind)
            if "deletionTimestamp" not in obj["metadata"]
        )
        for api_version, kind in ((POLICY_API, LIFECYCLE), (CLUSTER_API, PEDIACLUSTER))
    }


def stays(world: World, before: dict[str, list[tuple[str, str]]]) -> None:
    """State that nothing is deleted, for longer than candidates are gathered."""
    world.remains(lambda: identities(world) == before, "nothing is deleted", seconds=4)


def install_type(world: World, *versions: str) -> None:
    """Install the platform's CRD; return when it is older than what is made from then on."""
    world.apply(capi.crd(*versions))
    made = world.admin.read(CRD_API, manifests.CRD, capi.CRD_NAME)["metadata"]["creationTimestamp"]
    born = datetime.fromisoformat(made)
    # The server's times have whole seconds, and of two equal ones nobody knows the order.
    world.until(lambda: (datetime.now(UTC) - born).total_seconds() > 1.1, "a second has passed")


def remove_type(world: World) -> None:
    """Delete the platform's CRD, and with it all its objects."""
    world.admin.delete(CRD_API, manifests.CRD, capi.CRD_NAME)
    world.until(lambda: not _crds(world), "the CRD is gone")


def _crds(world: World) -> list[dict[str, Any]]:
    crds = world.admin.list(CRD_API, manifests.CRD)
    return [crd for crd in crds if crd["metadata"]["name"] == capi.CRD_NAME]


def import_two(world: World) -> ControllerProcess:
    """Install everything and import two clusters."""
    world.apply_example("cluster-api", "clusterrole", "policy")
    install_type(world, "v1beta2")
    for name in ("one", "two"):
        world.apply(capi.secret(name, "first"), capi.cluster(name, "v1beta2"))
    controller = world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == BOTH, "both are imported")
    world.until_settled(capi.POLICY_NAME)
    return controller


def blocked(world: World, reason: str) -> str:
    """Wait until deletions are blocked for a reason; return the message."""
    found = world.until_reason(POLICY, capi.POLICY_NAME, "DeletionBlocked", reason)
    assert found["status"] == "True"
    return str(found["message"])


@either_crds
def test_e06_a_type_that_comes_late_and_moves_on(world: World) -> None:
    """A CRD after the policy, a preferred new version, the end of the old one: all taken up."""
    world.apply_example("cluster-api", "clusterrole", "policy")
    world.controller()
    missing = world.until_reason(
        POLICY, capi.POLICY_NAME, "Validated", "FailedNegotiateSourceResource"
    )
    assert missing["status"] == "False"
    assert "no clusters.cluster.x-k8s.io" in missing["message"]

    install_type(world, "v1beta1")
    world.apply(capi.secret("one", "first"), capi.cluster("one", "v1beta1"))
    made = world.until_pediacluster("default-one")
    assert world.lifecycle("default-one")["spec"]["source"]["version"] == "v1beta1"
    world.until_reason(POLICY, capi.POLICY_NAME, "Validated", "Success")
    world.until_settled(capi.POLICY_NAME)

    world.apply(capi.crd("v1beta2", "v1beta1"))
    world.until(
        lambda: world.lifecycle("default-one")["spec"]["source"]["version"] == "v1beta2",
        "the preferred version is taken up",
    )
    world.apply(capi.secret("two", "first"), capi.cluster("two", "v1beta2"))
    world.until_pediacluster("default-two")

    world.apply(capi.crd("v1beta2", "v1beta1", unserved=("v1beta1",)))
    world.apply(capi.secret("three", "first"), capi.cluster("three", "v1beta2"))
    world.until_pediacluster("default-three")
    world.until_settled(capi.POLICY_NAME)
    left = world.pediacluster("default-one")["metadata"]
    assert left["resourceVersion"] == made["metadata"]["resourceVersion"], "never written"

    world.apply(capi.secret("one", "second"))
    world.until(lambda: capi.token_in(world, "default-one") == "second", "a Secret is followed")
    world.admin.delete(f"{capi.GROUP}/v1beta2", "Cluster", "two", "default")
    world.until_gone(PEDIACLUSTER, "default-two")
    world.until_gone(LIFECYCLE, "default-two")
    assert world.names(PEDIACLUSTER) == ["default-one", "default-three"]


@pytest.mark.parametrize(
    ("world", "down"),
    [
        (OUR_WORLD, "never"),
        (OUR_WORLD, "for the removal"),
        (OUR_WORLD, "for all of it"),
        (CLUSTERPEDIA_WORLD, "for the removal"),
    ],
    indirect=["world"],
)
def test_e06_a_type_that_is_removed_and_reinstalled(world: World, down: str) -> None:
    """Removal and reinstallation of a CRD delete nothing; what comes back is followed again."""
    controller = import_two(world)
    before = identities(world)

    if down != "never":
        assert controller.terminate() == 0
    remove_type(world)
    if down == "for the removal":
        world.controller()
    if down != "for all of it":
        missing = world.until_reason(
            POLICY, capi.POLICY_NAME, "Validated", "FailedNegotiateSourceResource"
        )
        assert "Nothing is changed or deleted" in missing["message"]
        stays(world, before)
    install_type(world, "v1beta2")
    if down == "for all of it":
        world.controller()

    message = blocked(world, "SourceTypeReinstalled")
    assert "reinstalled" in message
    assert "Not deleted: default-one, default-two" in message
    assert f"{ALLOW}=" in message
    world.until_reason(POLICY, capi.POLICY_NAME, "Validated", "Success")
    stays(world, before)

    world.apply(capi.secret("one", "second"), capi.cluster("one", "v1beta2"))
    world.until(lambda: capi.token_in(world, "default-one") == "second", "one is followed again")
    world.until(
        lambda: "Not deleted: default-two." in blocked(world, "SourceTypeReinstalled"),
        "only the other is missing",
    )
    world.apply(capi.cluster("two", "v1beta2"))
    world.until_reason(POLICY, capi.POLICY_NAME, "DeletionBlocked", "NothingBlocked")
    world.until_reason(POLICY, capi.POLICY_NAME, "Ready", "Imported")
    world.apply(capi.secret("two", "second"))
    world.until(lambda: capi.token_in(world, "default-two") == "second", "so is the other")
    assert identities(world) == before


@either_crds
def test_e06_a_person_releases_what_does_not_come_back(world: World) -> None:
    """The token in the message deletes those whose sources are missing, and only those."""
    import_two(world)
    remove_type(world)
    install_type(world, "v1beta2")
    world.apply(capi.cluster("two", "v1beta2"))
    world.until(
        lambda: "Not deleted: default-one." in blocked(world, "SourceTypeReinstalled"),
        "the other is back",
    )

    token = blocked(world, "SourceTypeReinstalled").partition(f"{ALLOW}=")[2].split()[0]
    world.admin.patch(
        POLICY_API, POLICY, capi.POLICY_NAME, {"metadata": {"annotations": {ALLOW: token}}}
    )
    world.until_gone(PEDIACLUSTER, "default-one")
    world.until_gone(LIFECYCLE, "default-one")
    world.until_reason(POLICY, capi.POLICY_NAME, "DeletionBlocked", "NothingBlocked")
    assert world.names(PEDIACLUSTER) == ["default-two"]


@either_crds
def test_e06_a_type_on_its_way_out(world: World) -> None:
    """While a CRD is being deleted and still serves, its vanishing objects delete nothing."""
    import_two(world)
    before = identities(world)
    world.apply(capi.cluster("two", "v1beta2", finalizers=(HOLD,)))

    world.admin.delete(CRD_API, manifests.CRD, capi.CRD_NAME)
    try:
        message = blocked(world, "SourceTypeReinstalled")
        assert f"the CustomResourceDefinition {capi.CRD_NAME} is being deleted" in message
        assert "default-one" in message
        stays(world, before)
    finally:
        world.admin.patch(
            f"{capi.GROUP}/v1beta2",
            "Cluster",
            "two",
            {"metadata": {"finalizers": None}},
            namespace="default",
        )
    world.until(lambda: not _crds(world), "the CRD is gone")
    stays(world, before)


@either_crds
@pytest.mark.parametrize("restarted", [False, True])
def test_t05_after_a_reinstallation_deletions_are_ordinary_again(
    world: World, *, restarted: bool
) -> None:
    """What was seen alive under the new CRD goes with its source, also after a restart."""
    controller = import_two(world)
    remove_type(world)
    install_type(world, "v1beta2")
    blocked(world, "SourceTypeReinstalled")
    world.apply(capi.cluster("one", "v1beta2"), capi.cluster("two", "v1beta2"))
    world.until_reason(POLICY, capi.POLICY_NAME, "DeletionBlocked", "NothingBlocked")
    world.until_reason(POLICY, capi.POLICY_NAME, "Ready", "Imported")
    (crd,) = _crds(world)

    def is_told(name: str) -> bool:
        obj = world.lifecycle(name)
        told = obj["status"].get("sourceTypeUID") or obj["metadata"].get("annotations", {}).get(
            "policy.clusterpedia.io/source-type"
        )
        return bool(told == crd["metadata"]["uid"])

    world.until(lambda: is_told("default-one") and is_told("default-two"), "both were seen alive")
    if restarted:
        assert controller.terminate() == 0
        world.controller()
    world.admin.delete(f"{capi.GROUP}/v1beta2", "Cluster", "one", "default")

    world.until_gone(PEDIACLUSTER, "default-one")
    world.until_gone(LIFECYCLE, "default-one")
    assert world.names(PEDIACLUSTER) == ["default-two"]
    world.until_reason(POLICY, capi.POLICY_NAME, "DeletionBlocked", "NothingBlocked")
