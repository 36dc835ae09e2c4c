"""The end of credentials, told in time by time alone; and what is counted of clusters."""

import asyncio
from datetime import timedelta

import pytest

from clusterimport.controllers.shared.health import EXPIRED, EXPIRING, NOTHING_EXPIRES, HealthState
from clusterimport.model.gvr import POLICIES
from tests.fakes.aio.manualclock import START
from tests.fakes.controllers.health import TIMEOUT, token_until
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.pediaclusters import ONE, SERVER, PediaRig, said, synchro_says
from tests.fakes.engine.evaluating import base64_of, kubeconfig_of
from tests.fakes.pki.material import CA

pytestmark = pytest.mark.looptime

DAY = 86400.0


def ending(seconds):
    """Return the field of a token that ends so long after the start."""
    return {"tokenData": base64_of(token_until(START + timedelta(seconds=seconds)))}


class Listening(PediaRig):
    """A cluster of which every change of verdict is kept."""

    def __init__(self, **fields):
        super().__init__(**fields)
        self.heard = []

    async def go(self, seconds, name=ONE):
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            result = await self.look(name)
            if drain(self.queues.lifecycles):
                self.heard.append((loop.time(), self.health(name)))
            await asyncio.sleep(min(result.requeue_after, end - loop.time()))


@pytest.mark.parametrize("kind", ["read", "off", "probed"])
async def test_the_week_and_the_end_are_told_by_time_alone(kind):
    """Two changes in a month, each within two seconds of its moment if no probe comes before."""
    rig = Listening(interval=0 if kind == "off" else 3600)
    status = synchro_says() if kind == "read" else {}
    rig.imported(status=status, **ending(10 * DAY))
    await rig.go(30 * DAY)
    notices = [(moment, health.notes.expiry) for moment, health in rig.heard]
    told = [(moment, notice) for moment, notice in notices if notice.reason]

    assert [notice.reason for _, notice in told] == [EXPIRING, EXPIRED]
    assert 3 * DAY <= told[0][0] <= 3 * DAY + 2
    assert 10 * DAY <= told[1][0] <= 10 * DAY + 2
    assert len({notice.message for _, notice in told}) == 2
    assert len(rig.clusters.probes) == (kind == "probed")


async def test_a_failing_cluster_is_told_of_the_end_as_well():
    """It is the likely reason why it fails."""
    rig = Listening()
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported(**ending(1000))
    await rig.go(2000)

    assert [health.notes.expiry.reason for _, health in rig.heard] == [EXPIRING, EXPIRED]
    assert rig.heard[-1][0] == pytest.approx(1001, abs=1)
    assert {health.reason for _, health in rig.heard} == {"Timeout"}


async def test_before_credentials_were_read_nothing_is_said_of_their_end():
    """What stands then stays: it is unknown, and not that nothing ends."""
    rig = PediaRig()
    rig.imported(status=synchro_says(), **ending(DAY))
    await rig.look()
    assert rig.health().notes is None
    await rig.go(31)
    assert rig.health().notes.expiry.reason == EXPIRING
    rig.imported(status=synchro_says(said("Ready", "False")), **ending(2 * DAY))
    await rig.look()
    assert rig.health().notes.expiry.reason == EXPIRING
    rig.imported(**ending(60 * DAY))
    await rig.look()

    assert rig.health().notes.expiry == NOTHING_EXPIRES


async def test_no_look_is_early_because_of_an_end_that_is_far():
    """The interval stays what it is."""
    rig = PediaRig()
    rig.imported(**ending(60 * DAY))
    assert 27 <= (await rig.look()).requeue_after <= 33
    rig.imported(**ending(20))
    assert (await rig.look()).requeue_after == pytest.approx(21, abs=1)


async def test_the_end_is_measured_under_the_policy():
    """In Unix seconds, None where credentials never say; at every look, so that it stays true."""
    rig = PediaRig()
    rig.imported(**ending(DAY))
    await rig.look()
    at = (START + timedelta(days=1)).timestamp()
    assert rig.health_metrics.expiries == {ONE: ("mcp", pytest.approx(at))}
    rig.imported()
    await rig.look()
    assert rig.health_metrics.expiries == {ONE: ("mcp", None)}

    rig.imported(**ending(DAY))
    await rig.look()
    rig.drop(POLICIES, "mcp")
    rig.see()
    await rig.go(34)
    assert rig.health_metrics.expiries == {ONE: ("", pytest.approx(at))}


@pytest.mark.parametrize("kind", ["read", "off", "probed"])
async def test_an_allowed_feature_is_noted_and_measured(kind):
    """Whoever looks after the cluster; and no more as soon as it is used no more."""
    rig = PediaRig(interval=0 if kind == "off" else 30)
    status = synchro_says() if kind == "read" else {}
    rig.imported(status=status, allowed=["InsecureTLS", "ProxyURL"], caData="")
    await rig.go(31)
    assert rig.health().notes.features == {"InsecureTLS"}
    assert rig.health_metrics.features == {ONE: ("mcp", {"InsecureTLS"})}
    rig.imported(status=status, allowed=["InsecureTLS", "ProxyURL"])
    await rig.go(31)

    assert rig.health().notes.features == set()
    assert rig.health_metrics.features == {ONE: ("mcp", set())}


async def test_credentials_for_a_proxy_are_told_of_as_well():
    """They are not used here, and end all the same."""
    rig = PediaRig()
    config = kubeconfig_of(
        cluster={"proxy-url": "http://p:1", "certificate-authority-data": base64_of(CA)},
        user={"token": token_until(START + timedelta(days=1))},
    )
    rig.imported(kubeconfig=config, allowed=["ProxyURL"])
    await rig.look()

    assert rig.clusters.probes == []
    assert rig.health().notes.expiry.reason == EXPIRING
    assert rig.health().notes.features == {"ProxyURL"}


async def test_probes_are_counted_under_the_policy():
    """By reason, with their time; under none when the policy is gone meanwhile."""
    rig = PediaRig()
    rig.clusters.seconds = 2.0
    rig.imported()
    await rig.look()
    assert rig.health_metrics.counts[f"mcp: {ONE} Reachable"] == 1
    assert rig.health_metrics.seconds == [pytest.approx(2.0)]
    rig.clusters.results[SERVER] = TIMEOUT
    await asyncio.sleep(40)
    task = asyncio.create_task(rig.look())
    await asyncio.sleep(1)
    rig.drop(POLICIES, "mcp")
    rig.see()
    await task

    assert rig.health_metrics.counts[f": {ONE} Timeout"] == 1
    assert rig.health_metrics.seconds == [pytest.approx(2.0), pytest.approx(2.0)]


async def test_series_of_what_is_not_probed_any_more_are_dropped():
    """When others look after it, and when its credentials may not be used."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    before = rig.health_metrics.counts[f"forgot {ONE}"]
    await rig.look()
    await asyncio.sleep(40)
    await rig.look()
    assert rig.health_metrics.counts[f"forgot {ONE}"] == before
    rig.pediacluster(caData="")
    await rig.look()
    assert rig.health_metrics.counts[f"forgot {ONE}"] == before + 1
    assert rig.health().state is HealthState.UNHEALTHY

    rig.pediacluster()
    await rig.look()
    rig.arrive()
    await rig.look()
    assert rig.health_metrics.counts[f"forgot {ONE}"] == before + 2
    assert rig.health_metrics.expiries == {}
