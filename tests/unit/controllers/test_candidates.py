"""Candidates are gathered, so that a mass deletion is seen as one."""

from clusterimport.controllers.deletions.candidates import Candidate, Candidates
from tests.fakes.manualclock import ManualClock

A = Candidate("a", "1")
B = Candidate("b", "2")


def make() -> tuple[Candidates, ManualClock, list[tuple[str, float]]]:
    """Return candidates with a clock in our hands and the wake-ups they asked for."""
    clock = ManualClock()
    woken: list[tuple[str, float]] = []
    return Candidates(clock, lambda policy, seconds: woken.append((policy, seconds))), clock, woken


def test_the_window_closes_two_seconds_after_the_last_newcomer() -> None:
    """A newcomer holds the window open; proposing the same one again does not."""
    candidates, clock, woken = make()

    candidates.propose("p", A)
    clock.advance(1.5)
    candidates.propose("p", A)
    assert candidates.seconds_left("p") == 0.5
    candidates.propose("p", B)
    assert candidates.seconds_left("p") == 2.0
    clock.advance(2.0)

    assert candidates.seconds_left("p") == 0.0
    assert candidates.of("p") == (A, B)
    assert woken == [("p", 2.0), ("p", 2.0)]


def test_a_wave_cannot_hold_the_window_open_for_ever() -> None:
    """After ten seconds the window closes, however many still come."""
    candidates, clock, _ = make()

    for number in range(10):
        candidates.propose("p", Candidate(f"c{number}", str(number)))
        clock.advance(1.0)

    assert candidates.seconds_left("p") == 0.0
    candidates.propose("p", Candidate("late", "99"))
    assert candidates.seconds_left("p") == 2.0


def test_a_withdrawn_candidate_is_forgotten_and_its_policy_looked_at() -> None:
    """Withdrawing wakes the policy once, and does nothing for an unknown name."""
    candidates, _, woken = make()
    candidates.propose("p", A)
    woken.clear()

    candidates.withdraw("p", "nobody")
    assert woken == []
    candidates.withdraw("p", "a")

    assert candidates.of("p") == ()
    assert woken == [("p", 0.0)]
    assert candidates.seconds_left("p") == 0.0


def test_policies_do_not_share_a_window() -> None:
    """Candidates of one policy do not delay those of another."""
    candidates, clock, _ = make()
    candidates.propose("p", A)
    clock.advance(2.0)
    candidates.propose("q", B)

    assert candidates.seconds_left("p") == 0.0
    assert candidates.of("p") == (A,)
    assert candidates.of("q") == (B,)


def test_a_condemned_lifecycle_is_so_until_it_is_reprieved() -> None:
    """The lifecycle reconciler keeps off what is being deleted, and only that."""
    candidates, _, _ = make()
    candidates.condemn("a")

    assert candidates.is_condemned("a")
    assert not candidates.is_condemned("b")
    candidates.reprieve("a")
    assert not candidates.is_condemned("a")
