"""The record in a Lease, and what a candidate may conclude from those it has seen.

=================================================== ==========================================
client-go                                           here
=================================================== ==========================================
TestLeaseSpecToLeaderElectionRecordRoundTrip        test_a_spec_survives_the_round_trip
TestLeaseConversion (``leaselock_test.go``)         test_an_empty_spec_is_nobodys
=================================================== ==========================================
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from clusterimport.leaderelection.record import LeaderRecord, Observation, format_time
from tests.fakes.aio.manualclock import START, ManualClock

# As a client-go process wrote it.
SPEC = {
    "acquireTime": "2026-08-20T10:11:12.345678Z",
    "holderIdentity": "host_0b1c",
    "leaseDurationSeconds": 15,
    "leaseTransitions": 3,
    "renewTime": "2026-08-20T10:15:00.000000Z",
}
OTHER = LeaderRecord("other", 15, START, START, 2)


def test_a_spec_survives_the_round_trip():
    """Every field of client-go's, and those that a later one may add, come back as they were."""
    spec = {**SPEC, "strategy": "OldestEmulationVersion", "preferredHolder": "other"}
    record = LeaderRecord.from_spec(spec)

    assert record.to_spec() == spec
    assert record.holder_identity == "host_0b1c"
    assert record.lease_duration_seconds == 15
    assert record.lease_transitions == 3
    assert record.acquire_time == datetime(2026, 8, 20, 10, 11, 12, 345678, tzinfo=UTC)
    assert record.renew_time == datetime(2026, 8, 20, 10, 15, tzinfo=UTC)


def test_an_empty_spec_is_nobodys():
    """Missing fields are empty, and are all written out, as client-go does."""
    assert LeaderRecord.from_spec({}) == LeaderRecord()
    assert LeaderRecord().to_spec() == {
        "holderIdentity": "",
        "leaseDurationSeconds": 0,
        "acquireTime": None,
        "renewTime": None,
        "leaseTransitions": 0,
    }


@pytest.mark.parametrize(
    "spec",
    [
        {"acquireTime": "yesterday"},
        {"acquireTime": "2026-08-20T10:11:12.345678"},
        {"acquireTime": 5},
        {"leaseDurationSeconds": "15"},
        {"leaseDurationSeconds": -1},
        {"holderIdentity": None, "leaseTransitions": None, "renewTime": None},
    ],
)
def test_malformed_fields_count_as_not_told(spec):
    """What a person may have typed into the Lease breaks nothing."""
    assert LeaderRecord.from_spec(spec) == LeaderRecord()


@pytest.mark.parametrize("field", sorted(SPEC))
def test_every_field_tells_records_apart(field):
    """A change of any field is a change of the record, which is what observers wait for."""
    changed = {**SPEC, field: "2026-08-20T10:11:12.345679Z" if "Time" in field else 16}

    assert LeaderRecord.from_spec(changed) != LeaderRecord.from_spec(SPEC)
    unknown = {**SPEC, "strategy": "new"}
    assert LeaderRecord.from_spec(unknown) != LeaderRecord.from_spec(SPEC)


def test_times_are_written_in_utc_with_six_digits():
    """Wherever the process runs, the record holds UTC with micro-seconds."""
    shanghai = timezone(timedelta(hours=8))

    assert format_time(datetime(2026, 1, 2, 3, 4, 5, tzinfo=shanghai)) == (
        "2026-01-01T19:04:05.000000Z"
    )
    assert format_time(None) is None


@pytest.mark.parametrize(
    ("holder", "duration", "released"),
    [("", 1, True), ("", 0, True), ("", 2, False), ("", 15, False), ("a", 1, False)],
)
def test_a_release_is_told_from_an_edit(holder, duration, released):
    """Only nobody with client-go's one second is a holder that stepped down."""
    record = LeaderRecord(holder_identity=holder, lease_duration_seconds=duration)

    assert record.is_released is released


@pytest.fixture(name="clock")
def _clock():
    return ManualClock()


@pytest.fixture(name="seen")
def _seen(clock):
    return Observation("me", lease_duration_seconds=20, clock=clock)


def test_at_first_nobody_is_known(seen):
    """Before the first record there is no holder, and nobody to wait for."""
    assert (seen.holder, seen.is_mine, seen.is_taken) == ("", False, False)
    assert seen.seconds_until_free() == 0


def test_another_holder_counts_for_its_own_duration(seen, clock):
    """Its lease runs from the moment we saw it, for as long as it says."""
    assert seen.see(OTHER)

    assert (seen.holder, seen.is_mine, seen.is_taken) == ("other", False, True)
    assert seen.seconds_until_free() == 15
    clock.advance(14.5)
    assert seen.seconds_until_free() == 0.5
    clock.advance(1)
    assert seen.seconds_until_free() == 0
    assert seen.is_taken


def test_a_holder_without_a_duration_counts_for_ours(seen):
    """Where the record does not tell, everybody's configured duration is the best guess."""
    seen.see(replace(OTHER, lease_duration_seconds=0))

    assert seen.seconds_until_free() == 20


def test_only_a_change_prolongs_a_lease(seen, clock):
    """Seeing the same record again changes nothing; any new one starts the wait over."""
    seen.see(OTHER)
    clock.advance(10)

    assert not seen.see(replace(OTHER))
    assert seen.seconds_until_free() == 5
    assert seen.see(replace(OTHER, renew_time=START + timedelta(microseconds=1)))
    assert seen.seconds_until_free() == 15


def test_times_in_the_record_mean_nothing(seen, clock):
    """A record of long ago counts in full, and the wall clock may jump as it likes."""
    seen.see(replace(OTHER, renew_time=START - timedelta(days=400)))
    clock.wall += timedelta(days=400)

    assert seen.seconds_until_free() == 15


def test_a_release_frees_the_lease_at_once(seen):
    """Nobody with a duration of one second need not be waited for."""
    seen.see(OTHER)
    seen.see(replace(OTHER, holder_identity="", lease_duration_seconds=1))

    assert seen.seconds_until_free() == 0
    assert not seen.is_taken


@pytest.mark.parametrize("removed", [None, replace(OTHER, holder_identity="")])
@pytest.mark.parametrize(
    ("before", "seconds"),
    [
        (OTHER, 20),
        (replace(OTHER, lease_duration_seconds=60), 60),
        (replace(OTHER, lease_duration_seconds=1), 20),
        (replace(OTHER, holder_identity="me"), 20),
        (replace(OTHER, holder_identity="", lease_duration_seconds=1), 20),
    ],
)
def test_a_holder_removed_by_hand_still_counts(seen, clock, before, removed, seconds):
    """A deleted Lease or a blanked holder says nothing about the process that leads by now."""
    seen.see(before)
    clock.advance(5)

    assert seen.see(removed)
    assert not seen.is_taken
    assert seen.seconds_until_free() == seconds
    clock.advance(12)
    assert not seen.see(removed)
    assert seen.seconds_until_free() == seconds - 12


@pytest.mark.parametrize("record", [None, replace(OTHER, holder_identity="")])
def test_a_lease_of_nobody_is_free_at_first_sight(seen, record):
    """Without anything seen before, nobody has to be waited for."""
    seen.see(record)

    assert seen.seconds_until_free() == 0


def test_a_holder_may_be_removed_by_hand_twice(seen, clock):
    """Between a Lease that was missing and one that is blank, somebody may have led."""
    seen.see(OTHER)
    seen.see(None)
    clock.advance(100)
    seen.see(replace(OTHER, holder_identity=""))

    assert seen.seconds_until_free() == 20


def test_our_own_record_ends_the_wait(seen):
    """What names us is ours, whoever was before."""
    seen.see(OTHER)
    seen.see(replace(OTHER, holder_identity="me"))

    assert (seen.is_mine, seen.is_taken, seen.seconds_until_free()) == (True, False, 0)
