"""Several candidates: who follows whom, how soon, and never two at once (F33 to F36, I6)."""

import asyncio
from contextlib import AsyncExitStack

import looptime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.leaderelection.candidate import Candidate, Referee
from tests.fakes.leaderelection.lease import LeaseServer


def _now():
    return asyncio.get_running_loop().time()


@pytest.fixture(name="server")
def _server():
    return LeaseServer()


@pytest.fixture(name="referee", autouse=True)
def _referee():
    referee = Referee()
    yield referee
    assert referee.fouls == []


@pytest.fixture(name="a")
def _a(server, referee):
    return referee.add(Candidate(server, "a", seed=1))


@pytest.fixture(name="b")
def _b(server, referee):
    return referee.add(Candidate(server, "b", seed=2))


@pytest.mark.looptime
async def test_a_lease_given_back_is_taken_over_within_a_second(a, b):
    """The standby sees the release on its watch and does not wait for its poll."""
    async with AsyncExitStack() as stack:
        running_a = await stack.enter_async_context(a.running())
        await asyncio.sleep(1)
        await stack.enter_async_context(b.running())
        for _ in range(1, 6):
            await asyncio.sleep(30)
            assert not b.started
        running_a.cancel()
        stopped = _now()
        await asyncio.sleep(5)

        assert b.started[0] - stopped <= 0.25
        assert b.elector.is_leading


@pytest.mark.looptime
@pytest.mark.parametrize("watch_fault", ["refused", "ends at once"])
async def test_without_a_watch_a_release_is_found_by_polling(a, b, watch_fault):
    """A watch that fails costs seconds, and neither the election nor the server."""
    b.leases.watch_fault = watch_fault
    async with AsyncExitStack() as stack:
        running_a = await stack.enter_async_context(a.running())
        await asyncio.sleep(1)
        await stack.enter_async_context(b.running())
        await asyncio.sleep(600)
        assert b.leases.watches_opened <= 40
        running_a.cancel()
        stopped = _now()
        await asyncio.sleep(5)

        assert b.started[0] - stopped <= 4.5


@pytest.mark.looptime
async def test_a_watch_is_opened_again_after_it_ended(a, b):
    """After an outage of the watch releases are noticed at once again."""
    async with AsyncExitStack() as stack:
        running_a = await stack.enter_async_context(a.running())
        await asyncio.sleep(1)
        await stack.enter_async_context(b.running())
        await asyncio.sleep(60)
        b.leases.watch_fault = "ends at once"
        await asyncio.sleep(60)
        opened = b.leases.watches_opened
        assert 2 <= opened <= 10
        b.leases.watch_fault = ""
        await asyncio.sleep(60)
        assert b.leases.watches_opened > opened
        running_a.cancel()
        stopped = _now()
        await asyncio.sleep(5)

        assert b.started[0] - stopped <= 0.25


@pytest.mark.looptime
@pytest.mark.parametrize("seed", range(8))
async def test_a_crashed_leader_is_followed_within_seventeen_seconds(server, referee, a, seed):
    """The standby wakes when the lease it saw runs out, not at a later poll."""
    b = referee.add(Candidate(server, "b", seed=seed))
    async with a.running():
        await asyncio.sleep(1)
        async with b.running():
            await asyncio.sleep(60.3 + seed / 5)
            a.leases.fault = "hang"  # from now on nothing of it reaches the server
            crashed = _now()
            renewed = max(moment for moment in a.leases.times if moment < crashed)
            await asyncio.sleep(20)

            assert renewed + 15 <= b.started[0] <= min(renewed + 15.6, crashed + 17)


@pytest.mark.looptime
@pytest.mark.parametrize("fault", ["refused", "hang"])
async def test_a_leader_cut_off_stops_before_its_follower_starts(a, b, fault):
    """F33: the old leader ends by its renew deadline, the new one starts five seconds later."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(a.running())
        await asyncio.sleep(1)
        await stack.enter_async_context(b.running())
        await asyncio.sleep(10)
        a.leases.fault = fault
        await asyncio.sleep(60)
        assert a.cancelled[0] + 4.9 <= b.started[0]
        a.leases.fault = ""
        await asyncio.sleep(30)

        assert b.elector.is_leading
        assert a.elector._seen.holder == "b"
        assert len(a.started) == len(b.started) == 1


@pytest.mark.looptime
@pytest.mark.parametrize(("rate_a", "rate_b"), [(0.9, 1.1), (1.1, 0.9)])
async def test_clocks_of_different_speed_are_tolerated(server, referee, rate_a, rate_b):
    """F35: with clocks 20 % apart there are neither two leaders nor changes for nothing."""
    a = referee.add(Candidate(server, "a", rate=rate_a, seed=1))
    b = referee.add(Candidate(server, "b", rate=rate_b, seed=2))
    async with a.running():
        await asyncio.sleep(1)
        async with b.running():
            await asyncio.sleep(120)
            assert len(a.started) == 1
            assert not b.started
            a.leases.fault = "refused"
            await asyncio.sleep(40)
            assert b.elector.is_leading


@pytest.mark.looptime
@pytest.mark.parametrize("deleted", [False, True])
async def test_a_lease_removed_by_hand_stays_with_its_leader(server, a, b, deleted):
    """F36: the standby leaves the leader the time to notice; there are never two."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(a.running())
        await asyncio.sleep(1)
        await stack.enter_async_context(b.running())
        for _ in range(5):
            await asyncio.sleep(7.3)
            if deleted:
                server.write(None)
            else:
                server.edit(holder_identity="")
            await asyncio.sleep(2.1)
            assert server.record.holder_identity == "a"

        assert a.elector.is_leading
        assert len(a.started) == 1
        assert not b.started


@pytest.mark.looptime
async def test_a_lease_deleted_after_its_leader_died_is_taken(server, a, b):
    """Nobody makes the Lease again, so the standby does when it has counted for its duration."""
    async with a.running():
        await asyncio.sleep(1)
        async with b.running():
            await asyncio.sleep(10.5)
            a.leases.fault = "refused"
            server.write(None)
            deleted = _now()
            await asyncio.sleep(20)

            assert deleted + 15 <= b.started[0] <= deleted + 15.6
            assert server.record.holder_identity == "b"


@pytest.mark.looptime
async def test_three_candidates_for_one_release(server, referee):
    """However many wait, exactly one follows, and the requests stay few."""
    candidates = [referee.add(Candidate(server, f"c{i}", seed=i)) for i in range(3)]
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(candidates[0].running())
        await asyncio.sleep(1)
        for candidate in candidates[1:]:
            await stack.enter_async_context(candidate.running())
        await asyncio.sleep(5)
        writes = server.writes
        first.cancel()
        await asyncio.sleep(1)

        assert sum(len(candidate.started) for candidate in candidates) == 2
        assert server.writes - writes <= 3


_FAULTS = st.sampled_from(["refused", "hang", "lost answer", "conflict", "stop", "delete", "blank"])
_STORY = st.lists(
    st.tuples(st.integers(0, 2), _FAULTS, st.floats(0.1, 40), st.floats(0, 20)), max_size=8
)


@given(story=_STORY, latency=st.sampled_from([0.0, 0.05, 0.8]), seed=st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_never_two_leaders_and_soon_one_again(story, latency, seed):
    """Whatever is cut off, stopped or removed: never two gates are open, and one opens soon."""
    with asyncio.Runner(loop_factory=_virtual_loop) as runner:
        # Bounded in virtual time, so that a hang is one quick failure.
        runner.run(asyncio.wait_for(_chaos(story, latency, seed), 10_000))


def _virtual_loop():
    # Time may pass as soon as no task is ready: nothing here waits for other threads.
    return looptime.patch_event_loop(asyncio.new_event_loop(), noop_cycles=1)


async def _chaos(story, latency, seed):
    server = LeaseServer()
    referee = Referee()
    candidates = [referee.add(Candidate(server, f"c{i}", seed=seed + i)) for i in range(3)]
    async with AsyncExitStack() as stack:
        running = {}
        for candidate in candidates:
            candidate.leases.latency_seconds = latency
            candidate.drain_seconds = seed % 4
            running[candidate] = await stack.enter_async_context(candidate.running())
        await asyncio.sleep(20)
        for number, fault, fault_seconds, pause in story:
            candidate = candidates[number]
            if fault == "stop":
                running[candidate].cancel()
                await asyncio.sleep(fault_seconds)
                # The same process starts over: nothing of what it knows may harm.
                if running[candidate].done():
                    running[candidate] = await stack.enter_async_context(candidate.running())
            elif fault == "delete":
                server.write(None)
            elif fault == "blank" and server.record is not None:
                server.edit(holder_identity="")
            elif fault != "blank":
                candidate.leases.fault = fault
                await asyncio.sleep(fault_seconds)
                candidate.leases.fault = ""
            await asyncio.sleep(pause)
        await asyncio.sleep(20)
        for candidate in candidates:
            if running[candidate].done():
                await stack.enter_async_context(candidate.running())
        await asyncio.sleep(20)
        assert referee.fouls == []
        assert sum(candidate.elector.is_leading for candidate in candidates) == 1
        assert server.record is not None
        assert sum(candidate.is_working for candidate in candidates) == 1
