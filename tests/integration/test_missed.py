"""What happened while nobody led: the next leader finds all work there is (T03)."""

from typing import Any

import pytest

from tests.harness import platforms
from tests.harness.clusterpedia import LIFECYCLE_FINALIZER
from tests.harness.eithercrds import either_crds
from tests.harness.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)


def delete_held(world: World, name: str) -> str:
    """Delete a lifecycle that Clusterpedia's finalizer holds; return its uid."""
    held = {"metadata": {"finalizers": [LIFECYCLE_FINALIZER]}}
    world.admin.patch(POLICY_API, LIFECYCLE, name, held)
    world.admin.delete(POLICY_API, LIFECYCLE, name)
    metadata = world.lifecycle(name)["metadata"]
    assert "deletionTimestamp" in metadata
    return str(metadata["uid"])


@either_crds
def test_t03_a_lifecycle_that_was_deleted_while_nobody_led_is_made_again(world: World) -> None:
    """Its finalizer goes, the next one takes the PediaCluster over, and a rotation is followed."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller()
    before = world.until_pediacluster("p-one")
    world.until_settled("p")
    assert controller.terminate() == 0
    uid = delete_held(world, "p-one")
    world.controller()

    world.until(lambda: world.lifecycle("p-one")["metadata"]["uid"] != uid, "it is made again")
    world.apply(platforms.cluster("one", token="rotated"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "a rotation is followed",
    )
    assert world.pediacluster("p-one")["metadata"]["uid"] == before["metadata"]["uid"]
    world.until_reason(LIFECYCLE, "p-one", "Ready", "Imported")
    world.until_settled("p")


@either_crds
@pytest.mark.parametrize("policy", ["invalid", "of another", "gone"])
def test_t03_whatever_its_policy_is_a_lifecycle_is_let_go(world: World, policy: str) -> None:
    """Also of a policy that is not in force, of none, and of one that is gone."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    assert controller.terminate() == 0
    if policy == "invalid":
        world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"nameTemplate": "{{ nope }}"}})
    elif policy == "gone":
        world.admin.delete(POLICY_API, POLICY, "p", propagation="Orphan")
    else:
        nobodys = {"metadata": {"ownerReferences": None}}
        world.admin.patch(POLICY_API, LIFECYCLE, "p-one", nobodys)
        world.admin.delete("v1", "ConfigMap", "one", "default")
    uid = delete_held(world, "p-one")
    world.controller()

    world.until(
        lambda: (
            uid not in [obj["metadata"]["uid"] for obj in world.admin.list(POLICY_API, LIFECYCLE)]
        ),
        "it is let go",
    )


@either_crds
def test_t03_a_pediacluster_whose_lifecycle_went_meanwhile_is_found(world: World) -> None:
    """Its lifecycle and its source went while nobody led: it goes at the next start."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    controller = world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    controller.kill()
    world.admin.delete("v1", "ConfigMap", "one", "default")
    world.admin.delete(POLICY_API, LIFECYCLE, "p-one", propagation="Orphan")
    owner: dict[str, Any] = world.pediacluster("p-one")["metadata"]
    if not owner.get("ownerReferences"):
        pytest.skip("the garbage collector was quicker")
    world.controller()

    world.until_gone(PEDIACLUSTER, "p-one", timeout_seconds=60)
    assert world.admin.list(CLUSTER_API, PEDIACLUSTER)[0]["metadata"]["name"] == "p-two"
