"""Verdicts that stand already, and who may tell another."""

import asyncio

import pytest

from clusterimport.controllers.shared.duty import StatusMode
from clusterimport.controllers.shared.health import PENDING, HealthState
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.names import SYNCHRO_FINALIZER
from tests.fakes.controllers.health import TIMEOUT
from tests.fakes.controllers.pediaclusters import ONE, SERVER, STATUS, PediaRig, said, synchro_says

pytestmark = pytest.mark.looptime

READY = {
    "Validated": ("True", "Validated"),
    "ClusterHealthy": ("True", "Healthy"),
    "Ready": ("True", "Ready"),
}
FAILS = READY | {"ClusterHealthy": ("False", "NotReachable"), "Ready": ("False", "NotReady")}
JUDGED = {"conditions": [said("Ready", "True", "Ready", observedGeneration=1)]}


async def test_a_standing_verdict_is_looked_at_when_its_turn_comes():
    """After a restart a thousand clusters are not asked at once, and the same is not written."""
    first = PediaRig()
    first.imported()
    await first.look()
    moments = []
    for number in range(20):
        rig = PediaRig()
        rig.random.seed(number)
        rig.imported(status=first.status())
        started = asyncio.get_running_loop().time()
        await rig.go(30.5)
        moments.append(rig.clusters.times[0] - started)
        assert rig.writes() == []
        assert rig.conditions() == READY

    assert min(moments) < 6
    assert 24 < max(moments) <= 30


@pytest.mark.parametrize(
    ("status", "is_judged"),
    [
        ({}, False),
        (JUDGED, True),
        ({"conditions": [said("Ready", "Unknown", "NotReady", observedGeneration=1)]}, True),
        ({"conditions": [said("Ready", "True", "Ready", observedGeneration=7)]}, False),
        ({"conditions": [said("Ready", "False", "NotReady")]}, True),
        ({"conditions": [said("Validated", "True", observedGeneration=1)]}, False),
    ],
)
async def test_what_nobody_has_judged_is_asked_at_once(status, is_judged):
    """No verdict, or one on another generation; clustersynchro-manager's name none."""
    rig = PediaRig()
    rig.imported(status=status)
    await rig.look()

    assert (rig.clusters.asked == []) is is_judged


@pytest.mark.parametrize(
    ("told", "is_judged"),
    [
        ([said("Created", "True"), said("Ready", "True", "Reachable")], True),
        ([said("Created", "True"), said("Ready", "False", "Timeout")], True),
        ([said("Created", "True"), said("Ready", "Unknown", "Probing")], False),
        ([said("Created", "False"), said("Ready", "False", "WaitCreationCondition")], False),
        ([said("Created", "True")], False),
        ([], False),
    ],
)
async def test_without_a_status_of_ours_the_lifecycle_tells_what_was_judged(told, is_judged):
    """With ``never`` the verdict stands only there."""
    rig = PediaRig(status=StatusMode.NEVER)
    rig.imported(told=told)
    await rig.look()

    assert (rig.clusters.asked == []) is is_judged


async def test_with_never_nothing_is_written():
    """The verdict is told to the lifecycle alone; of one made by hand nobody waits for it."""
    rig = PediaRig(status=StatusMode.NEVER)
    rig.imported()
    await rig.go(300)
    assert len(rig.clusters.asked) >= 9
    assert rig.health().reason == "Reachable"
    assert rig.writes() == []

    rig.pediacluster("by-hand")
    assert (await rig.look("by-hand")).requeue_after > 0
    assert "https://by-hand.example:6443" not in rig.clusters.asked


async def test_what_is_only_observed_is_asked_and_not_written():
    """Its lifecycle reports; nothing of the PediaCluster changes, until it is imported."""
    rig = PediaRig()
    rig.imported()
    rig.observe()
    await rig.look()
    assert rig.health().reason == "Reachable"
    assert rig.writes() == []
    rig.imported()
    await rig.go(31)

    assert rig.conditions() == READY
    assert len(rig.clusters.open_probes) == 1


async def test_where_clustersynchro_manager_is_at_work_its_verdict_is_read():
    """Nothing is asked, nothing written; every look repeats what its status says."""
    rig = PediaRig()
    rig.imported(status=synchro_says())
    await rig.go(3600)
    assert rig.health().reason == "Ready"
    broken = synchro_says(said("Ready", "False"), said("ClusterHealthy", "False", "NotReachable"))
    rig.pediacluster(status=broken)
    await rig.look()
    assert (rig.health().state, rig.health().reason) == (HealthState.UNHEALTHY, "NotReachable")

    assert rig.clusters.probes == []
    assert rig.writes() == []
    assert rig.rest.count("GET", PEDIACLUSTERS.path(name=ONE)) == 1, "for the end of credentials"


async def test_when_it_comes_probing_ends_and_when_it_leaves_it_begins():
    """Connections are closed at once; nothing is written while it is there."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    rig.arrive()
    await rig.look()
    assert rig.clusters.open_probes == []
    assert rig.health() == PENDING, "it has said nothing yet"
    rig.pediacluster(status=synchro_says())
    await rig.go(300)
    assert rig.health().reason == "Ready"
    assert len(rig.clusters.asked) == 1
    assert rig.writes() == [("PATCH", STATUS)]

    rig.leave()
    rig.pediacluster(status=JUDGED)
    await rig.go(31)
    assert len(rig.clusters.asked) == 2
    assert len(rig.clusters.open_probes) == 1
    assert rig.health().reason == "Reachable"


async def test_own_writes_whoever_else_is_there():
    """The user has said so; what is not ours in the status stays."""
    rig = PediaRig(status=StatusMode.OWN)
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported(status=synchro_says(), metadata={"finalizers": [SYNCHRO_FINALIZER]})
    await rig.go(31)

    assert rig.conditions() == FAILS | {"SynchroRunning": ("True", "Running")}
