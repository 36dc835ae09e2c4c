"""When a source, its selection, its name or its policy goes, what was made of it goes too (E07).

Each also while no controller runs, and with and without the server's garbage collector.
"""

from collections.abc import Callable, Iterator

import pytest

from development.controller import condition
from development.controlplane.components import ALL_CONTROLLERS, WITHOUT_GARBAGE_COLLECTOR
from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
)
from tests.harness import platforms
from tests.harness.eithercrds import either_crds


@pytest.fixture(params=["with garbage collector", "without garbage collector"])
def garbage_collection(request: pytest.FixtureRequest, world: World) -> Iterator[str]:
    """Run a test with the garbage collector and without it."""
    if request.param == "with garbage collector":
        yield request.param
        return
    world.control_plane.run_controllers(WITHOUT_GARBAGE_COLLECTOR)
    yield request.param
    world.control_plane.run_controllers(ALL_CONTROLLERS)


def delete_source(world: World) -> None:
    """Delete the ConfigMap."""
    world.admin.delete("v1", "ConfigMap", "one", "default")


def deselect_source(world: World) -> None:
    """Take the label off that the selector looks at."""
    world.admin.patch(
        "v1", "ConfigMap", "one", {"metadata": {"labels": {"import": None}}}, namespace="default"
    )


def rename(world: World) -> None:
    """Change the name template."""
    patch = {"spec": {"nameTemplate": "renamed-{{ .source.metadata.name }}"}}
    world.admin.patch(POLICY_API, POLICY, "p", patch)


def delete_policy(world: World) -> None:
    """Delete the policy."""
    world.admin.delete(POLICY_API, POLICY, "p", propagation="Background")


ENDINGS = {
    "source gone": (delete_source, ["p-two"]),
    "source deselected": (deselect_source, ["p-two"]),
    "name template changed": (rename, ["renamed-one", "renamed-two"]),
    "policy gone": (delete_policy, []),
}


@either_crds
@pytest.mark.parametrize("while_down", [False, True], ids=["live", "while down"])
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.usefixtures("garbage_collection")
def test_e07_what_is_not_wanted_goes(world: World, ending: str, *, while_down: bool) -> None:
    """Lifecycle and PediaCluster go when source, selection, name or policy goes."""
    end, left = ENDINGS[ending]
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"), platforms.cluster("two"))
    controller = world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")

    if while_down:
        assert controller.terminate() == 0
        end(world)
        world.controller()
    else:
        end(world)

    world.until(lambda: world.names(PEDIACLUSTER) == left, f"PediaClusters are {left}")
    world.until(lambda: world.names(LIFECYCLE) == left, f"lifecycles are {left}")


@either_crds
@pytest.mark.usefixtures("garbage_collection")
def test_e07_what_was_deleted_by_hand_comes_back(world: World) -> None:
    """A lifecycle or a PediaCluster that a person deletes is made again, with its owner."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    world.controller()
    first = world.until_pediacluster("p-one")
    world.until_settled("p")

    world.admin.delete(CLUSTER_API, PEDIACLUSTER, "p-one")
    world.until(
        lambda: world.pediacluster("p-one")["metadata"]["uid"] != first["metadata"]["uid"],
        "the PediaCluster is made again",
    )
    lifecycle = world.lifecycle("p-one")
    world.admin.delete(POLICY_API, LIFECYCLE, "p-one", propagation="Background")
    world.until(
        lambda: world.lifecycle("p-one")["metadata"]["uid"] != lifecycle["metadata"]["uid"],
        "the lifecycle is made again",
    )

    def is_owned_by_the_new_one() -> bool:
        owners = world.pediacluster("p-one")["metadata"].get("ownerReferences", [])
        uid = world.lifecycle("p-one")["metadata"]["uid"]
        return [owner["uid"] for owner in owners] == [uid]

    world.until(is_owned_by_the_new_one, "the PediaCluster belongs to the new lifecycle")


@pytest.mark.parametrize(
    "end", [delete_source, deselect_source, delete_policy], ids=lambda end: end.__name__
)
def test_e07_orphan_keeps_the_pediacluster(world: World, end: Callable[[World], None]) -> None:
    """With deletionPolicy Orphan the lifecycle goes and the PediaCluster stays, owned by nobody."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", deletionPolicy="Orphan"), platforms.cluster("one"))
    world.controller()
    made = world.until_pediacluster("p-one")
    world.until_settled("p")
    assert "ownerReferences" not in made["metadata"]

    end(world)
    world.until_gone(LIFECYCLE, "p-one")

    kept = world.pediacluster("p-one")
    assert kept["metadata"]["uid"] == made["metadata"]["uid"]
    assert kept["metadata"]["annotations"]["policy.clusterpedia.io/lifecycle"] == "p-one"


def test_e07_a_changed_deletion_policy_is_in_force_when_ready_says_so(world: World) -> None:
    """Delete becomes Orphan for what exists, and back, by the time Ready observed the change."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")

    world.apply(platforms.policy("p", deletionPolicy="Orphan"))
    world.until_settled("p")
    assert "ownerReferences" not in world.pediacluster("p-one")["metadata"]
    assert world.lifecycle("p-one")["spec"]["deletionPolicy"] == "Orphan"

    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"deletionPolicy": None}})
    world.until_settled("p")
    owners = world.pediacluster("p-one")["metadata"]["ownerReferences"]
    assert [owner["uid"] for owner in owners] == [world.lifecycle("p-one")["metadata"]["uid"]]
    delete_source(world)
    world.until_gone(PEDIACLUSTER, "p-one")
    world.until_gone(LIFECYCLE, "p-one")


def test_e07_an_orphan_is_taken_up_again(world: World) -> None:
    """A source that comes back under its name takes up the PediaCluster it left behind."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", deletionPolicy="Orphan"), platforms.cluster("one"))
    world.controller()
    made = world.until_pediacluster("p-one")
    world.until_settled("p")
    delete_source(world)
    world.until_gone(LIFECYCLE, "p-one")

    world.apply(platforms.cluster("one", token="another"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] != made["spec"]["tokenData"],
        "the orphan follows its source again",
    )
    assert world.pediacluster("p-one")["metadata"]["uid"] == made["metadata"]["uid"]


def test_e07_observe_writes_no_pediacluster(world: World) -> None:
    """Observe reports what it would do, creates, changes and deletes nothing, and can be ended."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", mode="Observe"), platforms.cluster("one"))
    world.controller()
    world.until_settled("p")
    assert world.names(PEDIACLUSTER) == []
    reported = condition(world.lifecycle("p-one"), "Created")
    assert (reported["status"], reported["reason"]) == ("False", "Observed")

    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"mode": "Import"}})
    made = world.until_pediacluster("p-one")
    world.until_settled("p")

    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"mode": "Observe"}})
    world.until_settled("p")
    world.apply(platforms.cluster("one", token="changed"))
    world.until(
        lambda: "would change" in condition(world.lifecycle("p-one"), "Ready").get("message", ""),
        "the difference is reported",
    )
    assert (
        world.pediacluster("p-one")["metadata"]["resourceVersion"]
        == (made["metadata"]["resourceVersion"])
    )
    delete_source(world)
    world.until(
        lambda: world.policy("p")["status"]["selected"] == 0, "the source is seen to be gone"
    )
    mark = world.control_plane.audit_mark()
    world.until_settled("p")
    assert world.names(PEDIACLUSTER) == ["p-one"]
    assert world.names(LIFECYCLE) == ["p-one"]
    assert [
        event.verb
        for event in world.control_plane.audit_events(resource="pediaclusters", since=mark)
        if event.verb not in {"get", "list", "watch"}
    ] == []
