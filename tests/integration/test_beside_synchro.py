"""Clusterpedia's own clustersynchro-manager beside the controller (H4); a developer runs this.

Nothing that CI may use serves its binaries: CONTRIBUTING.md says which they are.
"""

import json
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from http.client import CONFLICT
from pathlib import Path
from typing import Any

import pytest

from development.controller import condition
from development.controlplane.audit import AuditEvent, AuditMark
from development.controlplane.client import RestClient
from development.controlplane.identities import ADMIN_GROUP
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, World
from tests.harness import imported
from tests.harness.imported import cluster, policy, ready, status_writes, until_ready
from tests.harness.synchro import BINARIES, POSTGRES, SYNCHRO, Clusterpedia
from tests.harness.writes import is_accepted

FINALIZER = "clusterpedia.io/cluster-synchro-controller"
OFTEN = "--probe-interval=1s"
"""So that what should not be written would be written soon."""
SEVERAL_PROBES_SECONDS = 3.0
NAMES = ["one", "two", "three"]
SEARCHED = """  syncResources:
  - group: ""
    resources: [namespaces]
"""

pytestmark = pytest.mark.skipif(
    not (BINARIES and POSTGRES),
    reason="CLUSTERPEDIA_BINARIES and CLUSTERPEDIA_POSTGRES are not given: see CONTRIBUTING.md",
)


@pytest.fixture
def clusterpedia(world: World, tmp_path: Path) -> Iterator[Clusterpedia]:
    """Give a test Clusterpedia's processes, none of them started."""
    folder = tmp_path / "synchro"
    folder.mkdir()
    beside = Clusterpedia(world, folder)
    try:
        yield beside
    finally:
        beside.end()


def their_writes(world: World, since: AuditMark) -> list[AuditEvent]:
    """Return what clustersynchro-manager wrote to the status of PediaClusters."""
    return world.control_plane.audit_events(
        user=SYNCHRO, resource="pediaclusters/status", since=since
    )


def first_trace(world: World, since: AuditMark) -> datetime:
    """Return when clustersynchro-manager's first finalizer was there."""
    written = world.control_plane.audit_events(user=SYNCHRO, resource="pediaclusters", since=since)
    return min(event.completed for event in written if is_accepted(event))


def accepted(world: World, since: AuditMark) -> list[AuditEvent]:
    """Return the controller's writes of statuses, without those that came too late.

    What was under way when its finalizer came is refused, since it names an older version.
    """
    return [event for event in status_writes(world, since) if event.code != CONFLICT]


def finalizers(world: World, name: str) -> list[str]:
    """Return the finalizers of a PediaCluster."""
    found: list[str] = world.pediacluster(name)["metadata"].get("finalizers") or []
    return found


def patch(world: World, name: str, body: dict[str, Any], *, status: bool = False) -> None:
    """Change a PediaCluster as a person does."""
    subresource = "status" if status else ""
    world.admin.patch(CLUSTER_API, PEDIACLUSTER, name, body, subresource=subresource)


def test_h4_where_it_runs_first_only_it_writes_the_status(
    world: World, clusterpedia: Clusterpedia
) -> None:
    """READY, VERSION and APISERVER come from clustersynchro-manager, Ready follows its verdict."""
    good = imported.hub(world)
    clusterpedia.start_synchro()
    mark = world.control_plane.audit_mark()
    world.apply(policy(), cluster("one", good))
    world.controller(OFTEN, probes=True)
    until_ready(world, ["one"], "Ready")
    world.apply(cluster("two", good))
    until_ready(world, ["one", "two"], "Ready")

    version = world.admin.get("/version")["gitVersion"]
    rows = world.admin.table(world.admin.path(CLUSTER_API, PEDIACLUSTER))
    shown = {row["Name"]: (row["Ready"], row["Version"], row["APIServer"]) for row in rows}
    assert shown == dict.fromkeys(["one", "two"], ("True", version, good.url))
    assert ready(world, "one")["status"] == "True"

    world.apply(cluster("one", good, token="wrong"))
    world.until(lambda: ready(world, "one")["status"] == "False", "it says that it fails")
    assert condition(world.pediacluster("one"), "Ready")["status"] == "False"
    world.apply(cluster("one", imported.hub(world)))
    until_ready(world, ["one"], "Ready", timeout_seconds=60)
    assert condition(world.pediacluster("one"), "Ready")["status"] == "True"
    came = first_trace(world, mark)
    # In a shard without any cluster nothing tells that it runs, until it has seen the first one.
    assert [event for event in accepted(world, mark) if event.received > came] == []
    assert len(accepted(world, mark)) <= 1
    assert {event.name for event in their_writes(world, mark)} == {"one", "two"}


def test_h4_where_it_comes_later_it_is_given_the_status(
    world: World, clusterpedia: Clusterpedia
) -> None:
    """From its first trace on we write nothing, and take over only when the last trace is gone."""
    good = imported.hub(world)
    world.apply(policy(), *(cluster(name, good) for name in NAMES))
    world.controller(OFTEN, probes=True)
    until_ready(world, NAMES, "Reachable")

    mark = world.control_plane.audit_mark()
    clusterpedia.start_synchro()
    until_ready(world, NAMES, "Ready")
    assert all(FINALIZER in finalizers(world, name) for name in NAMES)
    settled = world.control_plane.audit_mark()
    time.sleep(20)
    assert their_writes(world, settled) == []
    assert accepted(world, mark) == []
    assert status_writes(world, settled) == []

    clusterpedia.synchro.signal(signal.SIGTERM)
    until_ready(world, NAMES, "Shutdown")
    world.until(lambda: not clusterpedia.synchro.is_running, "it has ended")
    gone = world.control_plane.audit_mark()
    for name in NAMES:
        patch(world, name, {"metadata": {"finalizers": None}})
    time.sleep(SEVERAL_PROBES_SECONDS)
    assert status_writes(world, gone) == []
    for name in NAMES:
        patch(world, name, {"status": {"conditions": []}}, status=True)
    until_ready(world, NAMES, "Reachable")
    for name in NAMES:
        assert condition(world.pediacluster(name), "Ready")["status"] == "True"
    assert {event.name for event in status_writes(world, gone)} == set(NAMES)


@pytest.mark.slow
@pytest.mark.timeout(480)
def test_h4_what_it_holds_while_it_is_down_is_named(
    world: World, clusterpedia: Clusterpedia
) -> None:
    """A PediaCluster that hangs on its finalizer is named with the command that frees it."""
    good = imported.hub(world)
    clusterpedia.start_synchro()
    world.apply(policy(), cluster("one", good))
    process = world.controller(OFTEN, probes=True)
    until_ready(world, ["one"], "Ready")
    clusterpedia.synchro.kill()

    world.admin.delete("v1", "Secret", "one", "default")
    world.until_gone(LIFECYCLE, "one")
    assert "deletionTimestamp" in world.pediacluster("one")["metadata"]
    world.apply(cluster("one", good))
    told = world.until_reason(LIFECYCLE, "one", "Ready", "PediaClusterTerminating")
    freeing = "kubectl patch pediacluster one --type=merge -p "
    command = told["message"].partition(freeing)[2]

    def lingers() -> list[str]:
        return [
            event["note"]
            for event in world.admin.list("events.k8s.io/v1", "Event")
            if event["reason"] == "PediaClusterTerminating"
            and event["regarding"]["kind"] == PEDIACLUSTER
        ]

    # Five minutes is what clustersynchro-manager gets.
    (note,) = world.until(lingers, "an Event tells of it", timeout_seconds=330)
    assert note.endswith(freeing + command)
    assert process.log().count("pediacluster lingers") == 1
    assert FINALIZER in finalizers(world, "one")

    patch(world, "one", json.loads(command.strip("'")))
    world.until(lambda: finalizers(world, "one") == [], "it is gone, and imported anew")
    until_ready(world, ["one"], "Reachable")


def test_what_is_imported_can_be_searched(
    world: World, clusterpedia: Clusterpedia, namespace: str
) -> None:
    """Clusterpedia's apiserver finds the objects of an imported cluster."""
    imported.hub(world)
    access = world.control_plane.user_access("imported", [ADMIN_GROUP])
    template = imported.TEMPLATE + SEARCHED
    searched = policy()
    searched["spec"]["template"] = template
    clusterpedia.start_synchro()
    world.apply(searched, cluster("one", access))
    world.controller(OFTEN, probes=True)
    until_ready(world, ["one"], "Ready")

    found = f"/apis/clusterpedia.io/v1beta1/resources/clusters/one/api/v1/namespaces/{namespace}"
    with RestClient(clusterpedia.search()) as client:
        world.until(lambda: client.get(found), "the namespace is found")
        world.admin.delete("v1", "Secret", "one", "default")
        world.until_gone(PEDIACLUSTER, "one")
