"""With Clusterpedia's own CRDs in place of ours, and swapped for ours on a live system (E16).

What holds with both is stated where it is stated for ours, by ``either_crds``; here is what
differs, and the swap.
"""

from functools import partial

import pytest

from development import manifests
from development.clusterpedia import LIFECYCLE_FINALIZER, POLICY_FINALIZER
from development.controller import condition
from development.controlplane.audit import AuditMark
from development.controlplane.rest import ApiFailure
from development.world import (
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.swap import leave_as_clusterpedia
from tests.harness.writes import object_writes


def test_e16_vcluster(clusterpedia_world: World) -> None:
    """The vCluster policy works without its fieldSelector, which these CRDs do not have."""
    world = clusterpedia_world
    (policy,) = manifests.example("vcluster", "policy")
    with pytest.raises(ApiFailure, match="fieldSelector: field not declared in schema"):
        world.apply(policy)
    del policy["spec"]["source"]["fieldSelector"]
    world.apply(policy)
    world.apply_example("vcluster", "clusterrole", "samples")
    world.controller()
    expected = [
        "vc-caiwei-vcluster-caiwei-vcluster",
        "vc-default-vcluster-1",
        "vc-default-vcluster-2",
    ]
    world.until(lambda: world.names(PEDIACLUSTER) == expected, "exactly the three vClusters")


def test_e16_deletions_within_the_budget_add_up(clusterpedia_world: World) -> None:
    """Its CRDs keep no list of past deletions: the controller remembers them while it runs."""
    world = clusterpedia_world
    names = [f"c{number}" for number in range(8)]
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), *map(platforms.cluster, names))
    world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) == len(names), "all are imported")
    world.until_settled("p")

    delete_sources(world, names[:4])
    left = [f"p-{name}" for name in names[4:]]
    world.until(lambda: world.names(LIFECYCLE) == left, "four may go without a person")
    assert world.names(PEDIACLUSTER) == left
    assert "deletions" not in world.policy("p")["status"]
    delete_sources(world, names[4:6])
    blocked = world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert "2 lifecycles" in blocked["message"]
    assert world.names(PEDIACLUSTER) == left


def delete_sources(world: World, names: list[str]) -> None:
    """Delete ConfigMaps."""
    for name in names:
        world.admin.delete("v1", "ConfigMap", name, "default")


def test_e16_clusterpedias_finalizers(clusterpedia_world: World) -> None:
    """Its finalizers are removed from what is being deleted, never before, and we add none."""
    world = clusterpedia_world
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    made = [world.policy("p"), world.lifecycle("p-one"), world.pediacluster("p-one")]
    assert [obj["metadata"].get("finalizers") for obj in made] == [None, None, None]

    add_finalizer(world, POLICY, "p", POLICY_FINALIZER)
    for name in ("p-one", "p-two"):
        add_finalizer(world, LIFECYCLE, name, LIFECYCLE_FINALIZER)
    world.apply(platforms.cluster("one", token="another"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("another"), "it goes on"
    )
    assert world.policy("p")["metadata"]["finalizers"] == [POLICY_FINALIZER]
    assert world.lifecycle("p-one")["metadata"]["finalizers"] == [LIFECYCLE_FINALIZER]

    world.admin.delete("v1", "ConfigMap", "one", "default")
    world.until_gone(LIFECYCLE, "p-one")
    assert world.names(PEDIACLUSTER) == ["p-two"]
    world.admin.delete(POLICY_API, POLICY, "p", propagation="Background")
    world.until_gone(POLICY, "p")
    world.until_gone(LIFECYCLE, "p-two")
    world.until_gone(PEDIACLUSTER, "p-two")


def add_finalizer(world: World, kind: str, name: str, finalizer: str) -> None:
    """Add a finalizer as Clusterpedia's manager would."""
    world.admin.patch(POLICY_API, kind, name, {"metadata": {"finalizers": [finalizer]}})


# -- the swap -------------------------------------------------------------------------------------


def test_e16_what_clusterpedia_left_is_taken_over(clusterpedia_world: World) -> None:
    """Equal PediaClusters are not written; one that lost its owner gets it back, and no more."""
    world = clusterpedia_world
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(platforms.secret_policy("p"))
    add_finalizer(world, POLICY, "p", POLICY_FINALIZER)
    for name in ("one", "two", "ownerless"):
        world.apply(platforms.credentials(name), platforms.cluster(name))
        leave_as_clusterpedia(world, name, is_owned=name != "ownerless")
    names = world.names(LIFECYCLE)
    before = {name: world.pediacluster(name) for name in names}
    lifecycles = {name: world.lifecycle(name) for name in names}

    mark = world.control_plane.audit_mark()
    world.controller()
    world.until_reason(POLICY, "p", "Ready", "Imported")
    world.until_settled("p")
    for name in ("p-one", "p-two"):
        assert world.pediacluster(name) == before[name]
    assert writes_since(world, mark, "pediaclusters") == [("patch", "p-ownerless")]
    owned = world.pediacluster("p-ownerless")
    assert owned["spec"] == before["p-ownerless"]["spec"]
    assert owned["metadata"]["generation"] == before["p-ownerless"]["metadata"]["generation"]
    (owner,) = owned["metadata"]["ownerReferences"]
    assert owner["uid"] == lifecycles["p-ownerless"]["metadata"]["uid"]
    for name in names:
        taken = world.lifecycle(name)
        assert taken["spec"] == lifecycles[name]["spec"]
        assert taken["metadata"]["generation"] == lifecycles[name]["metadata"]["generation"]
        assert condition(taken, "Created") == condition(lifecycles[name], "Created")
        assert condition(taken, "Ready")["status"] == "True"

    for name in ("one", "ownerless"):
        world.apply(platforms.credentials(name, token="rotated"))
        world.until(partial(has_token, world, f"p-{name}", "rotated"), f"{name} is followed")
    world.admin.delete("v1", "ConfigMap", "one", "default")
    world.until_gone(PEDIACLUSTER, "p-one")
    world.until_gone(LIFECYCLE, "p-one")


def has_token(world: World, pediacluster: str, token: str) -> bool:
    """Whether a PediaCluster has a token."""
    return bool(world.pediacluster(pediacluster)["spec"]["tokenData"] == encode(token))


def writes_since(world: World, mark: AuditMark, resource: str) -> list[tuple[str, str]]:
    """Return verb and name of the controller's writes to a type."""
    written = object_writes(world, mark)
    return [(event.verb, event.name) for event in written if event.resource == resource]
