"""What imports pay for clusters that never answer.

The clusters that do are the benchmark's own API server again.
"""

import statistics
import time
from typing import Any

import pytest

from development.world import NAMESPACE, SERVICE_ACCOUNT, World
from tests.bench.measuring import count_pediaclusters
from tests.harness import bulk, platforms
from tests.harness.stubserver import black_hole

CLUSTERS = 1000
BLACK_HOLES = 100
ROUNDS = ("without", "with", "with", "without", "without", "with")
"""Imports without and with black holes; both orders, since a server's store grows."""


def objects_of(world: World, names: list[str], dead: str = "") -> list[dict[str, Any]]:
    """Return the sources and Secrets of clusters; the first hundred are dead ones, if asked."""
    access = world.control_plane.service_account_access(NAMESPACE, SERVICE_ACCOUNT)
    # Each has a CA of its own, as in life: contexts of equal ones would be shared.
    ca = world.control_plane.ca_pem
    sources = [
        platforms.cluster(
            name, server=dead if dead and number < BLACK_HOLES else world.control_plane.url
        )
        for number, name in enumerate(names)
    ]
    return sources + [
        platforms.credentials(name, ca=f"{ca}\n# {name}\n", token=access.token) for name in names
    ]


@pytest.mark.timeout(900)
def test_imports_among_black_holes(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A tenth of the clusters being dead does not slow the import; prints the ratio."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    seconds: dict[str, list[float]] = {"with": [], "without": []}
    with black_hole() as dead:
        for number, arm in enumerate(ROUNDS):
            names = [f"r{number}-{position:04}" for position in range(CLUSTERS)]
            objects = objects_of(world, names, dead if arm == "with" else "")
            with bulk.standing(world, objects):
                controller = world.controller(probes=True)
                started = time.monotonic()
                world.apply(platforms.secret_policy("p"))
                world.until(
                    lambda: count_pediaclusters(world) == CLUSTERS,
                    "all are imported",
                    timeout_seconds=120,
                )
                seconds[arm].append(time.monotonic() - started)
                # So that the next one need not wait for the lease.
                assert controller.terminate() == 0
                world.delete(platforms.secret_policy("p"))
    medians = {arm: statistics.median(times) for arm, times in seconds.items()}

    with capsys.disabled():
        print(
            f"\nimport of {CLUSTERS} with probes: {medians['without']:.1f} s, with {BLACK_HOLES} "
            f"black holes among them {medians['with']:.1f} s: "
            f"ratio {medians['with'] / medians['without']:.2f} (goal: at most 1.1)"
        )
