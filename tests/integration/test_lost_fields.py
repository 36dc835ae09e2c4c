"""A policy whose fields of ours were erased by Clusterpedia's manager or pruned by its CRDs (E16).

Nothing is imported, changed or deleted until a person mends it.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from development import clusterpedia, manifests
from development.controller import condition
from development.controlplane.rest import ApiFailure
from development.world import (
    CLUSTER_API,
    LEASE,
    LIFECYCLE,
    NAMESPACE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.writes import kind_of, object_writes

EXTENSIONS = "policy.clusterpedia.io/extensions"
OBSERVE = {"mode": "Observe"}
ORPHAN = {"deletionPolicy": "Orphan"}
LABELLED = {"source": {"group": "", "resource": "configmaps", "labelSelector": "import=yes"}}


@pytest.fixture
def swapped_world(clusterpedia_world: World) -> Iterator[World]:
    """Give a test our CRDs on the second control plane; afterwards Clusterpedia's are back."""
    install_ours(clusterpedia_world)
    yield clusterpedia_world
    clusterpedia_world.stop_controllers()
    install_clusterpedias(clusterpedia_world)


def install_ours(world: World) -> None:
    """Apply our CRDs, and wait until the server keeps our fields."""
    install_crds(world, [obj for obj in manifests.base() if obj["kind"] == manifests.CRD])
    world.until(lambda: keeps_mode(world, POLICY, LIFECYCLE), "the server keeps our fields")
    untouched(world)


def install_clusterpedias(world: World) -> None:
    """Apply Clusterpedia's CRDs, and wait until the server drops our fields."""
    install_crds(world, clusterpedia.crds())
    for kind in (POLICY, LIFECYCLE):
        world.until(partial(drops_mode, world, kind), "the server drops our fields")
    untouched(world)


def install_crds(world: World, crds: list[dict[str, Any]]) -> None:
    """Apply CRDs in alphabetical order of their groups and types, as kubectl does with a folder."""
    for crd in sorted(crds, key=lambda crd: (crd["spec"]["group"], crd["metadata"]["name"])):
        world.admin.install_crd(crd)


def keeps_mode(world: World, *kinds: str) -> bool:
    """Whether the server's schemas know a field of ours, by asking it for a write it refuses."""
    return all(_keeps_mode(world, kind) for kind in kinds)


def drops_mode(world: World, kind: str) -> bool:
    """Whether the server's schema of a type does not know it."""
    return not keeps_mode(world, kind)


def _keeps_mode(world: World, kind: str) -> bool:
    name = {"metadata": {"name": "probe"}, "spec": {"mode": 1}}
    try:
        world.admin.apply({"apiVersion": POLICY_API, "kind": kind, **name})
    except ApiFailure as failure:
        return "field not declared" not in failure.message
    raise AssertionError("an object without a source was accepted")


def apply_crds(world: World) -> None:
    """Apply Clusterpedia's CRDs over ours: the server drops our fields from what it reads."""
    install_clusterpedias(world)
    assert set(world.policy("p")["spec"]) == set(clusterpedia.POLICY_SPEC["required"])


def run_manager(world: World) -> None:
    """Add the finalizer as Clusterpedia's manager does: all it does not know is gone after it."""
    obj = json.loads(json.dumps(world.policy("p")))
    obj["metadata"]["finalizers"] = [clusterpedia.POLICY_FINALIZER]
    known = clusterpedia.POLICY_SPEC["properties"]
    obj["spec"] = {name: value for name, value in obj["spec"].items() if name in known}
    source = known["source"]["properties"]
    obj["spec"]["source"] = {
        name: value for name, value in obj["spec"]["source"].items() if name in source
    }
    world.admin.update(obj)


def set_again(world: World, fields: dict[str, Any]) -> None:
    """Mend a policy: our CRDs back alone are not enough, the fields have to be set again."""
    before = untouched(world)
    install_ours(world)
    world.remains(lambda: untouched(world) == before, "it waits for a person", seconds=3)
    assert condition(world.policy("p"), "Validated")["reason"] == "ExtensionsLost"
    world.apply(platforms.policy("p", **fields))


def set_again_while_down(world: World, fields: dict[str, Any]) -> None:
    """Mend a policy in the same way, while no controller runs when our CRDs come back."""
    world.stop_controllers()
    world.admin.delete("coordination.k8s.io/v1", "Lease", LEASE, NAMESPACE)
    install_ours(world)
    world.controller()
    set_again(world, fields)


def remove_annotation(world: World, fields: dict[str, Any]) -> None:
    """Mend a policy: a person says that it shall go on without the fields."""
    del fields
    world.admin.patch(POLICY_API, POLICY, "p", {"metadata": {"annotations": {EXTENSIONS: None}}})


def untouched(world: World) -> dict[str, list[tuple[str, str]]]:
    """Return the versions of all lifecycles and PediaClusters."""

    def read() -> dict[str, list[tuple[str, str]]]:
        return {
            kind: sorted(
                (obj["metadata"]["name"], obj["metadata"]["resourceVersion"])
                for obj in world.admin.list(api_version, kind)
            )
            for api_version, kind in ((POLICY_API, LIFECYCLE), (CLUSTER_API, PEDIACLUSTER))
        }

    found: dict[str, list[tuple[str, str]]] = world.until(read, "the objects can be listed")
    return found


@pytest.mark.parametrize(
    ("lose", "fields", "while_down", "mend"),
    [
        (apply_crds, OBSERVE, False, set_again),
        (apply_crds, ORPHAN, False, set_again_while_down),
        (apply_crds, ORPHAN | LABELLED, True, remove_annotation),
        (run_manager, OBSERVE, False, remove_annotation),
        (run_manager, ORPHAN | LABELLED, True, set_again),
    ],
)
def test_e16_a_policy_that_lost_fields_of_ours_stops(
    swapped_world: World,
    lose: Callable[[World], None],
    fields: dict[str, Any],
    mend: Callable[[World, dict[str, Any]], None],
    *,
    while_down: bool,
) -> None:
    """A policy whose fields were erased or pruned does nothing at all until a person mends it."""
    world = swapped_world
    observes, imports_all = "mode" in fields, "source" in fields and mend is remove_annotation
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", **fields))
    world.apply(platforms.cluster("one"), platforms.cluster("two"))
    world.apply(platforms.cluster("unlabelled", labels={"import": "no"}))
    controller = world.controller()
    world.until(lambda: world.names(LIFECYCLE) == ["p-one", "p-two"], "both have a lifecycle")
    world.until_settled("p")
    named = world.policy("p")["metadata"]["annotations"][EXTENSIONS].split(",")
    before = untouched(world)
    assert world.names(PEDIACLUSTER) == ([] if observes else ["p-one", "p-two"])

    mark = world.control_plane.audit_mark()
    if while_down:
        assert controller.terminate() == 0
        lose(world)
        world.controller()
    else:
        lose(world)
    validated = world.until_reason(POLICY, "p", "Validated", "ExtensionsLost")
    assert validated["status"] == "False"
    assert all(f"spec.{name}" in validated["message"] for name in named)
    world.apply(platforms.cluster("one", token="another"), platforms.cluster("three"))
    world.admin.delete("v1", "ConfigMap", "two", "default")
    # Longer than candidates are gathered: a deletion would have happened by then.
    world.remains(lambda: untouched(world) == before, "nothing is written", seconds=4)
    assert world.policy("p")["metadata"]["annotations"][EXTENSIONS].split(",") == named
    allowed = {("patch", "clusterimportpolicies/status")}
    assert {kind_of(event) for event in object_writes(world, mark)} <= allowed

    mend(world, fields)
    world.until_reason(POLICY, "p", "Validated", "Success")
    world.until(lambda: "p-three" in world.names(LIFECYCLE), "it goes on by itself")
    if observes and mend is not remove_annotation:
        world.until_settled("p")
        assert world.names(PEDIACLUSTER) == [], "it has never imported"
        return
    world.until_pediacluster("p-three")
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("another"),
        "it follows its source",
    )
    world.until_gone(LIFECYCLE, "p-two")
    # Without an owner since the time of Orphan, it is kept also where a person gave that up.
    assert ("p-two" in world.names(PEDIACLUSTER)) == ("deletionPolicy" in fields)
    if imports_all:
        world.until_pediacluster("p-unlabelled")
    else:
        assert "p-unlabelled" not in world.names(PEDIACLUSTER)


def test_e16_a_person_may_remove_fields_of_ours(world: World) -> None:
    """Under our CRDs a field that a person takes out is not lost: the policy goes on without it."""
    reference = platforms.secret_policy("p")["spec"]["references"][0]
    limited = [{**reference, "allowedNamespaces": ["default"]}]
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.credentials("one"), platforms.cluster("one"))
    world.apply(platforms.secret_policy("p", references=limited, deletionPolicy="Orphan"))
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    annotations = world.policy("p")["metadata"]["annotations"]
    assert annotations[EXTENSIONS] == "deletionPolicy,references.allowedNamespaces"

    world.apply(platforms.secret_policy("p"))
    world.until(
        lambda: EXTENSIONS not in world.policy("p")["metadata"].get("annotations", {}),
        "the annotation names nothing any more",
    )
    world.until_settled("p")
    assert condition(world.policy("p"), "Validated")["reason"] == "Success"
    assert condition(world.policy("p"), "Ready")["status"] == "True"
    assert "ownerReferences" in world.pediacluster("p-one")["metadata"]
