"""Observe deletes nothing, whatever ends."""

from collections.abc import Iterator

import pytest

from development.controlplane.components import ALL_CONTROLLERS, WITHOUT_GARBAGE_COLLECTOR
from development.controlplane.controlplane import ControlPlane
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import platforms


@pytest.fixture
def without_garbage_collection(control_plane: ControlPlane) -> Iterator[None]:
    """Leave every deletion to the controller: the collector knows nothing of Observe."""
    control_plane.run_controllers(WITHOUT_GARBAGE_COLLECTOR)
    yield
    control_plane.run_controllers(ALL_CONTROLLERS)


@pytest.mark.usefixtures("without_garbage_collection")
@pytest.mark.parametrize("while_down", [False, True], ids=["live", "while down"])
def test_e07_a_policy_that_goes_while_it_observes_takes_nothing_along(
    world: World, *, while_down: bool
) -> None:
    """What was imported before a policy turned to Observe outlives the policy."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller()
    made = world.until_pediacluster("p-one")
    world.until_settled("p")
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"mode": "Observe"}})
    world.until_settled("p")
    kept = world.lifecycle("p-one")

    if while_down:
        assert controller.terminate() == 0
    world.admin.delete(POLICY_API, POLICY, "p", propagation="Background")
    world.until_gone(POLICY, "p")
    if while_down:
        controller = world.controller()
    # Candidates are gathered for 2 s and judged then.
    world.until(lambda: "deletions blocked" in controller.log(), "what was observed is doubted")
    assert world.names(PEDIACLUSTER) == world.names(LIFECYCLE) == ["p-one"]

    world.apply(platforms.policy("p"))
    world.until_settled("p")
    assert world.pediacluster("p-one")["metadata"]["uid"] == made["metadata"]["uid"]
    assert world.lifecycle("p-one")["metadata"]["uid"] == kept["metadata"]["uid"]
    assert not [
        condition
        for condition in world.lifecycle("p-one")["status"]["conditions"]
        if condition["type"] == "Observed"
    ]
