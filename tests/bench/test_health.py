"""What probing costs: memory and processor time of a thousand clusters, and what imports pay.

Every cluster is the benchmark's own API server again, so all probes go over real, separate TLS
connections.
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from development.controller import ControllerProcess
from development.world import NAMESPACE, SERVICE_ACCOUNT, World
from tests.bench.measuring import count_pediaclusters, cpu_seconds, resident_mebibytes
from tests.harness import bulk, platforms
from tests.harness.stubserver import black_hole

CLUSTERS = 1000
BLACK_HOLES = 100
STEADY_SECONDS = 300.0
"""Ten rounds of probes."""
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


def count(controller: ControllerProcess, state: str) -> float:
    """Return how many sources the controller has in a state."""
    return controller.metric("clusterimport_sources", policy="p", state=state)


def writes(controller: ControllerProcess) -> float:
    """Return the writes that a controller has sent, but for its lease's renewals (PUT)."""
    methods = ("POST", "PATCH", "DELETE")
    return sum(controller.metric("rest_client_requests_total", method=method) for method in methods)


def probes(controller: ControllerProcess, reason: str) -> float:
    """Return how many probes ended so."""
    return controller.metric("clusterimport_probes_total", reason=reason)


@pytest.mark.timeout(900)
def test_a_thousand_clusters_are_probed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Steady clusters cost no write; prints what they cost in memory and processor time."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    names = [f"c{number:04}" for number in range(CLUSTERS)]
    with ThreadPoolExecutor(bulk.THREADS) as pool:
        list(pool.map(world.create, objects_of(world, names)))
    world.apply(platforms.secret_policy("p"))
    first = world.controller(probes=True)
    world.until(
        lambda: probes(first, "Reachable") >= CLUSTERS, "all were probed", timeout_seconds=300
    )
    world.until_settled("p", timeout_seconds=60)
    first.terminate()

    without = world.controller()
    world.until(lambda: count(without, "imported") == CLUSTERS, "all are known", timeout_seconds=60)
    time.sleep(5)
    plain = resident_mebibytes(without)
    without.terminate()

    controller = world.controller(probes=True)
    world.until(
        lambda: probes(controller, "Reachable") >= 2 * CLUSTERS,
        "all were probed twice",
        timeout_seconds=120,
    )
    world.until_settled("p", timeout_seconds=60)
    started, cpu, written = time.monotonic(), cpu_seconds(controller), writes(controller)
    asked = probes(controller, "Reachable")
    time.sleep(STEADY_SECONDS)
    seconds, cpu = time.monotonic() - started, cpu_seconds(controller) - cpu
    asked = probes(controller, "Reachable") - asked
    kibibytes = 1024 * (resident_mebibytes(controller) - plain) / CLUSTERS
    assert writes(controller) == written
    assert asked >= CLUSTERS * (STEADY_SECONDS / 33 - 1)

    with capsys.disabled():
        print(
            f"\n{asked:.0f} probes of {CLUSTERS} clusters in {seconds:.0f} s: {cpu / seconds:.1%} "
            f"of a core, {1000 * cpu / asked:.2f} ms each; {kibibytes:.0f} KiB a cluster more than "
            f"without probes ({plain:.0f} MiB); 0 writes"
        )


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
