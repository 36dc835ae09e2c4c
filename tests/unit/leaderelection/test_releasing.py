"""How a leader ends: its work first, then the lease, and never longer than it may take."""

import asyncio

import pytest

from clusterimport.kube import errors
from clusterimport.leaderelection import LeaderRecord
from tests.fakes.aio.virtualtime import now
from tests.fakes.leaderelection.candidate import Candidate
from tests.fakes.leaderelection.lease import LONG_AGO, OTHER

pytestmark = pytest.mark.looptime


async def test_a_stopped_leader_gives_the_lease_back(server, me):
    """The record then names nobody for one second and keeps the rest."""
    server.record = LeaderRecord("", 1, LONG_AGO, LONG_AGO, 4, {"strategy": "kept"})
    async with me.running():
        await asyncio.sleep(3)
        renewed = server.record.renew_time

    assert server.record.holder_identity == ""
    assert server.record.lease_duration_seconds == 1
    assert server.record.lease_transitions == 5
    assert server.record.renew_time == server.record.acquire_time > renewed
    assert server.record.unknown == {"strategy": "kept"}
    assert server.record.is_released
    assert me.elector._seen.holder == "me"


async def test_release_reads_first(server, me):
    """Whatever happened to the last renewal, the release builds on the present record."""
    async with me.running():
        await asyncio.sleep(1)
        server.edit(unknown={"strategy": "new"})

    assert me.leases.calls == ["get", "create", "get", "update"]
    assert server.record.unknown == {"strategy": "new"}
    assert server.record.is_released


async def test_release_can_be_switched_off(server):
    """Without release the record stays as it was."""
    me = Candidate(server, release_on_stop=False)
    async with me.running():
        await asyncio.sleep(1)

    assert server.record.holder_identity == "me"
    assert me.leases.calls == ["get", "create"]


async def test_release_retries_on_conflict(server, me):
    """A write of somebody else between read and release does not leave the lease held."""
    async with me.running():
        await asyncio.sleep(1)
        me.leases.conflicts = 3

    assert server.record.is_released
    assert me.leases.calls[-2:] == ["get", "update"]


async def test_release_gives_up_in_time(server, me):
    """A server that refuses or hangs delays the end by 4.5 s at most."""
    async with me.running():
        await asyncio.sleep(1)
        me.leases.fault = "hang"
        stopped = now()
    assert now() - stopped == pytest.approx(4.5, abs=0.01)

    again = Candidate(server, "me")
    async with again.running():
        await asyncio.sleep(1)
        again.leases.fault = "conflict"
        stopped = now()
    assert now() - stopped < 0.1
    assert server.record.holder_identity == "me"


@pytest.mark.parametrize("latency_seconds", [0.5, 1.5])
async def test_release_although_cancelled_in_a_request(server, me, latency_seconds):
    """A renewal that is cut off by the stop, early or late, does not keep the lease."""
    async with me.running():
        await asyncio.sleep(1)
        me.leases.latency_seconds = latency_seconds
        await asyncio.sleep(1.4)
        assert me.leases.calls == ["get", "create", "update"]

    assert server.record.is_released


async def test_a_claim_that_was_cut_off_is_given_back(server, me):
    """A candidate that is stopped while it acquires does not leave its name in the lease."""
    me.leases.latency_seconds = 2
    async with me.running():
        await asyncio.sleep(3.5)
        assert server.record.holder_identity == "me"
        assert not me.started

    assert server.record.is_released


async def test_a_standby_gives_nothing_back(server, me):
    """A candidate that never wrote the lease does not touch it when it is stopped."""
    server.record = OTHER
    async with me.running():
        await asyncio.sleep(5)

    assert set(me.leases.calls) == {"get"}
    assert server.record == OTHER


async def test_a_former_leader_leaves_the_lease_of_its_follower(server, me):
    """Only a record that names us is given back."""
    async with me.running():
        await asyncio.sleep(1)
        server.write(OTHER)
        await asyncio.sleep(5)
        assert not me.is_working

    assert server.record == OTHER


async def test_the_lease_is_renewed_while_the_work_ends(server, me):
    """The gate stays open for the last writes; the release comes after them."""
    me.drain_seconds = 25
    async with asyncio.TaskGroup() as group:
        running = group.create_task(me.elector.run(me.lead))
        await asyncio.sleep(5)
        running.cancel()
        for _ in range(24):
            await asyncio.sleep(1)
            assert me.is_working
            assert me.elector.is_leading
            me.elector.check()
            assert me.elector.remaining_seconds() > 5
            assert server.record.holder_identity == "me"
        await asyncio.sleep(1.1)

    assert running.cancelled()
    assert me.ended == [pytest.approx(30, abs=0.01)]
    assert server.record.is_released
    assert me.leases.times[-1] >= me.ended[0]
    with pytest.raises(errors.GateClosed):
        me.elector.check()


async def test_the_gate_closes_if_the_lease_is_lost_while_the_work_ends(server, me):
    """An end that takes too long behind a cut connection cannot write any more."""
    me.drain_seconds = 30
    async with asyncio.TaskGroup() as group:
        running = group.create_task(me.elector.run(me.lead))
        await asyncio.sleep(4.5)
        running.cancel()
        me.leases.fault = "refused"
        await asyncio.sleep(9)
        assert me.elector.is_leading
        await asyncio.sleep(1)
        assert not me.elector.is_leading
        assert me.is_working
        me.leases.fault = ""

    assert running.cancelled()
    assert me.ended == [pytest.approx(34.5, abs=0.01)]
    assert server.record.is_released


async def test_a_second_cancellation_cuts_the_end_short(server, me):
    """An impatient stop ends the work's end, and still gives the lease back."""
    me.drain_seconds = 1000
    async with asyncio.TaskGroup() as group:
        running = group.create_task(me.elector.run(me.lead))
        await asyncio.sleep(5)
        running.cancel()
        await asyncio.sleep(5)
        running.cancel()

    assert running.cancelled()
    assert me.ended == [pytest.approx(10, abs=0.01)]
    assert server.record.is_released


async def test_a_crash_of_the_work_ends_the_elector(server, me):
    """The error comes out after the lease was given back."""
    me.crash_after_seconds = 7
    with pytest.raises(ExceptionGroup) as caught:
        await me.elector.run(me.lead)

    assert caught.group_contains(ArithmeticError, match="the work crashed")
    assert server.record.is_released
    assert not me.elector.is_leading
    assert now() == pytest.approx(7, abs=0.01)


async def test_work_that_comes_to_its_end_ends_the_elector(server, me):
    """``run`` returns when the work returns, without an error and without the lease."""
    me.return_after_seconds = 7
    await me.elector.run(me.lead)

    assert server.record.is_released
    assert me.started == [0]
    assert not me.elector.is_leading


async def test_a_cancellation_while_the_lease_is_lost_is_not_swallowed(server, me):
    """A stop that comes while lost work ends stops the elector and not only the work."""
    me.drain_seconds = 5
    async with asyncio.TaskGroup() as group:
        running = group.create_task(me.elector.run(me.lead))
        await asyncio.sleep(1)
        server.write(OTHER)
        await asyncio.sleep(2)
        assert len(me.cancelled) == 1
        running.cancel()
        await asyncio.sleep(6)
        assert running.cancelled()
