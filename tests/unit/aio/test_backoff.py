"""The back-off of retry loops."""

from random import Random

import pytest

from clusterimport.aio import Backoff, BackoffOptions
from tests.fakes.aio.manualclock import ManualClock


@pytest.fixture(name="clock")
def _clock():
    return ManualClock()


def _backoff(clock, **options):
    return Backoff(BackoffOptions(**options), clock=clock, random=Random(1))


def test_delays_grow_up_to_the_cap(clock):
    """Without jitter the delays are 0.8 s doubled up to 30 s."""
    backoff = _backoff(clock, jitter=0)
    delays = [backoff.next_seconds() for _ in range(8)]

    assert delays == pytest.approx([0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30])


def test_the_factor_is_an_option(clock):
    """A loop may grow slower, and not at all."""
    backoff = _backoff(clock, initial_seconds=1, factor=3, jitter=0)
    assert [backoff.next_seconds() for _ in range(3)] == [1, 3, 9]

    steady = _backoff(clock, initial_seconds=1, factor=1, jitter=0)
    assert [steady.next_seconds() for _ in range(3)] == [1, 1, 1]


def test_jitter_adds_its_share(clock):
    """A delay is at most its share longer than without jitter."""
    delays = []
    for _ in range(200):
        backoff = _backoff(clock)
        backoff._random.seed(len(delays))
        delays.append(backoff.next_seconds())

    assert min(delays) >= 0.8
    assert max(delays) <= 1.2
    assert max(delays) - min(delays) > 0.35


def test_jitter_spreads_at_the_cap_and_keeps_it(clock):
    """Clients that failed together for long come back apart, and never later than the cap."""
    backoff = _backoff(clock)
    delays = [backoff.next_seconds() for _ in range(200)][10:]

    assert min(delays) >= 20
    assert max(delays) <= 30
    assert max(delays) - min(delays) > 9


def test_a_long_outage_overflows_nothing(clock):
    """After thousands of failures the delay is still the cap."""
    backoff = _backoff(clock, jitter=0, factor=10)
    for _ in range(5000):
        last = backoff.next_seconds()

    assert last == 30


def test_a_healthy_spell_starts_over(clock):
    """After two minutes without a failure the next delay is the first one; not before."""
    backoff = _backoff(clock, jitter=0)
    for _ in range(4):
        backoff.next_seconds()
    clock.advance(120)
    assert backoff.next_seconds() == pytest.approx(12.8)

    clock.advance(120.001)
    assert backoff.next_seconds() == pytest.approx(0.8)
    assert backoff.next_seconds() == pytest.approx(1.6)


def test_reset_starts_over(clock):
    """Known health ends the back-off at once."""
    backoff = _backoff(clock, jitter=0)
    for _ in range(4):
        backoff.next_seconds()
    backoff.reset()

    assert backoff.next_seconds() == pytest.approx(0.8)


@pytest.mark.parametrize(
    "options",
    [
        {"initial_seconds": 0},
        {"factor": 0.9},
        {"initial_seconds": 2, "cap_seconds": 1},
        {"jitter": -0.1},
        {"jitter": 1.1},
    ],
)
def test_options_that_make_a_hot_loop_are_refused(options):
    """No delay may be zero, shrink, or be random beyond its share."""
    with pytest.raises(ValueError, match="back-off"):
        BackoffOptions(**options)


def test_options_at_the_limit_are_accepted():
    """A constant delay with full jitter is fine."""
    options = BackoffOptions(initial_seconds=1, cap_seconds=1, factor=1, jitter=1)

    assert options.cap_seconds == 1
