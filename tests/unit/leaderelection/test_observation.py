"""What a candidate may conclude from the records it has seen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clusterimport.leaderelection.observation import Observation
from clusterimport.leaderelection.record import LeaderRecord
from tests.fakes.manualclock import START, ManualClock

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


@pytest.mark.parametrize("record", [None, replace(OTHER, holder_identity="")])
def test_a_holder_removed_by_hand_still_counts(seen, clock, record):
    """A deleted Lease or a blanked holder says nothing about the process that leads."""
    seen.see(OTHER)
    clock.advance(5)

    assert seen.see(record)
    assert not seen.see(record)
    assert not seen.is_taken
    assert seen.seconds_until_free() == 10


@pytest.mark.parametrize("removed", [None, replace(OTHER, holder_identity="")])
@pytest.mark.parametrize(
    "before",
    [
        replace(OTHER, lease_duration_seconds=1),
        replace(OTHER, holder_identity="me"),
        replace(OTHER, holder_identity="", lease_duration_seconds=1),
    ],
)
def test_a_lease_removed_by_hand_may_have_had_a_holder_we_never_saw(seen, clock, before, removed):
    """Where the last holder we saw counts no more, another one may have come and gone."""
    seen.see(before)
    clock.advance(2)

    assert seen.see(removed)
    assert seen.seconds_until_free() == 20
    clock.advance(12)
    assert not seen.see(removed)
    assert seen.seconds_until_free() == 8


@pytest.mark.parametrize("holder", ["", "me"])
def test_a_lease_of_nobody_is_free_at_first_sight(seen, holder):
    """Without anything seen before, nobody has to be waited for."""
    seen.see(None)
    seen.see(replace(OTHER, holder_identity=holder))

    assert seen.seconds_until_free() == 0


def test_our_own_record_ends_the_wait(seen):
    """What names us is ours, whoever was before."""
    seen.see(OTHER)
    seen.see(replace(OTHER, holder_identity="me"))

    assert (seen.is_mine, seen.is_taken, seen.seconds_until_free()) == (True, False, 0)
