"""Hundreds of clusters that go at once, by a client that may ask 20 times a second (T02).

MASS_DELETION_CLUSTERS says how many; 1 300 take some ten minutes.
"""

import os
from collections.abc import Iterator
from itertools import pairwise

import pytest

from development.controlplane.audit import AuditEvent, AuditMark
from development.controlplane.components import ALL_CONTROLLERS, WITHOUT_GARBAGE_COLLECTOR
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import bulk, platforms
from tests.harness.rights import requests
from tests.harness.writes import is_accepted, is_event, is_lease

CLUSTERS = int(os.environ.get("MASS_DELETION_CLUSTERS", "150"))
SLOW = ("--kube-api-qps=20", "--kube-api-burst=40")
ALLOW = "policy.clusterpedia.io/allow-deletions"
PATIENCE_SECONDS = 60.0 + CLUSTERS
LONGEST_PAUSE = 100
"""Requests in a row that delete nothing, once deletions have begun; a slice begins with a few."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 4 * CLUSTERS)]


@pytest.fixture
def crowded(strict_world: World) -> Iterator[World]:
    """Give a world in which all clusters were imported, and nothing runs but the server."""
    world = strict_world
    world.control_plane.run_controllers(WITHOUT_GARBAGE_COLLECTOR)
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"))
    with bulk.standing(world, sources()):
        controller = world.controller()
        world.until(
            lambda: len(world.names(PEDIACLUSTER)) == CLUSTERS,
            "all are imported",
            timeout_seconds=PATIENCE_SECONDS,
        )
        world.until_settled("p", timeout_seconds=PATIENCE_SECONDS)
        assert controller.terminate() == 0
        yield world
    world.control_plane.run_controllers(ALL_CONTROLLERS)


def sources() -> list[dict[str, object]]:
    """Return the sources of all clusters."""
    return [platforms.cluster(f"c{number}") for number in range(CLUSTERS)]


def asked(world: World, since: AuditMark) -> list[AuditEvent]:
    """Return the controller's requests, but for those of the lease, Events and watches."""
    return [
        event
        for event in requests(world, since=since)
        if not is_lease(event) and not is_event(event) and event.verb not in {"list", "watch"}
    ]


def is_deletion(event: AuditEvent) -> bool:
    """Whether an object was deleted."""
    return event.verb == "delete" and is_accepted(event)


def longest_pause(events: list[AuditEvent]) -> int:
    """Return how many requests in a row deleted nothing, once the first had done so."""
    places = [place for place, event in enumerate(events) if is_deletion(event)]
    return max(after - before for before, after in pairwise(places))


def start_slow(world: World) -> None:
    """Start a controller, and wait until it has read what a start reads."""
    controller = world.controller(*SLOW)
    world.until(
        lambda: (
            controller.metric("controller_runtime_reconcile_total", controller="pediacluster")
            >= CLUSTERS
        ),
        "every PediaCluster was looked at",
        timeout_seconds=PATIENCE_SECONDS,
    )


def test_t02_all_that_came_of_a_deleted_policy_goes_steadily(crowded: World) -> None:
    """Each lifecycle costs two deletions and little else, one goes after the other to the end."""
    world = crowded
    start_slow(world)
    mark = world.control_plane.audit_mark()
    world.admin.delete(POLICY_API, POLICY, "p", propagation="Background")

    world.until(
        lambda: not world.names(LIFECYCLE),
        "all lifecycles are gone",
        timeout_seconds=PATIENCE_SECONDS,
    )
    assert world.names(PEDIACLUSTER) == []
    events = asked(world, mark)
    assert sum(map(is_deletion, events)) == 2 * CLUSTERS
    assert longest_pause(events) <= LONGEST_PAUSE
    assert len(events) <= 4 * CLUSTERS


def test_t02_sources_that_vanish_together_are_told_and_go_when_released(crowded: World) -> None:
    """Each source is looked at once before it is told, and once before its cluster goes."""
    world = crowded
    mark = world.control_plane.audit_mark()
    bulk.delete(world, sources())
    world.controller(*SLOW)

    blocked = world.until_reason(
        POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded", timeout_seconds=PATIENCE_SECONDS
    )
    assert f"{CLUSTERS} lifecycles" in blocked["message"]
    looks = requests(world, verb="get", resource="configmaps", since=mark)
    assert len(looks) <= CLUSTERS
    world.remains(
        lambda: requests(world, verb="get", resource="configmaps", since=mark) == looks,
        "what is held is left alone for a while",
        seconds=10,
    )
    assert len(world.names(PEDIACLUSTER)) == CLUSTERS

    released = world.control_plane.audit_mark()
    token = blocked["message"].partition(f"{ALLOW}=")[2].split()[0]
    world.admin.patch(POLICY_API, POLICY, "p", {"metadata": {"annotations": {ALLOW: token}}})
    world.until(
        lambda: not world.names(LIFECYCLE),
        "all lifecycles are gone",
        timeout_seconds=PATIENCE_SECONDS,
    )
    assert world.names(PEDIACLUSTER) == []
    events = asked(world, released)
    assert longest_pause(events) <= LONGEST_PAUSE
    assert len(requests(world, verb="get", resource="configmaps", since=mark)) <= 3 * CLUSTERS
