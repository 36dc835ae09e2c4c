"""When a leader stops: by the renew deadline on its own clock, or because another has the lease."""

import asyncio

import pytest

from clusterimport.kube import errors
from tests.fakes.aio.virtualtime import freeze, now
from tests.fakes.leaderelection.candidate import Candidate
from tests.fakes.leaderelection.lease import OTHER

pytestmark = pytest.mark.looptime


async def test_a_leader_that_cannot_renew_stops_by_the_deadline(server, me):
    """10 s after the last renewal was sent the work is cancelled, and not before."""
    async with me.running():
        await asyncio.sleep(5)
        renewed = me.leases.times[-1]
        me.leases.fault = "refused"
        await asyncio.sleep(renewed + 9.98 - now())
        assert me.is_working
        me.elector.check()
        await asyncio.sleep(0.03)

        assert me.cancelled == [pytest.approx(renewed + 10, abs=0.01)]
        assert not me.elector.is_leading
        with pytest.raises(errors.GateClosed):
            me.elector.check()
        assert me.elector.remaining_seconds() <= 0

        # The process stays and leads again when the server is back.
        me.leases.fault = ""
        await asyncio.sleep(5)
        assert me.elector.is_leading
        assert len(me.started) == 2
        me.elector.check()


async def test_a_hanging_request_is_bounded(server, me):
    """Hanging requests are given up in time for another try, and end with the deadline."""
    async with me.running():
        await asyncio.sleep(2.1)
        renewed = me.leases.times[-1]
        me.leases.fault = "hang"
        await asyncio.sleep(20)

        assert me.cancelled == [pytest.approx(renewed + 10, abs=0.01)]
        tries = [moment for moment in me.leases.times if renewed < moment < renewed + 10]
        assert tries == pytest.approx([renewed + 2, renewed + 9], abs=0.01)


async def test_one_hanging_request_does_not_cost_the_lease(server, me):
    """A single dead connection is survived."""
    async with me.running():
        await asyncio.sleep(3)
        me.leases.fault = "hang"
        await asyncio.sleep(2)
        me.leases.fault = ""
        await asyncio.sleep(20)

        assert me.elector.is_leading
        assert len(me.started) == 1


async def test_the_deadline_counts_from_the_moment_of_sending(server, me):
    """A slow answer does not make the lease longer."""
    me.leases.latency_seconds = 3
    async with me.running():
        await asyncio.sleep(6.1)
        assert me.leases.calls == ["get", "create"]
        assert me.started == [pytest.approx(6, abs=0.01)]
        assert me.elector.remaining_seconds() == pytest.approx(3 + 10 - 6.1, abs=0.01)
        await asyncio.sleep(60)
        assert len(me.started) == 1


async def test_a_leader_that_sees_another_holder_stops_at_once(server, me):
    """A lease that was taken ends the work at the next renewal, long before the deadline."""
    async with me.running():
        await asyncio.sleep(1)
        server.edit(holder_identity="other")
        await asyncio.sleep(1.1)

        assert me.cancelled == [pytest.approx(2, abs=0.01)]
        assert not me.elector.is_leading
        assert me.elector._seen.holder == "other"
        # It then waits for the other's lease to run out, like anybody.
        await asyncio.sleep(14)
        assert len(me.started) == 1
        await asyncio.sleep(2)
        assert len(me.started) == 2


async def test_the_gate_is_closed_while_lost_work_ends(server, me):
    """Work that takes its time to end cannot write, and nobody campaigns meanwhile."""
    me.drain_seconds = 7
    async with me.running():
        await asyncio.sleep(1)
        server.edit(holder_identity="other")
        await asyncio.sleep(2)
        assert me.is_working
        assert not me.elector.is_leading
        with pytest.raises(errors.GateClosed):
            me.elector.check()
        calls = len(me.leases.calls)
        await asyncio.sleep(5)
        assert len(me.leases.calls) == calls
        await asyncio.sleep(2)
        assert not me.is_working
        assert len(me.leases.calls) > calls


async def test_after_a_freeze_the_gate_is_closed(server, me):
    """A process that was stopped for 30 s finds the gate closed before anything else runs."""
    gate_after = []

    async def writer():
        while True:
            await asyncio.sleep(0.5)
            gate_after.append((now(), me.elector.is_leading))

    async with me.running(), asyncio.TaskGroup() as group:
        writing = group.create_task(writer())
        await asyncio.sleep(5.2)
        calls = len(me.leases.calls)
        freeze(30)
        resumed = now()
        assert not me.elector.is_leading
        assert me.elector.remaining_seconds() < 0
        with pytest.raises(errors.GateClosed):
            me.elector.check()
        await asyncio.sleep(0.01)
        # The work is cancelled without one more renewal; the next request is a read.
        assert me.cancelled == [resumed]
        await asyncio.sleep(1)
        assert me.leases.calls[calls] == "get"
        writing.cancel()

    assert (resumed, True) not in gate_after


async def test_a_renewal_that_was_frozen_does_not_count(server, me):
    """The answer to a renewal that was sent 30 s ago renews nothing."""
    me.leases.latency_seconds = 1
    async with me.running():
        await asyncio.sleep(4.5)
        assert me.leases.calls == ["get", "create", "update"]
        freeze(30)
        await asyncio.sleep(0.01)

        assert not me.elector.is_leading
        assert len(me.cancelled) == 1


@pytest.mark.parametrize("step_seconds", [3600, -3600])
async def test_steps_of_the_wall_clock_change_nothing(server, me, step_seconds):
    """Neither a leader nor a standby cares what the time is."""
    other = Candidate(server, "other", seed=2)
    async with me.running():
        await asyncio.sleep(1)
        async with other.running():
            await asyncio.sleep(5)
            me.clock.step_seconds = step_seconds
            await asyncio.sleep(30)
            other.clock.step_seconds = -step_seconds
            await asyncio.sleep(30)

            assert len(me.started) == 1
            assert not other.started
            assert me.elector.is_leading


async def test_t08_who_steps_down_begins_anew(server, me):
    """The work ends at once, and begins again with the lease, which nobody else was given."""
    async with me.running():
        await asyncio.sleep(1)
        me.elector.step_down()
        with pytest.raises(errors.GateClosed):
            me.elector.check()
        await asyncio.sleep(5)

        assert len(me.started) == 2
        assert len(me.ended) == 1
        assert me.elector.is_leading
    assert server.record.lease_transitions == 0


async def test_t08_a_candidate_may_step_down_too(server, me):
    """It does not hold the lease, so that nothing ends."""
    server.write(OTHER)
    async with me.running():
        await asyncio.sleep(1)
        me.elector.step_down()
        await asyncio.sleep(60)

        assert len(me.started) == 1
