"""What a candidate may conclude from the records it has seen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clusterimport.leaderelection.observation import Observation
from clusterimport.leaderelection.record import LeaderRecord
from tests.fakes.aio.manualclock import START, ManualClock

OTHER = LeaderRecord("other", 15, START, START, 2)


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
