"""What happened while nobody led: the next leader finds all work there is (T03)."""

import pytest

from development.clusterpedia import LIFECYCLE_FINALIZER
from development.world import (
    LIFECYCLE,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.eithercrds import either_crds


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
    """Its finalizer goes, the next one has its PediaCluster, and a rotation is followed."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller()
    world.until_pediacluster("p-one")
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
