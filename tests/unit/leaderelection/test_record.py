"""The record in a Lease.

=================================================== ==========================================
client-go                                           here
=================================================== ==========================================
TestLeaseSpecToLeaderElectionRecordRoundTrip        test_a_spec_survives_the_round_trip
TestLeaseConversion (``leaselock_test.go``)         test_an_empty_spec_is_nobodys
=================================================== ==========================================
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from clusterimport.leaderelection.record import LeaderRecord, format_time

# As a client-go process wrote it.
SPEC = {
    "acquireTime": "2026-08-20T10:11:12.345678Z",
    "holderIdentity": "host_0b1c",
    "leaseDurationSeconds": 15,
    "leaseTransitions": 3,
    "renewTime": "2026-08-20T10:15:00.000000Z",
}


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
