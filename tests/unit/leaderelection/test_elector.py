"""Acquiring, renewing, losing and giving back, one candidate at a time.

=================================================== ==========================================
client-go ``leaderelection_test.go``                here
=================================================== ==========================================
TestTryAcquireOrRenewLeases
  acquire from no object                            test_acquire_where_there_is_no_lease
  acquire from object without annotations           test_acquire_at_once[empty spec]
  acquire from led object with the lease duration…  test_acquire_after_the_lease_has_run_out
  acquire from unled object                         test_acquire_at_once[released]
  acquire from led, unacked object                  test_acquire_at_once[own record]
  acquire from empty led, acked object              test_acquire_at_once[nobody]
  don't acquire from led, acked object              test_a_lease_that_is_renewed_is_left_alone
  renew already acquired object                     test_fast_path
  (rows of the lock's errors, removed since)        test_failures_while_acquiring_are_retried
TestFastPathLeaderElection                          test_fast_path, test_slow_path
TestReleaseLeaseLeases                              test_a_stopped_leader_gives_the_lease_back
TestReleaseMethodCallsGet                           test_release_reads_first
TestReleaseOnCancellation_Leases                    test_release_although_cancelled_in_a_request
TestReleaseRetriesOnConflict                        test_release_retries_on_conflict
TestCheckMethodRace, TestTryCoordinatedRenew        not needed: one thread; not coordinated
=================================================== ==========================================
"""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from clusterimport.kube import errors
from clusterimport.leaderelection import LeaderRecord
from tests.fakes.candidate import Candidate
from tests.fakes.lease import LeaseServer

pytestmark = pytest.mark.looptime

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OTHER = LeaderRecord("other", 15, LONG_AGO, LONG_AGO, 2, {"strategy": "kept"})


def _now():
    return asyncio.get_running_loop().time()


def _freeze(seconds):
    """Let time pass while nothing runs, as SIGSTOP or a blocked event loop does."""
    loop = asyncio.get_running_loop()
    loop.setup_looptime(start=loop.time() + seconds)


@pytest.fixture(name="server")
def _server():
    return LeaseServer()


@pytest.fixture(name="me")
def _me(server):
    return Candidate(server)


# Acquiring


async def test_acquire_where_there_is_no_lease(server, me):
    """The first candidate ever creates the Lease and leads at once."""
    async with me.running():
        await asyncio.sleep(0.1)
        assert me.elector.is_leading
        assert me.is_working

        assert me.lock.calls == ["get", "create"]
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
        assert me.lock.calls == ["get", "update"]
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
        assert set(me.lock.calls) == {"get"}
        assert me.elector.leader_identity == "other"
        await asyncio.sleep(0.62)

        assert me.elector.is_leading
        assert me.elector.leader_identity == "me"
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
    me.lock.watch_fault = watch_fault
    async with me.running():
        for number in range(30):
            await asyncio.sleep(5)
            server.edit(renew_time=LONG_AGO + timedelta(microseconds=number + 1))

        assert not me.started
        assert set(me.lock.calls) == {"get"}
        # Polled about every 2 to 4.4 s, never more often.
        assert 150 / 4.4 - 2 <= len(me.lock.calls) <= 150 / 2 + 1


async def test_polls_are_spread(server, me):
    """The pauses between polls vary between one and 2.2 retry periods."""
    server.record = OTHER
    me.lock.watch_fault = "refused"
    async with me.running():
        for number in range(40):
            await asyncio.sleep(5)
            server.edit(lease_transitions=number)

    times = me.lock.times
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert min(pauses) >= 2 - 0.001
    assert max(pauses) <= 4.4 + 0.001
    assert max(pauses) - min(pauses) > 1.5


@pytest.mark.parametrize("fault", ["refused", "hang", "conflict", "too many requests"])
async def test_failures_while_acquiring_are_retried(server, me, fault):
    """No failure of the server ends a candidate; when it heals, the lease is taken."""
    server.record = LeaderRecord()
    me.lock.fault = fault
    async with me.running() as running:
        await asyncio.sleep(120)
        assert not running.done()
        assert not me.started
        assert len(me.lock.calls) <= 120 / 2 * 2 * 5

        me.lock.fault = ""
        await asyncio.sleep(10)
        assert me.elector.is_leading


async def test_a_candidate_obeys_retry_after(server, me):
    """A server that asks for 8 s is left alone for 8 s."""
    me.lock.fault = "too many requests"
    async with me.running():
        await asyncio.sleep(60)

    times = me.lock.times
    assert len(times) > 4
    assert min(b - a for a, b in pairwise(times)) >= 8 - 0.001


async def test_a_type_that_is_not_served_is_no_missing_lease(server, me):
    """A 404 that does not name the Lease leads to no attempt to create one."""
    me.lock.fault = "no such type"
    async with me.running():
        await asyncio.sleep(10)

        assert set(me.lock.calls) == {"get"}


async def test_a_claim_whose_answer_got_lost_is_found_again(server, me):
    """A write that took effect unknown to us is ours at the next attempt."""
    me.lock.latency_seconds = 0.2
    async with me.running():
        await asyncio.sleep(0.35)
        me.lock.fault = "lost answer"
        await asyncio.sleep(1)
        assert server.record.holder_identity == "me"
        assert not me.started
        me.lock.fault = ""
        await asyncio.sleep(5)

        assert me.elector.is_leading
        assert server.record.lease_transitions == 0


# Renewing


async def test_fast_path(server, me):
    """A leader renews every two seconds with one update and reads nothing."""
    async with me.running():
        await asyncio.sleep(0.1)
        first = server.record
        await asyncio.sleep(20)

        assert me.lock.calls == ["get", "create"] + ["update"] * 10
        assert server.record.acquire_time == first.acquire_time
        assert server.record.renew_time > first.renew_time
        assert server.record.lease_transitions == 0
        assert me.metrics.slowpath == 0
        assert len(me.started) == 1


async def test_slow_path(server, me):
    """After a conflict the leader reads once and updates again, in the same attempt."""
    async with me.running():
        await asyncio.sleep(2.1)
        me.lock.conflicts = 1
        await asyncio.sleep(4)

        assert me.lock.calls == ["get", "create", "update", "update", "get", "update", "update"]
        assert me.metrics.slowpath == 1
        assert me.elector.is_leading
        assert server.record.lease_transitions == 0


async def test_a_leader_lives_through_a_storm_of_conflicts(server, me):
    """While others write all the time, a bounded number of tries is made per renewal."""
    async with me.running():
        await asyncio.sleep(1)
        me.lock.fault = "conflict"
        await asyncio.sleep(6)
        assert me.elector.is_leading
        assert len(me.lock.calls) <= 2 + 3 * 10
        me.lock.fault = ""
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
        assert me.lock.calls[-1] == "update"


async def test_a_lease_deleted_while_it_cannot_be_made_again(server, me):
    """The leader stops in time, and then waits as for a leader that it did not see."""
    async with me.running():
        await asyncio.sleep(0.1)
        server.write(None)
        me.lock.latency_seconds = 0.5
        await asyncio.sleep(2.2)
        me.lock.fault = "lost answer"
        await asyncio.sleep(30)
        assert not me.elector.is_leading
        me.lock.fault = ""
        await asyncio.sleep(10)
        assert not me.elector.is_leading
        await asyncio.sleep(10)
        assert me.elector.is_leading


# Losing


async def test_a_leader_that_cannot_renew_stops_by_the_deadline(server, me):
    """10 s after the last renewal was sent the work is cancelled, and not before."""
    async with me.running():
        await asyncio.sleep(5)
        renewed = me.lock.times[-1]
        me.lock.fault = "refused"
        await asyncio.sleep(renewed + 9.98 - _now())
        assert me.is_working
        me.elector.check()
        await asyncio.sleep(0.03)

        assert me.cancelled == [pytest.approx(renewed + 10, abs=0.01)]
        assert not me.elector.is_leading
        with pytest.raises(errors.GateClosed):
            me.elector.check()
        assert me.elector.remaining_seconds() <= 0

        # The process stays and leads again when the server is back.
        me.lock.fault = ""
        await asyncio.sleep(5)
        assert me.elector.is_leading
        assert len(me.started) == 2
        me.elector.check()


async def test_a_hanging_request_is_bounded(server, me):
    """Hanging requests are given up in time for another try, and end with the deadline."""
    async with me.running():
        await asyncio.sleep(2.1)
        renewed = me.lock.times[-1]
        me.lock.fault = "hang"
        await asyncio.sleep(20)

        assert me.cancelled == [pytest.approx(renewed + 10, abs=0.01)]
        tries = [moment for moment in me.lock.times if renewed < moment < renewed + 10]
        assert tries == pytest.approx([renewed + 2, renewed + 9], abs=0.01)


async def test_one_hanging_request_does_not_cost_the_lease(server, me):
    """A single dead connection is survived."""
    async with me.running():
        await asyncio.sleep(3)
        me.lock.fault = "hang"
        await asyncio.sleep(2)
        me.lock.fault = ""
        await asyncio.sleep(20)

        assert me.elector.is_leading
        assert len(me.started) == 1


async def test_the_deadline_counts_from_the_moment_of_sending(server, me):
    """A slow answer does not make the lease longer."""
    me.lock.latency_seconds = 3
    async with me.running():
        await asyncio.sleep(6.1)
        assert me.lock.calls == ["get", "create"]
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
        assert me.elector.leader_identity == "other"
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
        calls = len(me.lock.calls)
        await asyncio.sleep(5)
        assert len(me.lock.calls) == calls
        await asyncio.sleep(2)
        assert not me.is_working
        assert len(me.lock.calls) > calls


async def test_after_a_freeze_the_gate_is_closed(server, me):
    """A process that was stopped for 30 s finds the gate closed before anything else runs."""
    gate_after = []

    async def writer():
        while True:
            await asyncio.sleep(0.5)
            gate_after.append((_now(), me.elector.is_leading))

    async with me.running(), asyncio.TaskGroup() as group:
        writing = group.create_task(writer())
        await asyncio.sleep(5.2)
        calls = len(me.lock.calls)
        _freeze(30)
        resumed = _now()
        assert not me.elector.is_leading
        assert me.elector.remaining_seconds() < 0
        with pytest.raises(errors.GateClosed):
            me.elector.check()
        await asyncio.sleep(0.01)
        # The work is cancelled without one more renewal; the next request is a read.
        assert me.cancelled == [resumed]
        await asyncio.sleep(1)
        assert me.lock.calls[calls] == "get"
        writing.cancel()

    assert (resumed, True) not in gate_after


async def test_a_renewal_that_was_frozen_does_not_count(server, me):
    """The answer to a renewal that was sent 30 s ago renews nothing."""
    me.lock.latency_seconds = 1
    async with me.running():
        await asyncio.sleep(4.5)
        assert me.lock.calls == ["get", "create", "update"]
        _freeze(30)
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


# Stopping


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
    assert me.elector.leader_identity == "me"


async def test_release_reads_first(server, me):
    """Whatever happened to the last renewal, the release builds on the present record."""
    async with me.running():
        await asyncio.sleep(1)
        server.edit(unknown={"strategy": "new"})

    assert me.lock.calls == ["get", "create", "get", "update"]
    assert server.record.unknown == {"strategy": "new"}
    assert server.record.is_released


async def test_release_can_be_switched_off(server):
    """Without release the record stays as it was."""
    me = Candidate(server, release_on_stop=False)
    async with me.running():
        await asyncio.sleep(1)

    assert server.record.holder_identity == "me"
    assert me.lock.calls == ["get", "create"]


async def test_release_retries_on_conflict(server, me):
    """A write of somebody else between read and release does not leave the lease held."""
    async with me.running():
        await asyncio.sleep(1)
        me.lock.conflicts = 3

    assert server.record.is_released
    assert me.lock.calls[-2:] == ["get", "update"]


async def test_release_gives_up_in_time(server, me):
    """A server that refuses or hangs delays the end by 4.5 s at most."""
    async with me.running():
        await asyncio.sleep(1)
        me.lock.fault = "hang"
        stopped = _now()
    assert _now() - stopped == pytest.approx(4.5, abs=0.01)

    again = Candidate(server, "me")
    async with again.running():
        await asyncio.sleep(1)
        again.lock.fault = "conflict"
        stopped = _now()
    assert _now() - stopped < 0.1
    assert server.record.holder_identity == "me"


@pytest.mark.parametrize("latency_seconds", [0.5, 1.5])
async def test_release_although_cancelled_in_a_request(server, me, latency_seconds):
    """A renewal that is cut off by the stop, early or late, does not keep the lease."""
    async with me.running():
        await asyncio.sleep(1)
        me.lock.latency_seconds = latency_seconds
        await asyncio.sleep(1.4)
        assert me.lock.calls == ["get", "create", "update"]

    assert server.record.is_released


async def test_a_claim_that_was_cut_off_is_given_back(server, me):
    """A candidate that is stopped while it acquires does not leave its name in the lease."""
    me.lock.latency_seconds = 2
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

    assert set(me.lock.calls) == {"get"}
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
    assert me.lock.times[-1] >= me.ended[0]
    with pytest.raises(errors.GateClosed):
        me.elector.check()


async def test_the_gate_closes_if_the_lease_is_lost_while_the_work_ends(server, me):
    """An end that takes too long behind a cut connection cannot write any more."""
    me.drain_seconds = 30
    async with asyncio.TaskGroup() as group:
        running = group.create_task(me.elector.run(me.lead))
        await asyncio.sleep(4.5)
        running.cancel()
        me.lock.fault = "refused"
        await asyncio.sleep(9)
        assert me.elector.is_leading
        await asyncio.sleep(1)
        assert not me.elector.is_leading
        assert me.is_working
        me.lock.fault = ""

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
    assert _now() == pytest.approx(7, abs=0.01)


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


# Telling


async def test_the_log_tells_the_story(server, me):
    """Each change of leadership is one line with the lease; nothing else is said."""
    server.record = OTHER
    with capture_logs() as logs:
        async with me.running():
            await asyncio.sleep(17)
            server.edit(holder_identity="third")
            await asyncio.sleep(19)
            me.lock.fault = "refused"
            await asyncio.sleep(6)
            me.lock.fault = ""
            await asyncio.sleep(5)

    told = [entry for entry in logs if not entry["event"].endswith("failed")]
    assert [entry["event"] for entry in told] == [
        "new leader observed",
        "lease acquired",
        "new leader observed",
        "lease lost",
        "lease acquired",
        "lease released",
    ]
    assert {entry["lease"] for entry in told} == {"system/lease"}
    assert [told[0]["leader"], told[2]["leader"]] == ["other", "third"]
    assert (told[3]["reason"], told[3]["holder"]) == ("taken", "third")


async def test_losing_by_the_deadline_is_told(server, me):
    """The reason of a loss tells a silent server from a taken lease."""
    async with me.running():
        await asyncio.sleep(1)
        me.lock.fault = "refused"
        with capture_logs() as logs:
            await asyncio.sleep(15)

    assert [e["reason"] for e in logs if e["event"] == "lease lost"] == ["renew deadline"]
    failed = [e for e in logs if e["event"] == "lease attempt failed"]
    assert failed[0]["error"] == "connection refused"


async def test_metrics_follow_the_leadership(server, me):
    """The status exists from the start, is 1 only while leading, and falls before the work ends."""
    me.drain_seconds = 5
    server.record = OTHER
    async with me.running():
        await asyncio.sleep(5)
        assert me.metrics.status == [False]
        await asyncio.sleep(12)
        assert me.metrics.status == [False, True]
        server.write(OTHER)
        await asyncio.sleep(2.1)
        assert me.is_working
        assert me.metrics.status[-1] is False
        assert True not in me.metrics.status[2:]


def test_before_it_runs_nothing_may_be_written(server):
    """A gate that nobody has opened is closed, and asking needs no lease."""
    me = Candidate(server)

    assert not me.elector.is_leading
    assert me.elector.leader_identity == ""
    assert me.elector.remaining_seconds() == 0
    with pytest.raises(errors.GateClosed):
        me.elector.check()


async def test_a_candidate_that_keeps_failing_says_so_once_a_minute(server, me):
    """Of the failures of a candidate in 90 s two are warnings, the others only debug."""
    me.lock.fault = "refused"
    with capture_logs() as logs:
        async with me.running():
            await asyncio.sleep(90)

    failed = [e["log_level"] for e in logs if e["event"] == "lease attempt failed"]
    assert failed.count("warning") == 2
    assert failed[0] == "warning"
    assert failed.count("debug") > 10
