"""What comes and goes before a watch has shown it: what we wrote ourselves counts as seen (T08)."""

from collections.abc import Iterator

import pytest

from development.controlplane.components import ALL_CONTROLLERS, WITHOUT_GARBAGE_COLLECTOR
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import platforms
from tests.harness.proxy import FaultProxy

OURS = ("pediaclusterlifecycles", "pediaclusters")


@pytest.fixture
def proxy(world: World) -> Iterator[FaultProxy]:
    """Give a proxy to an API server without garbage collector: what goes is our doing."""
    world.control_plane.run_controllers(WITHOUT_GARBAGE_COLLECTOR)
    with FaultProxy(world.control_plane) as running:
        yield running
        world.stop_controllers()
    world.control_plane.run_controllers(ALL_CONTROLLERS)


def delete_source(world: World) -> None:
    """Delete the source that has just come."""
    world.admin.delete("v1", "ConfigMap", "one", "default")


def deselect_source(world: World) -> None:
    """Take the label off that the selector looks at."""
    patch = {"metadata": {"labels": {"import": None}}}
    world.admin.patch("v1", "ConfigMap", "one", patch, namespace="default")


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


@pytest.mark.parametrize("ending", ENDINGS)
def test_t08_what_goes_before_a_watch_has_shown_it_goes(
    world: World, proxy: FaultProxy, ending: str
) -> None:
    """Lifecycle and PediaCluster that no cache shows yet go with what they were made for."""
    end, left = ENDINGS[ending]
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("two"))
    world.controller(through=proxy.url)
    world.until_pediacluster("p-two")
    world.until_settled("p")

    proxy.hold_watches(*OURS)
    world.apply(platforms.cluster("one"))
    world.until_pediacluster("p-one")
    end(world)
    # Longer than candidates are gathered: what the end has found to do is done by then.
    world.remains(lambda: True, "the watches are behind", seconds=4)
    proxy.release_watches()

    def is_over() -> bool:
        return world.names(PEDIACLUSTER) == left and world.names(LIFECYCLE) == left

    world.until(is_over, f"there is {left}", timeout_seconds=40)
    world.remains(is_over, f"there is {left}, and stays", seconds=3)
