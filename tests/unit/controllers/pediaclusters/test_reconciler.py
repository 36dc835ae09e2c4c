"""Looks at clusters: when, by whom, and what is told of them."""

import asyncio
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.pediaclusters.health import PENDING, UNWATCHED, Health, HealthState
from clusterimport.controllers.pediaclusters.options import StatusMode
from clusterimport.controllers.pediaclusters.reconciler import BUSY_DEPTH, QUIET_SECONDS
from clusterimport.controllers.pediaclusters.targets import IDLE_SECONDS
from clusterimport.controllers.result import DONE
from clusterimport.controllers.term import SourceKey
from clusterimport.engine.rules import ImportRules
from clusterimport.kube import errors
from clusterimport.model.gvr import PEDIACLUSTERS
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import SYNCHRO_FINALIZER
from tests.fakes.evaluating import base64_of, kubeconfig_of
from tests.fakes.health import REACHABLE, TIMEOUT, UNAUTHORIZED
from tests.fakes.importing import drain
from tests.fakes.importobjects import CANARY
from tests.fakes.pediaclusters import ONE, SERVER, STATUS, PediaRig, said, synchro_says

pytestmark = pytest.mark.looptime

READY = {
    "Validated": ("True", "Validated"),
    "ClusterHealthy": ("True", "Healthy"),
    "Ready": ("True", "Ready"),
}
FAILS = READY | {"ClusterHealthy": ("False", "NotReachable"), "Ready": ("False", "NotReady")}
INVALID = {
    "Validated": ("False", "InvalidConfig"),
    "ClusterHealthy": ("Unknown", "MonitorStop"),
    "Ready": ("False", "NotReady"),
}
JUDGED = {"conditions": [said("Ready", "True", "Ready", observedGeneration=1)]}
PROXY = kubeconfig_of(
    cluster={"proxy-url": "http://p:1", "certificate-authority-data": base64_of("ca")}
)


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
        HealthState.UNHEALTHY, "Timeout", "look at the firewall", rig.health().expiry
    )
    assert rig.writes() == [("PATCH", STATUS)]
    assert [(line["event"], line["reason"]) for line in logs] == [("cluster not ready", "Timeout")]


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


async def test_one_made_by_hand_is_looked_at_too():
    """It has a status like the others, and no policy in the metrics."""
    rig = PediaRig()
    rig.pediacluster("by-hand")
    await rig.look("by-hand")

    assert rig.conditions("by-hand") == READY
    assert rig.health_metrics.counts[": by-hand Reachable"] == 1


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


async def test_imports_go_first_but_not_for_ever():
    """While many wait a probe gives up its turn, for one interval at most."""
    rig = PediaRig()
    rig.imported()
    rig.see()
    for number in range(BUSY_DEPTH):
        rig.queues.sources.add(SourceKey("mcp", ObjectKey("team", f"s{number}")))
    rig.queues.lifecycles.add("one-more")
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
        few.queues.lifecycles.add(f"l{number}")
    few.queues.sources.add(SourceKey("mcp", ObjectKey("team", "s")))
    await few.look()
    assert len(few.clusters.asked) == 1


async def test_without_an_interval_nobody_is_asked():
    """What is imported counts as well; nothing is written, and credentials are read but once."""
    rig = PediaRig(interval=0)
    rig.imported()
    assert rig.health() == UNWATCHED
    first = await rig.look()
    assert 0 < first.requeue_after <= QUIET_SECONDS
    assert rig.rest.requests == []
    await rig.go(10 * IDLE_SECONDS)

    assert rig.clusters.probes == []
    assert rig.writes() == []
    assert rig.health().state is HealthState.UNWATCHED
    assert rig.health().message == ""
    assert rig.rest.count("GET", PEDIACLUSTERS.path(name=ONE)) == 1


async def test_the_shortest_interval_is_one():
    """A second is not none: clusters are asked, and told of when they are not."""
    rules = ImportRules(allowed_features=frozenset({"ProxyURL"}))
    rig = PediaRig(interval=1, rules=rules)
    rig.imported()
    rig.imported("mcp-two", kubeconfig=PROXY)
    await rig.look()
    await rig.look("mcp-two")

    assert rig.clusters.asked == [SERVER]
    assert "proxy-url" in rig.health("mcp-two").message


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


async def test_without_an_interval_imports_go_first_as_well():
    """The one look at credentials gives up its turn, too."""
    rig = PediaRig(interval=0)
    rig.imported()
    for number in range(BUSY_DEPTH + 1):
        rig.queues.lifecycles.add(f"l{number}")
    await rig.go(QUIET_SECONDS - 1)
    assert rig.rest.requests == []
    await rig.go(QUIET_SECONDS + 2)
    assert len(rig.rest.requests) == 1


async def test_a_verdict_of_before_is_taken_back_where_nothing_is_probed():
    """It would stand for ever; one write, and none afterwards."""
    rig = PediaRig(interval=0)
    rig.imported(status=JUDGED)
    await rig.go(3 * IDLE_SECONDS)

    assert rig.conditions()["Ready"] == ("Unknown", "NotReady")
    assert rig.health().state is HealthState.UNWATCHED
    assert rig.writes() == [("PATCH", STATUS)]


@pytest.mark.parametrize("interval", [30, 0])
async def test_credentials_that_are_refused_are_not_used(interval):
    """The PediaCluster and its lifecycle say why, also where nothing is probed."""
    rig = PediaRig(interval=interval)
    rig.imported(caData="")
    await rig.go(1000)

    assert rig.clusters.probes == []
    assert rig.conditions() == INVALID
    assert rig.health().state is HealthState.UNHEALTHY
    assert rig.health().reason == "CredentialRejected"
    assert "caData" in rig.health().message
    assert rig.writes() == [("PATCH", STATUS)]
    assert rig.rest.count("GET", PEDIACLUSTERS.path(name=ONE)) == 1


async def test_mended_credentials_are_used_at_once():
    """Whatever the pause before."""
    rig = PediaRig()
    rig.imported(caData="")
    await rig.look()
    rig.pediacluster()
    await rig.look()

    assert rig.conditions() == READY
    assert len(rig.clusters.asked) == 1


async def test_what_is_not_probed_is_imported():
    """A cluster behind a proxy that somebody allowed: valid, health unknown."""
    rules = ImportRules(allowed_features=frozenset({"ProxyURL"}))
    rig = PediaRig(rules=rules)
    rig.imported(kubeconfig=PROXY)
    await rig.go(1000)
    assert rig.conditions() == {
        "Validated": ("True", "Validated"),
        "ClusterHealthy": ("Unknown", "MonitorStop"),
        "Ready": ("Unknown", "NotReady"),
    }
    assert rig.health().state is HealthState.UNWATCHED
    assert "proxy-url" in rig.health().message
    assert rig.clusters.probes == []
    assert rig.writes() == [("PATCH", STATUS)]

    off = PediaRig(rules=rules, interval=0)
    off.imported(kubeconfig=PROXY)
    await off.go(1000)
    assert off.health().message == "", "as was assumed, so that a restart writes nothing"
    assert off.writes() == []


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
