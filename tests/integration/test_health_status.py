"""Who writes the status of PediaClusters (H4), and how often it is written (H5, E13)."""

import time
from typing import Any

import pytest

from development.controller import ControllerProcess, condition
from development.controlplane.audit import AuditMark
from development.world import CLUSTER_API, PEDIACLUSTER, World
from tests.harness import imported
from tests.harness.imported import cluster, policy, ready, status_writes, until_ready
from tests.harness.writes import by_name, is_lease, kind_of, object_writes, writes

FINALIZER = "clusterpedia.io/cluster-synchro-controller"
OFTEN = "--probe-interval=1s"
"""So that what should not be written would be written soon."""
SEVERAL_PROBES_SECONDS = 3.0
THEIRS = "v0.0.1-of-synchro"
"""A version that only clustersynchro-manager tells."""
LOST = {"SynchroRunning": ("True", "Running"), "ClusterHealthy": ("False", "NotReachable")}
WELL = {"SynchroRunning": ("True", "Running"), "ClusterHealthy": ("True", "Healthy")}


def patch(world: World, name: str, body: dict[str, Any], *, status: bool = False) -> None:
    """Change a PediaCluster as clustersynchro-manager does, which knows no lock."""
    subresource = "status" if status else ""
    world.admin.patch(CLUSTER_API, PEDIACLUSTER, name, body, subresource=subresource)


def synchro_says(world: World, name: str, said: dict[str, tuple[str, str]], *, ready: bool) -> None:
    """Write a status as clustersynchro-manager does; conditions of ``said`` and ``Ready``."""
    every = {"Validated": ("True", "Validated"), **said}
    every["Ready"] = ("True", "Ready") if ready else ("False", "NotReady")
    conditions = [
        {
            "type": kind,
            "status": value,
            "reason": reason,
            "message": "said by synchro",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for kind, (value, reason) in every.items()
    ]
    patch(world, name, {"status": {"version": THEIRS, "conditions": conditions}}, status=True)


def synchro_comes(world: World, name: str) -> None:
    """Put clustersynchro-manager's finalizer on a PediaCluster."""
    patch(world, name, {"metadata": {"finalizers": [FINALIZER]}})


def synchro_goes(world: World, name: str) -> None:
    """Take its finalizer off, as its administrator does when it is gone for good."""
    patch(world, name, {"metadata": {"finalizers": None}})


def written(world: World, mark: AuditMark) -> set[str]:
    """Return the PediaClusters whose status the controller has written."""
    return {event.name for event in status_writes(world, mark)}


def probed(process: ControllerProcess, *names: str) -> set[str]:
    """Return which clusters are probed, and well."""
    metric = "clusterimport_cluster_reachable"
    return {name for name in names if process.metric(metric, cluster=name)}


def probes(process: ControllerProcess) -> float:
    """Return how many probes there were."""
    return process.metric("clusterimport_probes_total")


def test_h4_hands_off_where_clustersynchro_manager_is_at_work(world: World) -> None:
    """A finalizer or a SynchroRunning makes a shard theirs: their verdict is read until they go."""
    good = imported.hub(world)
    world.apply(
        policy(), cluster("one", good), cluster("two", good), cluster("other", good, shard="other")
    )
    process = world.controller(OFTEN, "--metrics-by-cluster=true", probes=True)
    until_ready(world, ["one", "two", "other"], "Reachable")
    assert world.pediacluster("other")["spec"]["shardingName"] == "other"
    assert probed(process, "one", "two", "other") == {"one", "two", "other"}

    # One finalizer in the shard is enough for all of it, before anything is said.
    synchro_comes(world, "one")
    world.until(lambda: probed(process, "one", "two", "other") == {"other"}, "it is seen")
    mark = world.control_plane.audit_mark()
    patch(world, "two", {"status": {"version": THEIRS}}, status=True)
    world.apply(cluster("late", good))
    until_ready(world, ["late"], "Probing")
    time.sleep(SEVERAL_PROBES_SECONDS)
    assert {name: ready(world, name)["reason"] for name in ("one", "two", "late")} == {
        "one": "Reachable",
        "two": "Reachable",
        "late": "Probing",
    }
    assert written(world, mark) == set()

    synchro_says(world, "two", LOST, ready=False)
    until_ready(world, ["two"], "NotReachable")
    assert ready(world, "two")["status"] == "False"
    assert "said by synchro" not in ready(world, "two")["message"]
    synchro_says(world, "two", WELL, ready=True)
    until_ready(world, ["two"], "Ready")
    assert ready(world, "two")["status"] == "True"

    # From here on a SynchroRunning is all that is left of it.
    synchro_goes(world, "one")
    world.apply(cluster("other", good, token="wrong", shard="other"))
    until_ready(world, ["other"], "Unauthorized")
    time.sleep(SEVERAL_PROBES_SECONDS)
    assert written(world, mark) == {"other"}
    assert world.pediacluster("two")["status"]["version"] == THEIRS
    assert world.pediacluster("late").get("status", {}) == {}

    patch(world, "two", {"status": {"conditions": []}}, status=True)
    until_ready(world, ["one", "two", "late"], "Reachable")
    for name in ("one", "two", "late"):
        status = world.pediacluster(name)["status"]
        assert status["version"] == world.admin.get("/version")["gitVersion"]
        assert condition({"status": status}, "Ready")["status"] == "True"


def test_h4_own_writes_whoever_else_does(world: World) -> None:
    """With --pediacluster-status=own what clustersynchro-manager says is corrected."""
    world.apply(policy(), cluster("one", imported.hub(world)))
    world.controller(OFTEN, "--pediacluster-status=own", probes=True)
    until_ready(world, ["one"], "Reachable")
    synchro_comes(world, "one")
    synchro_says(world, "one", LOST, ready=False)

    world.until(lambda: world.pediacluster("one")["status"]["version"] != THEIRS, "it is corrected")
    made = world.pediacluster("one")
    assert condition(made, "Ready")["status"] == "True"
    assert condition(made, "ClusterHealthy")["reason"] == "Healthy"
    assert condition(made, "SynchroRunning")["reason"] == "Running"
    assert ready(world, "one")["reason"] == "Reachable"


def test_h4_never_writes_none_and_lifecycles_tell_the_health(world: World) -> None:
    """With --pediacluster-status=never the probe is told in the lifecycle, and nowhere else."""
    good = imported.hub(world)
    world.apply(policy(), cluster("one", good), cluster("two", good, token="wrong"))
    mark = world.control_plane.audit_mark()
    process = world.controller(OFTEN, "--pediacluster-status=never", probes=True)
    until_ready(world, ["one"], "Reachable")
    until_ready(world, ["two"], "Unauthorized")
    assert (ready(world, "one")["status"], ready(world, "two")["status"]) == ("True", "False")

    # Where clustersynchro-manager is, its verdict counts.
    synchro_says(world, "one", LOST, ready=False)
    until_ready(world, ["one"], "NotReachable")
    before = probes(process)
    time.sleep(SEVERAL_PROBES_SECONDS)
    assert probes(process) == before
    assert written(world, mark) == set()
    assert "status" not in world.pediacluster("two")


@pytest.mark.slow
def test_h5_steady_clusters_cost_no_write(world: World) -> None:
    """An import costs five writes with its health; then probes and a restart cost none."""
    names = [f"c{number:02}" for number in range(20)]
    good = imported.hub(world)
    world.apply(policy(), *(cluster(name, good) for name in names))
    mark = world.control_plane.audit_mark()
    process = world.controller(OFTEN, probes=True)
    until_ready(world, names, "Reachable")
    world.until(lambda: world.policy("p")["status"]["imported"] == len(names), "all are counted")
    # Events may still be on their way, a last status until a second later.
    time.sleep(3)
    counted = by_name(
        [
            event
            for event in object_writes(world, mark)
            if event.resource in {"pediaclusters", "pediaclusterlifecycles"}
        ]
    )
    assert counted.keys() == set(names)
    assert {name: total for name, each in counted.items() if (total := each.total()) > 5} == {}

    mark, before = world.control_plane.audit_mark(), probes(process)
    time.sleep(30)
    # A probe a second each, and a little more for those that the machine is late with.
    assert probes(process) - before > 15 * len(names)
    assert [kind_of(event) for event in writes(world, mark) if not is_lease(event)] == []

    mark = world.control_plane.audit_mark()
    assert process.terminate() == 0
    again = world.controller(OFTEN, probes=True)
    world.until(lambda: probes(again) > 5 * len(names), "all are probed again")
    assert [kind_of(event) for event in writes(world, mark) if not is_lease(event)] == []
