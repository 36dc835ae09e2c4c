"""Long looks, in turns of the event loop."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import TURN_SECONDS
from clusterimport.controllers.walks import Walks


class Clock:
    """Stands still but for the steps of walks."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds

    def walk(self, seen, count, *, seconds=0.0):
        """Return a walk over so many objects, each of which takes so long."""

        def steps():
            for number in range(count):
                self.seconds += seconds
                seen.append(number)
                yield

        return steps


@pytest.fixture(name="clock")
def _clock():
    return Clock()


async def over(walks):
    """Let others run until all walks are over."""
    for _ in range(1000):
        await asyncio.sleep(0)
    assert len(walks) == 0


async def test_t06_a_short_walk_is_over_at_once(clock):
    """Nobody waits for a look at a few objects."""
    walks, seen = Walks(clock), []
    walks.ask("a", clock.walk(seen, 3))

    assert seen == [0, 1, 2]
    assert len(walks) == 0


async def test_t06_a_long_walk_lets_others_run_by_time(clock):
    """Each object here takes more than a turn has, so others run after each."""
    walks, seen, turns = Walks(clock), [], []
    walks.ask("a", clock.walk(seen, 5, seconds=TURN_SECONDS * 1.5))
    for _ in range(3):
        turns.append(len(seen))
        await asyncio.sleep(0)
    await over(walks)

    assert turns == [1, 2, 3]
    assert seen == [0, 1, 2, 3, 4]


async def test_t06_many_walks_that_are_asked_for_together_share_one_turn(clock):
    """A policy with forty others does not hold the loop forty times as long."""
    walks, seen = Walks(clock), []
    for key in range(10):
        walks.ask(key, clock.walk(seen, 1, seconds=TURN_SECONDS * 1.5))
    assert len(seen) == 1
    await over(walks)
    assert len(seen) == 10


async def test_t06_a_walk_that_is_asked_for_again_takes_the_place_of_the_one_before(clock):
    """It sees what is there now, and nothing is looked at twice for it."""
    walks, before, after = Walks(clock), [], []
    walks.ask("a", clock.walk(before, 100, seconds=TURN_SECONDS * 1.5))
    walks.ask("a", clock.walk(after, 2))
    await over(walks)

    assert before == [0]
    assert after == [0, 1]


async def test_t06_a_walk_that_is_asked_for_again_goes_behind_the_others(clock):
    """A policy that changes all the time keeps no other one waiting."""
    walks, first, other, again = Walks(clock), [], [], []
    walks.ask("a", clock.walk(first, 100, seconds=TURN_SECONDS * 1.5))
    walks.ask("b", clock.walk(other, 1, seconds=TURN_SECONDS * 1.5))
    walks.ask("a", clock.walk(again, 1, seconds=TURN_SECONDS * 1.5))
    await asyncio.sleep(0)
    assert (len(first), len(other), len(again)) == (1, 1, 0)
    await over(walks)

    assert (len(first), len(again)) == (1, 1)


async def test_t06_each_walk_is_made_however_long_the_one_before_took(clock):
    """A turn that is over leaves nothing behind: the next walk begins at once again."""
    walks, seen = Walks(clock), []
    for number in range(3):
        walks.ask("a", clock.walk(seen, 1, seconds=TURN_SECONDS * 1.5))
        assert len(seen) == number + 1
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert len(walks) == 0


async def test_t06_a_walk_that_fails_ends_no_other_one(clock):
    """The text of its error is not told: it may quote data."""
    walks, seen = Walks(clock), []

    def fails():
        yield
        raise ValueError("canary")

    with capture_logs() as logs:
        walks.ask("a", fails)
        walks.ask("b", clock.walk(seen, 2))
        await over(walks)

    assert seen == [0, 1]
    assert [(entry["event"], entry["error_class"]) for entry in logs] == [
        ("walk failed", "ValueError")
    ]
    assert "canary" not in str(logs)


async def test_t06_the_end_of_a_term_ends_its_walks(clock):
    """Nothing is looked at by a term that is over."""
    walks, seen = Walks(clock), []
    walks.ask("a", clock.walk(seen, 3, seconds=TURN_SECONDS * 1.5))
    walks.close()
    assert len(walks) == 0
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert seen == [0]
