"""Working only while nobody else does under another lease."""

import asyncio
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import SystemClock
from clusterimport.kube import errors
from clusterimport.leaderelection import AloneGuard, Rivals
from clusterimport.model.meta import ObjectKey
from tests.fakes.leaderelection.candidate import RecordingLeaderMetrics
from tests.fakes.leaderelection.foreignleases import NAME, ForeignLeases

pytestmark = pytest.mark.looptime


class Replica:
    """A guard whose work renews a lease of its own namespace, and gives it back at the end."""

    def __init__(self, server, namespace, seed=1):
        self.server, self.namespace = server, namespace
        self.metrics = RecordingLeaderMetrics()
        self.is_working = False
        self.turns = 0
        self.subject = AloneGuard(
            Rivals(
                server.leases,
                server.deployments,
                own=ObjectKey(namespace, NAME),
                clock=SystemClock(),
            ),
            clock=SystemClock(),
            random=Random(seed),
            metrics=self.metrics,
        )

    async def work(self):
        self.is_working = True
        self.turns += 1
        try:
            await self.server.keep(self.namespace)
        finally:
            self.is_working = False
            self.server.hold(self.namespace, "", seconds=1)


@pytest.fixture(name="server")
def fixture_server():
    return ForeignLeases()


@asynccontextmanager
async def running(*coroutines):
    """Run them for the block."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_who_is_alone_works_at_once_and_says_nothing(server):
    """One look is all that it takes."""
    ours = Replica(server, "system")
    assert ours.subject.missing() == ("sole control (not known yet)",)
    with capture_logs() as logs:
        async with running(ours.subject.run(ours.work)):
            await asyncio.sleep(0.01)
            assert ours.is_working
            assert ours.subject.missing() == ()
            await asyncio.sleep(600)
            assert ours.turns == 1
    assert logs == []
    assert set(ours.metrics.rivals) == {0}


async def test_it_looks_six_times_a_minute(server):
    """That is what it costs the API server."""
    ours = Replica(server, "system")
    async with running(ours.subject.run(ours.work)):
        await asyncio.sleep(605)
    assert len(server.leases.asked) == 61


async def test_who_comes_second_waits_until_the_first_has_ended(server):
    """It is not ready, and says once who works and what to do."""
    ours = Replica(server, "system")
    with capture_logs() as logs:
        work = ours.subject.run(ours.work)
        async with running(server.keep("helm"), work) as (clusterpedia, _):
            await asyncio.sleep(600)
            assert ours.turns == 0
            assert ours.subject.missing() == (
                f"sole control (lease helm/{NAME}, held by pod-1_uuid)",
            )
            clusterpedia.cancel()
            await asyncio.sleep(26)
            assert ours.is_working
            assert ours.subject.missing() == ()

    assert [entry for entry in logs if entry["log_level"] == "error"] == [
        {
            "event": "another controller works on the same objects, this one waits until it ends",
            "log_level": "error",
            "found": f"lease helm/{NAME}, held by pod-1_uuid",
            "remedy": "stop one of the two, or have them share a lease, so that one works at a "
            "time: --leader-elect-resource-namespace=helm "
            f"--leader-elect-resource-name={NAME}",
        }
    ]
    assert logs[-1]["event"] == "no other controller works on the same objects"
    assert {0, 1} == set(ours.metrics.rivals)


async def test_whether_a_lease_is_renewed_is_known_after_seconds(server):
    """A person who looks at the log of a Pod that does not become ready finds the reason."""
    ours = Replica(server, "system")
    with capture_logs() as logs:
        async with running(server.keep("helm"), ours.subject.run(ours.work)):
            await asyncio.sleep(3)
    assert [entry["log_level"] for entry in logs] == ["info", "error"]


async def test_who_waits_looks_six_times_a_minute(server):
    """As who works, also where it is not known of another lease whether it is renewed."""
    server.hold("stale", seconds=100)
    ours = Replica(server, "system")
    async with running(server.keep("helm"), ours.subject.run(ours.work)):
        await asyncio.sleep(5)
        before = len(server.leases.asked)
        await asyncio.sleep(60)
        assert len(server.leases.asked) - before == 6
        assert ours.turns == 0


async def test_an_end_is_seen_when_it_comes(server):
    """Not only at the next look, which would be 1.4 seconds later."""
    server.hold("helm", seconds=16)
    ours = Replica(server, "system")
    async with running(ours.subject.run(ours.work)):
        await asyncio.sleep(16.2)
        assert ours.is_working


async def test_a_stale_lease_delays_the_start_by_its_duration(server):
    """It is not an obstacle for longer, and no error."""
    server.hold("helm")
    ours = Replica(server, "system")
    with capture_logs() as logs:
        async with running(ours.subject.run(ours.work)):
            await asyncio.sleep(14.9)
            assert not ours.is_working
            await asyncio.sleep(0.3)
            assert ours.is_working
    assert "error" not in {entry["log_level"] for entry in logs}


async def test_who_works_yields_to_one_that_appears(server):
    """Clusterpedia's controller-manager never would: within ten seconds we do."""
    ours = Replica(server, "system")
    async with running(ours.subject.run(ours.work)):
        await asyncio.sleep(60)
        assert ours.is_working
        async with running(server.keep("helm")):
            await asyncio.sleep(10.1)
            assert not ours.is_working
            assert ours.subject.missing()
            await asyncio.sleep(600)
            assert not ours.is_working
        await asyncio.sleep(26)
        assert ours.is_working


async def test_a_deployment_is_named_with_what_to_do(server):
    """One that competes for no lease can only be stopped."""
    server.deploy("helm", "controller-manager", "--leader-elect=false")
    ours = Replica(server, "system")
    with capture_logs() as logs:
        async with running(ours.subject.run(ours.work)):
            await asyncio.sleep(1)
    assert logs[0]["found"] == f"Deployment helm/{NAME}, whose Pods are available"
    assert logs[0]["remedy"] == "stop one of the two"


@pytest.mark.parametrize("seed", range(20))
async def test_of_two_that_begin_at_once_one_works_in_the_end(server, seed):
    """Both see the other, both yield; at most one works for longer than a look takes."""
    one, two = Replica(server, "one", seed), Replica(server, "two", seed + 100)
    async with running(one.subject.run(one.work), two.subject.run(two.work)):
        await asyncio.sleep(120)
        before = (one.is_working, two.is_working)
        assert sum(before) == 1
        await asyncio.sleep(600)
        assert (one.is_working, two.is_working) == before


async def test_where_nothing_can_be_seen_nobody_works(server):
    """An API server that fails may fail for us alone."""
    server.leases.failure = errors.InternalError(500, "InternalError", "x", resource="leases")
    ours = Replica(server, "system")
    async with running(ours.subject.run(ours.work)):
        await asyncio.sleep(300)
        assert not ours.is_working
        assert ours.subject.missing()[0].startswith("sole control (not known yet: ")
        assert len(server.leases.asked) < 30
        server.leases.failure = None
        await asyncio.sleep(31)
        assert ours.is_working


async def test_a_look_that_fails_stops_no_work(server):
    """What is known goes on to hold."""
    ours = Replica(server, "system")
    async with running(ours.subject.run(ours.work)):
        await asyncio.sleep(1)
        server.leases.failure = errors.TransportError("gone")
        await asyncio.sleep(300)
        assert ours.is_working
        assert ours.turns == 1
        assert ours.subject.missing() == ()


async def test_it_ends_with_the_work(server):
    """And raises what the work raises."""
    ours = Replica(server, "system")
    ended = []

    async def work():
        ended.append(True)

    await ours.subject.run(work)
    assert ended == [True]

    async def fail():
        raise ArithmeticError

    with pytest.raises(ExceptionGroup):
        await ours.subject.run(fail)
