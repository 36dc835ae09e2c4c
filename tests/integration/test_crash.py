"""A controller that is killed again and again ends where an undisturbed one does (E11)."""

import time
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from development.controller import ControllerProcess
from development.controlplane.audit import AuditEvent
from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
)
from tests.harness import bulk, platforms
from tests.harness.eithercrds import either_crds
from tests.harness.writes import (
    WriteCounter,
    is_accepted,
    is_lease,
    kind_of,
    object_writes,
    writes,
)

CLUSTERS = 200
KILLS = 20
WRITES = 3 * CLUSTERS
"""Lifecycle, PediaCluster and the lifecycle's status."""
FEW_WORKERS = ("--source-workers=4", "--lifecycle-workers=4")
"""With the 48 of the default the first few processes would have written everything."""

Object = dict[str, Any]


def is_step(event: AuditEvent) -> bool:
    """Whether this is a write to a lifecycle or a PediaCluster."""
    return event.resource in {"pediaclusterlifecycles", "pediaclusters"}


def step_of(event: AuditEvent) -> tuple[str, str, str]:
    """Return what was done to which object."""
    return (*kind_of(event), event.name)


def until_written(process: ControllerProcess, counter: WriteCounter, wanted: int) -> None:
    """Wait, with a short step, until that many writes were done."""
    deadline = time.monotonic() + 30
    while counter.total() < wanted:
        assert time.monotonic() < deadline, f"{counter.total()} < {wanted}\n{process.log()[-3000:]}"
        time.sleep(0.005)


def essence(obj: Mapping[str, Any]) -> Object:
    """Return what two imports of the same have in common: no uids, versions and times."""
    meta, status = obj["metadata"], obj.get("status") or {}
    conditions = {
        condition["type"]: (condition["status"], condition["reason"], condition["message"])
        for condition in status.get("conditions") or ()
    }
    return {
        "owners": [(owner["kind"], owner["name"]) for owner in meta.get("ownerReferences") or ()],
        "labels": meta.get("labels"),
        "annotations": meta.get("annotations"),
        "spec": obj.get("spec"),
        # Digests of uids and versions.
        "status": {**status, "conditions": conditions, "rendered": "rendered" in status},
    }


def everything(world: World) -> dict[tuple[str, str], Object]:
    """Return the essence of the policy and of all lifecycles and PediaClusters."""
    kinds = ((POLICY_API, POLICY), (POLICY_API, LIFECYCLE), (CLUSTER_API, PEDIACLUSTER))
    return {
        (kind, obj["metadata"]["name"]): essence(obj)
        for api_version, kind in kinds
        for obj in world.admin.list(api_version, kind)
    }


def stages(world: World) -> Counter[str]:
    """Count the imports that stand half-way: without PediaCluster, and without status."""
    imported = set(world.names(PEDIACLUSTER))
    return Counter(
        "no PediaCluster" if obj["metadata"]["name"] not in imported else "no status"
        for obj in world.admin.list(POLICY_API, LIFECYCLE)
        if not (obj.get("status") or {}).get("conditions")
    )


def until_imported(world: World) -> None:
    """Wait until all is imported, and the policy says so."""
    world.until(
        lambda: len(world.names(PEDIACLUSTER)) == CLUSTERS,
        "all are imported",
        timeout_seconds=60,
    )
    world.until_settled("p")


@pytest.mark.slow
@pytest.mark.timeout(300)
@either_crds
def test_e11_killed_at_twenty_points(world: World) -> None:
    """Killed at 20 points, an import of 200 ends as if undisturbed, and each write is done once."""
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    names = [f"c{number}" for number in range(CLUSTERS)]
    objects = [
        obj for name in names for obj in (platforms.credentials(name), platforms.cluster(name))
    ]
    with bulk.standing(world, objects):
        world.apply(platforms.secret_policy("p"))
        mark = world.control_plane.audit_mark()
        half_way: Counter[str] = Counter()
        counter = WriteCounter(world, lambda event: is_step(event) and is_accepted(event))
        points = [0]
        for number in range(1, KILLS + 1):
            # What is left, in equal parts: some more get through until the process is dead.
            part = (WRITES - counter.total()) // (KILLS + 2 - number)
            process = world.controller(*FEW_WORKERS, ready=False)
            until_written(process, counter, counter.total() + part)
            world.kill(process)
            points.append(counter.total())
            half_way += stages(world)

        process = world.controller()
        until_imported(world)
        disturbed = everything(world)
        tried = [event for event in object_writes(world, mark) if is_step(event)]
        accepted = Counter(step_of(event) for event in tried if is_accepted(event))
        world.kill(process)

        # The kills were where they should be: apart, and between the writes of an import.
        assert all(earlier < later for earlier, later in pairwise(points))
        assert points[-1] < WRITES
        assert half_way["no PediaCluster"]
        assert half_way["no status"]
        # A write whose sender is killed may be done and yet be logged as given up.
        assert len({step_of(event) for event in tried}) == WRITES
        assert set(accepted.values()) == {1}

        assert_restart_writes_nothing(world)
        start_over(world)
        world.apply(platforms.secret_policy("p"))
        world.controller()
        until_imported(world)
        assert len(disturbed) == 1 + 2 * CLUSTERS
        assert disturbed == everything(world)


def assert_restart_writes_nothing(world: World) -> None:
    """Start once more, wait until everything was looked at, and kill."""
    mark = world.control_plane.audit_mark()
    process = world.controller()
    world.until(
        lambda: process.metric("clusterimport_sources", state="imported") == CLUSTERS,
        "all are looked at",
        timeout_seconds=60,
    )
    # Longer than the pause between two writes of a status.
    time.sleep(3)
    assert [kind_of(event) for event in writes(world, mark) if not is_lease(event)] == []
    world.kill(process)


def start_over(world: World) -> None:
    """Remove what was made, as the administrator, while no controller runs."""
    for api_version, kind in (
        (POLICY_API, POLICY),
        (POLICY_API, LIFECYCLE),
        (CLUSTER_API, PEDIACLUSTER),
    ):
        bulk.delete_kind(world, api_version, kind)
    world.until(lambda: not everything(world), "nothing is left", timeout_seconds=60)
