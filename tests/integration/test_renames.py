"""Another name template: what is imported stays until it stands under its new name (T12)."""

from typing import Any

from development.controlplane.rest import ApiFailure
from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.admission import admission_policy
from tests.harness.eithercrds import either_crds

RENAMED = {"spec": {"nameTemplate": "new-{{ .source.metadata.name }}"}}


def by_hand(name: str) -> dict[str, Any]:
    """Return a PediaCluster that a person made."""
    return {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": name},
        "spec": {"apiserver": "https://192.0.2.77:6443", "syncResources": []},
    }


def is_refused(world: World, name: str) -> bool:
    """Whether the server refuses a PediaCluster of this name by now."""
    try:
        world.create(by_hand(name))
    except ApiFailure as failure:
        return failure.code in {403, 422}
    world.delete(by_hand(name))
    return False


@either_crds
def test_t12_a_name_that_is_taken_keeps_the_old_pediacluster(world: World) -> None:
    """It works and follows its source; its condition says why it is still there; then it goes."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    world.apply(by_hand("new-one"))
    world.controller()
    world.until(lambda: {"p-one", "p-two"} <= set(world.names(PEDIACLUSTER)), "both are imported")
    world.until_settled("p")

    world.admin.patch(POLICY_API, POLICY, "p", RENAMED)
    world.until_gone(PEDIACLUSTER, "p-two")
    told = world.until_reason(LIFECYCLE, "p-one", "Updating", "SourceRenamed")
    assert "goes when PediaCluster new-one stands" in told["message"]
    world.until(
        lambda: (
            "NameConflict"
            in world.until_reason(LIFECYCLE, "p-one", "Ready", "SourceRenamed")["message"]
        ),
        "and what that waits for",
    )
    world.apply(platforms.cluster("one", token="rotated"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "the old one follows its source",
    )
    # Longer than candidates are gathered.
    world.remains(lambda: "p-one" in world.names(PEDIACLUSTER), "the old one stays", seconds=5)
    assert world.names(PEDIACLUSTER) == ["new-one", "new-two", "p-one"]

    world.delete(by_hand("new-one"))
    world.until(lambda: world.names(LIFECYCLE) == ["new-one", "new-two"], "it goes by itself")
    assert world.names(PEDIACLUSTER) == ["new-one", "new-two"]
    assert world.pediacluster("new-one")["spec"]["tokenData"] == encode("rotated")


@either_crds
def test_t12_what_waits_or_is_refused_under_its_new_name_keeps_the_old_one(world: World) -> None:
    """A condition that is not true, or a webhook: the old one outlives a restart, too."""
    world.apply(*admission_policy("no-new-two", "object.metadata.name != 'new-two'"))
    world.until(lambda: is_refused(world, "new-two"), "the server refuses the new name")
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    controller = world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    waits = {"creationCondition": '{{ ne .source.metadata.name "one" }}'}
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": RENAMED["spec"] | waits})

    world.until_reason(LIFECYCLE, "new-one", "Created", "WaitCreationCondition")
    world.until_reason(LIFECYCLE, "new-two", "Created", "CreationFailure")
    for name, reason in (("p-one", "WaitCreationCondition"), ("p-two", "CreationFailure")):
        world.until(
            lambda name=name, reason=reason: (
                reason
                in world.until_reason(LIFECYCLE, name, "Updating", "SourceRenamed")["message"]
            ),
            f"{name} tells what it waits for",
        )
    assert controller.terminate() == 0
    world.controller()
    world.remains(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both stay", seconds=6)

    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"creationCondition": "true"}})
    world.until(lambda: world.names(PEDIACLUSTER) == ["new-one", "p-two"], "one is replaced")
