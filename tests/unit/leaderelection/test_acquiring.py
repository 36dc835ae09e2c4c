"""How a candidate comes to the lease: at once, after a wait, or in spite of failures."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from clusterimport.leaderelection import LeaderRecord
from tests.fakes.leaderelection.lease import LONG_AGO, OTHER

pytestmark = pytest.mark.looptime


async def test_acquire_where_there_is_no_lease(server, me):
    """The first candidate ever creates the Lease and leads at once."""
    async with me.running():
        await asyncio.sleep(0.1)
        assert me.elector.is_leading
        assert me.is_working

        assert me.leases.calls == ["get", "create"]
        assert server.record.holder_identity == "me"
        assert server.record.lease_duration_seconds == 15
        assert server.record.lease_transitions == 0
        assert server.record.acquire_time == server.record.renew_time
        assert abs(server.record.renew_time - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("record", "transitions"),
    [
        pytest.param(LeaderRecord(), 1, id="empty spec"),
        pytest.param(LeaderRecord("", 1, LONG_AGO, LONG_AGO, 6), 7, id="released"),
        pytest.param(LeaderRecord("", 15, LONG_AGO, LONG_AGO, 6), 7, id="nobody"),
        pytest.param(LeaderRecord("me", 15, LONG_AGO, LONG_AGO, 6), 6, id="own record"),
    ],
)
async def test_acquire_at_once(server, me, record, transitions):
    """A Lease of nobody, or one that names us already, is taken with one read and one write."""
    server.record = record
    async with me.running():
        await asyncio.sleep(0.1)

        assert me.elector.is_leading
        assert me.leases.calls == ["get", "update"]
        assert server.record.holder_identity == "me"
        assert server.record.lease_transitions == transitions
        own = record.holder_identity == "me"
        assert server.record.acquire_time == (LONG_AGO if own else server.record.renew_time)
        assert server.record.renew_time > LONG_AGO


async def test_acquire_after_the_lease_has_run_out(server, me):
    """A holder that is silent for its duration, seen from here, is followed within 0.6 s."""
    server.record = OTHER
    async with me.running():
        await asyncio.sleep(14.99)
        assert not me.started
        assert set(me.leases.calls) == {"get"}
        assert me.elector._seen.holder == "other"
        await asyncio.sleep(0.62)

        assert me.elector.is_leading
        assert me.elector._seen.holder == "me"
        assert server.record.lease_transitions == 3
        assert server.record.unknown == {"strategy": "kept"}


async def test_a_holder_may_ask_for_a_longer_wait(server, me):
    """The holder's duration counts, not ours."""
    server.record = LeaderRecord("other", 40)
    async with me.running():
        await asyncio.sleep(39.9)
        assert not me.started
        await asyncio.sleep(0.8)
        assert me.started


@pytest.mark.parametrize("watch_fault", ["", "refused"])
async def test_a_lease_that_is_renewed_is_left_alone(server, me, watch_fault):
    """As long as its record changes, a lease never runs out, whatever its times say."""
    server.record = OTHER
    me.leases.watch_fault = watch_fault
    async with me.running():
        for number in range(30):
            await asyncio.sleep(5)
            server.edit(renew_time=LONG_AGO + timedelta(microseconds=number + 1))

        assert not me.started
        assert set(me.leases.calls) == {"get"}
        # Polled about every 2 to 4.4 s, never more often.
        assert 150 / 4.4 - 2 <= len(me.leases.calls) <= 150 / 2 + 1


async def test_polls_are_spread(server, me):
    """The pauses between polls vary between one and 2.2 retry periods."""
    server.record = OTHER
    me.leases.watch_fault = "refused"
    async with me.running():
        for number in range(40):
            await asyncio.sleep(5)
            server.edit(lease_transitions=number)

    times = me.leases.times
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert min(pauses) >= 2 - 0.001
    assert max(pauses) <= 4.4 + 0.001
    assert max(pauses) - min(pauses) > 1.5


@pytest.mark.parametrize("fault", ["refused", "hang", "conflict", "too many requests"])
async def test_failures_while_acquiring_are_retried(server, me, fault):
    """No failure of the server ends a candidate; when it heals, the lease is taken."""
    server.record = LeaderRecord()
    me.leases.fault = fault
    async with me.running() as running:
        await asyncio.sleep(120)
        assert not running.done()
        assert not me.started
        assert len(me.leases.calls) <= 120 / 2 * 2 * 5

        me.leases.fault = ""
        await asyncio.sleep(10)
        assert me.elector.is_leading


async def test_a_candidate_obeys_retry_after(server, me):
    """A server that asks for 8 s is left alone for 8 s."""
    me.leases.fault = "too many requests"
    async with me.running():
        await asyncio.sleep(60)

    times = me.leases.times
    assert len(times) > 4
    assert min(b - a for a, b in pairwise(times)) >= 8 - 0.001


async def test_a_type_that_is_not_served_is_no_missing_lease(server, me):
    """A 404 that does not name the Lease leads to no attempt to create one."""
    me.leases.fault = "no such type"
    async with me.running():
        await asyncio.sleep(10)

        assert set(me.leases.calls) == {"get"}


async def test_a_claim_whose_answer_got_lost_is_found_again(server, me):
    """A write that took effect unknown to us is ours at the next attempt."""
    me.leases.latency_seconds = 0.2
    async with me.running():
        await asyncio.sleep(0.35)
        me.leases.fault = "lost answer"
        await asyncio.sleep(1)
        assert server.record.holder_identity == "me"
        assert not me.started
        me.leases.fault = ""
        await asyncio.sleep(5)

        assert me.elector.is_leading
        assert server.record.lease_transitions == 0
