"""How a leader keeps the lease, whatever is done to its record."""

import asyncio

import pytest

pytestmark = pytest.mark.looptime


async def test_fast_path(server, me):
    """A leader renews every two seconds with one update and reads nothing."""
    async with me.running():
        await asyncio.sleep(0.1)
        first = server.record
        await asyncio.sleep(20)

        assert me.leases.calls == ["get", "create"] + ["update"] * 10
        assert server.record.acquire_time == first.acquire_time
        assert server.record.renew_time > first.renew_time
        assert server.record.lease_transitions == 0
        assert me.metrics.slowpath == 0
        assert len(me.started) == 1


async def test_slow_path(server, me):
    """After a conflict the leader reads once and updates again, in the same attempt."""
    async with me.running():
        await asyncio.sleep(2.1)
        me.leases.conflicts = 1
        await asyncio.sleep(4)

        assert me.leases.calls == ["get", "create", "update", "update", "get", "update", "update"]
        assert me.metrics.slowpath == 1
        assert me.elector.is_leading
        assert server.record.lease_transitions == 0


async def test_a_leader_lives_through_a_storm_of_conflicts(server, me):
    """While others write all the time, a bounded number of tries is made per renewal."""
    async with me.running():
        await asyncio.sleep(1)
        me.leases.fault = "conflict"
        await asyncio.sleep(6)
        assert me.elector.is_leading
        assert len(me.leases.calls) <= 2 + 3 * 10
        me.leases.fault = ""
        await asyncio.sleep(6)

        assert me.elector.is_leading
        assert len(me.started) == 1


async def test_the_lease_may_be_edited_by_hand(server, me):
    """A leader keeps the lease whatever is changed in it, as long as it is named."""
    async with me.running():
        await asyncio.sleep(1)
        acquired = server.record.acquire_time
        server.edit(lease_duration_seconds=3600, renew_time=None, unknown={"strategy": "new"})
        await asyncio.sleep(2)

        assert me.elector.is_leading
        assert server.record.lease_duration_seconds == 15
        assert server.record.acquire_time == acquired
        assert server.record.unknown == {"strategy": "new"}


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_lease_removed_by_hand_is_made_again(server, me, deleted):
    """A leader whose Lease is deleted, or holder blanked, goes on with a new one within 2 s."""
    async with me.running():
        await asyncio.sleep(1)
        if deleted:
            server.write(None)
        else:
            server.edit(holder_identity="")
        await asyncio.sleep(2.1)

        assert server.record.holder_identity == "me"
        assert server.record.acquire_time == server.record.renew_time
        assert me.elector.is_leading
        assert len(me.started) == 1
        await asyncio.sleep(2)
        assert me.leases.calls[-1] == "update"


async def test_a_lease_deleted_while_it_cannot_be_made_again(server, me):
    """The leader stops in time, and then waits as for a leader that it did not see."""
    async with me.running():
        await asyncio.sleep(0.1)
        server.write(None)
        me.leases.latency_seconds = 0.5
        await asyncio.sleep(2.2)
        me.leases.fault = "lost answer"
        await asyncio.sleep(30)
        assert not me.elector.is_leading
        me.leases.fault = ""
        await asyncio.sleep(10)
        assert not me.elector.is_leading
        await asyncio.sleep(10)
        assert me.elector.is_leading
