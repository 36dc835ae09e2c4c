"""Looks at clusters: when, and what is told of them."""

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.pediaclusters.pacing import BUSY_DEPTH
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.health import PENDING, Health, HealthState
from clusterimport.kube import errors
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import SYNCHRO_FINALIZER
from tests.fakes.controllers.health import REACHABLE, TIMEOUT, UNAUTHORIZED
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import CANARY
from tests.fakes.controllers.pediaclusters import ONE, SERVER, STATUS, PediaRig
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

READY = {
    "Validated": ("True", "Validated"),
    "ClusterHealthy": ("True", "Healthy"),
    "Ready": ("True", "Ready"),
}
FAILS = READY | {"ClusterHealthy": ("False", "NotReachable"), "Ready": ("False", "NotReady")}


def differences(times):
    return [later - sooner for sooner, later in pairwise(times)]


async def test_a_new_cluster_is_asked_at_once_and_told():
    """One probe, one write; version and address stand, and the lifecycle hears of it."""
    rig = PediaRig()
    rig.imported()
    assert rig.health() == PENDING
    result = await rig.look()

    assert rig.clusters.asked == [SERVER]
    assert rig.clusters.probes[0].connection.token == CANARY
    assert rig.conditions() == READY
    assert (rig.status()["version"], rig.status()["apiserver"]) == ("v1.36.2", SERVER)
    assert rig.health().reason == "Reachable"
    assert drain(rig.queues.lifecycles) == [ONE]
    assert 27 <= result.requeue_after <= 33
    assert rig.writes() == [("PATCH", STATUS)]


async def test_a_steady_cluster_is_asked_again_and_again_and_never_written():
    """In an hour some 120 probes over one connection, every 27 to 33 seconds, and one write."""
    rig = PediaRig()
    rig.imported()
    await rig.go(3600)

    assert 3600 / 33 - 1 <= len(rig.clusters.asked) <= 3600 / 27 + 1
    assert all(27 <= pause <= 33 for pause in differences(rig.clusters.times))
    assert len(set(differences(rig.clusters.times))) > 50, "spread"
    assert len(rig.clusters.probes) == len(rig.clusters.open_probes) == 1
    assert rig.writes() == [("PATCH", STATUS)]
    assert drain(rig.queues.lifecycles) == [ONE]


async def test_events_do_not_make_it_due():
    """A look in between asks nobody, and says when the next one is due."""
    rig = PediaRig()
    rig.imported()
    first = (await rig.look()).requeue_after
    await asyncio.sleep(10)
    rig.pediacluster(metadata={"labels": {"a": "b"}})
    again = (await rig.look()).requeue_after

    assert again == pytest.approx(first - 10)
    assert len(rig.clusters.asked) == 1
    assert rig.rest.count("GET", PEDIACLUSTERS.path(name=ONE)) == 1


async def test_a_failing_cluster_is_asked_soon_and_then_less_often():
    """After 5, 10, 20 ... 300 s, each within a tenth; one write and one line in the log."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported()
    with capture_logs() as logs:
        await rig.go(2000)

    expected = [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]
    pauses = differences(rig.clusters.times)[: len(expected)]
    for pause, seconds in zip(pauses, expected, strict=True):
        assert 0.9 * seconds <= pause <= 1.1 * seconds
    assert rig.conditions() == FAILS
    assert "version" not in rig.status()
    assert rig.health() == Health(
        HealthState.UNHEALTHY, "Timeout", "look at the firewall", rig.health().notes
    )
    assert rig.writes() == [("PATCH", STATUS)]
    assert [(line["event"], line["reason"]) for line in logs] == [("cluster not ready", "Timeout")]


async def test_t27_new_credentials_that_help_are_told():
    """A cluster that failed and has new credentials is ready again in the log, too."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = UNAUTHORIZED
    rig.imported()
    with capture_logs() as logs:
        await rig.look()
        rig.pediacluster(tokenData=base64_of("new"))
        rig.clusters.results[SERVER] = REACHABLE
        await rig.look()

    told = [line["event"] for line in logs if line["event"].startswith("cluster ")]
    assert told == ["cluster not ready", "cluster ready"]


async def test_a_cluster_that_recovers_is_asked_at_the_interval_again():
    """Another reason goes on with the pauses; success begins anew."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported()
    for _ in range(3):
        await asyncio.sleep((await rig.look()).requeue_after)
    rig.clusters.results[SERVER] = UNAUTHORIZED
    assert 36 <= (await rig.look()).requeue_after <= 44
    assert rig.conditions()["ClusterHealthy"] == ("False", "Unhealthy")
    await asyncio.sleep(44)
    rig.clusters.results[SERVER] = REACHABLE
    with capture_logs() as logs:
        assert 27 <= (await rig.look()).requeue_after <= 33
    assert [line["event"] for line in logs] == ["cluster ready"]
    assert rig.conditions() == READY
    await asyncio.sleep(33)
    rig.clusters.results[SERVER] = TIMEOUT
    assert 4.5 <= (await rig.look()).requeue_after <= 5.5
    assert len(rig.writes()) == 4


@pytest.mark.parametrize("is_gone", [True, False])
async def test_one_that_goes_is_forgotten(is_gone):
    """Its connection is closed, its verdict and its series are gone; one that is deleting too."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    if is_gone:
        rig.gone()
    else:
        rig.pediacluster(metadata={"deletionTimestamp": "2026-01-02T03:04:00Z"})
    assert await rig.look() == DONE

    assert rig.clusters.open_probes == []
    assert rig.targets.names() == ()
    assert rig.health() == PENDING
    assert rig.health_metrics.expiries == {}
    assert len(rig.clusters.asked) == 1


async def test_one_that_is_deleting_too_long_is_named():
    """Because of clustersynchro-manager's finalizer; and again if another one of the name is."""
    rig = PediaRig()
    long_ago = {"deletionTimestamp": "2026-01-02T02:00:00Z", "finalizers": [SYNCHRO_FINALIZER]}
    rig.imported(metadata=long_ago)
    for _ in range(2):
        assert await rig.look() == DONE
    (event,) = rig.told()
    assert event["reason"] == "PediaClusterTerminating"
    rig.gone()
    await rig.look()
    assert rig.subject._lingering._named == {}
    rig.imported(metadata=long_ago | {"deletionTimestamp": "2026-01-02T03:04:00Z"})
    assert 290 < (await rig.look()).requeue_after < 300
    assert rig.told() == []
    assert rig.writes() == []


async def test_one_made_by_hand_is_looked_at_too():
    """It has a status like the others, and no policy in the metrics."""
    rig = PediaRig()
    rig.pediacluster("by-hand")
    await rig.look("by-hand")

    assert rig.conditions("by-hand") == READY
    assert rig.health_metrics.counts[": by-hand Reachable"] == 1


async def test_imports_go_first_but_not_for_ever():
    """While many of its tenant wait a probe gives up its turn, for one interval at most."""
    rig = PediaRig()
    rig.imported()
    rig.see()
    for number in range(BUSY_DEPTH):
        rig.queues.sources.add(SourceKey("mcp", ObjectKey("team", f"s{number}")))
    rig.queues.lifecycles.add(ONE)
    started = asyncio.get_running_loop().time()
    assert (await rig.look()).requeue_after == 2
    assert rig.clusters.asked == []
    await rig.go(29)
    assert rig.clusters.asked == []
    await rig.go(2)
    assert rig.clusters.times == [started + 30]
    assert len(rig.clusters.asked) == 1

    few = PediaRig()
    few.imported()
    few.see()
    for number in range(BUSY_DEPTH - 1):
        few.queues.sources.add(SourceKey("mcp", ObjectKey("team", f"s{number}")))
    few.queues.lifecycles.add(ONE)
    await few.look()
    assert len(few.clusters.asked) == 1


async def test_t52_the_imports_of_one_tenant_hold_up_no_probe_of_another():
    """However many wait, a new cluster of somebody else is asked at once."""
    rig = PediaRig()
    rig.imported()
    rig.see()
    for number in range(100 * BUSY_DEPTH):
        rig.queues.sources.add(SourceKey("mcp", ObjectKey("others", f"s{number}")))
    await rig.look()

    assert len(rig.clusters.asked) == 1


async def test_a_timer_that_fires_early_is_in_time():
    """A look that comes some milliseconds too soon is not put off once more."""
    rig = PediaRig()
    rig.imported()
    await asyncio.sleep((await rig.look()).requeue_after - 0.005)
    await rig.look()
    assert len(rig.clusters.asked) == 2
    left = (await rig.look()).requeue_after
    await asyncio.sleep(left - 0.5)
    assert (await rig.look()).requeue_after == pytest.approx(0.5, abs=0.001)
    assert len(rig.clusters.asked) == 2


async def test_a_failure_to_read_is_tried_again():
    """The server's failure is raised, and the cluster stays due."""
    rig = PediaRig()
    rig.imported()
    path = PEDIACLUSTERS.path(name=ONE)
    rig.rest.meet("GET", path, errors.ServiceUnavailable(503, "Down"), errors.NotFound(404, "X"))
    with pytest.raises(errors.ServiceUnavailable):
        await rig.look()
    assert await rig.look() == DONE, "it is gone, and an event is on its way"
    assert rig.clusters.probes == []
    await rig.look()

    assert rig.conditions() == READY


async def test_the_end_of_a_term_closes_all():
    """No connection stays, and no series of a cluster that this replica does not follow."""
    rig = PediaRig()
    for name in (ONE, "mcp-two"):
        rig.imported(name)
        await rig.look(name)
    assert len(rig.clusters.open_probes) == 2
    await rig.subject.aclose()

    assert rig.clusters.open_probes == []
    assert rig.health_metrics.expiries == {}
    assert rig.health_metrics.counts["forgot mcp-two"]
