"""One text for all who ask at once."""

import asyncio
from itertools import pairwise

import pytest

from clusterimport.aio import SystemClock
from clusterimport.limits.listener import METRICS_TEXT_SECONDS
from clusterimport.observability.exposition import SharedText
from tests.fakes.aio.virtualtime import freeze, now

pytestmark = pytest.mark.looptime


class SlowText:
    """Two pieces, each of which blocks the loop for a while."""

    content_type = "text/plain"

    def __init__(self, seconds):
        self.seconds = seconds
        self.texts = 0

    def render(self):
        self.texts += 1
        for piece in (b"a", b"b"):
            freeze(self.seconds / 2)
            yield piece + str(self.texts).encode()


@pytest.mark.parametrize("seconds", [0.02, 0])
async def test_t55_all_who_ask_at_once_share_one_text(seconds):
    """Sixty-four scrapes cost as much as one, also where a text serves for no time."""
    source = SlowText(seconds)
    text = SharedText(source, clock=SystemClock())

    async with asyncio.TaskGroup() as group:
        scrapes = [group.create_task(text.get()) for _ in range(64)]

    assert {scrape.result() for scrape in scrapes} == {b"a1b1"}
    assert source.texts == 1


async def test_t55_a_text_is_made_at_most_a_tenth_of_the_time():
    """Who asks again and again gets the same one for ten times what it took."""
    source = SlowText(0.02)
    text = SharedText(source, clock=SystemClock())
    await text.get()

    await asyncio.sleep(0.19)
    assert await text.get() == b"a1b1"
    await asyncio.sleep(0.02)
    assert await text.get() == b"a2b2"


async def test_t55_a_text_is_never_old():
    """However long it takes to make one, after a second the next one is made."""
    source = SlowText(0.5)
    text = SharedText(source, clock=SystemClock())
    await text.get()

    await asyncio.sleep(METRICS_TEXT_SECONDS + 0.01)
    assert await text.get() == b"a2b2"


async def test_t55_others_have_a_turn_between_two_pieces():
    """The loop is not held for a whole text."""
    times = []

    async def other():
        while True:
            times.append(now())
            await asyncio.sleep(0)

    text = SharedText(SlowText(0.08), clock=SystemClock())
    task = asyncio.create_task(other())
    await text.get()
    task.cancel()

    assert max(after - before for before, after in pairwise(times)) < 0.05


async def test_t55_who_has_gone_takes_the_text_from_nobody():
    """Another of those who wait makes it."""
    source = SlowText(0.04)
    text = SharedText(source, clock=SystemClock())
    gone = asyncio.create_task(text.get())
    others = [asyncio.create_task(text.get()) for _ in range(3)]
    for _ in range(2):
        await asyncio.sleep(0)
    assert source.texts == 1
    gone.cancel()

    assert [await other for other in others] == [b"a2b2"] * 3


async def test_a_text_that_cannot_be_made_is_tried_again():
    """One failure is nobody else's."""
    source = SlowText(0.02)
    text = SharedText(source, clock=SystemClock())
    broken, source.render = source.render, lambda: iter([1 / 0])
    with pytest.raises(ZeroDivisionError):
        await text.get()

    source.render = broken
    assert await text.get() == b"a1b1"
