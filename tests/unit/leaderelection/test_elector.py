"""What an elector tells, and which test of client-go is which of ours.

=================================================== ==========================================
client-go ``leaderelection_test.go``                here
=================================================== ==========================================
TestTryAcquireOrRenewLeases                         test_acquiring, and where said
  acquire from no object                            test_acquire_where_there_is_no_lease
  acquire from object without annotations           test_acquire_at_once[empty spec]
  acquire from led object with the lease duration…  test_acquire_after_the_lease_has_run_out
  acquire from unled object                         test_acquire_at_once[released]
  acquire from led, unacked object                  test_acquire_at_once[own record]
  acquire from empty led, acked object              test_acquire_at_once[nobody]
  don't acquire from led, acked object              test_a_lease_that_is_renewed_is_left_alone
  renew already acquired object                     test_renewing: test_fast_path
  (rows of the lock's errors, removed since)        test_failures_while_acquiring_are_retried
TestFastPathLeaderElection                          test_renewing: test_fast_path, test_slow_path
TestReleaseLeaseLeases                              test_releasing: test_a_stopped_leader_gives_…
TestReleaseMethodCallsGet                           test_releasing: test_release_reads_first
TestReleaseOnCancellation_Leases                    test_releasing: test_release_although_…
TestReleaseRetriesOnConflict                        test_releasing: test_release_retries_on_…
TestCheckMethodRace, TestTryCoordinatedRenew        not needed: one thread; not coordinated
=================================================== ==========================================
"""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.kube import errors
from tests.fakes.leaderelection.candidate import Candidate
from tests.fakes.leaderelection.lease import OTHER

pytestmark = pytest.mark.looptime


async def test_the_log_tells_the_story(server, me):
    """Each change of leadership is one line with the lease; nothing else is said."""
    server.record = OTHER
    with capture_logs() as logs:
        async with me.running():
            await asyncio.sleep(17)
            server.edit(holder_identity="third")
            await asyncio.sleep(19)
            me.leases.fault = "refused"
            await asyncio.sleep(6)
            me.leases.fault = ""
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
        me.leases.fault = "refused"
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
    assert me.elector._seen.holder == ""
    assert me.elector.remaining_seconds() == 0
    with pytest.raises(errors.GateClosed):
        me.elector.check()


async def test_a_candidate_that_keeps_failing_says_so_once_a_minute(server, me):
    """Of the failures of a candidate in 90 s two are warnings, the others only debug."""
    me.leases.fault = "refused"
    with capture_logs() as logs:
        async with me.running():
            await asyncio.sleep(90)

    failed = [e["log_level"] for e in logs if e["event"] == "lease attempt failed"]
    assert failed.count("warning") == 2
    assert failed[0] == "warning"
    assert failed.count("debug") > 10


async def test_a_failure_that_a_person_can_mend_says_how(server, me, monkeypatch):
    """Such as a lease in a namespace that there is not."""
    there_is_none = errors.NotFound(
        404, "NotFound", verb="create", resource="leases.coordination.k8s.io",
        details_name="nope", details_kind="namespaces",
    )  # fmt: skip

    async def create(record):
        raise there_is_none

    monkeypatch.setattr(me.elector._lock, "create", create)
    with capture_logs() as logs:
        async with me.running():
            await asyncio.sleep(1)
    failed = [e for e in logs if e["event"] == "lease attempt failed"]
    assert "create the namespace nope" in failed[0]["remedy"]
