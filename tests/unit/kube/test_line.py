"""Whose request is sent next, where slots or a limit per second make requests wait."""

import asyncio

import pytest

from clusterimport.aio import SystemClock
from clusterimport.kube.line import RequestLine
from clusterimport.workqueue import BACKLOG, FRESH, BucketLimiter, working_at

pytestmark = pytest.mark.looptime


class Sending:
    """Requests that take a second each, in the order in which they are sent."""

    def __init__(self, slots: int, *, per_second: float = 0.0) -> None:
        clock = SystemClock()
        limiter = BucketLimiter(clock=clock, per_second=per_second, burst=1) if per_second else None
        self.line = RequestLine(slots, clock=clock, limiter=limiter)
        self.sent: list[str] = []
        self.waited: dict[str, float] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def ask(self, name: str, priority: int = FRESH) -> None:
        self.tasks[name] = asyncio.create_task(self._send(name, priority))

    async def _send(self, name: str, priority: int) -> None:
        with working_at(priority):
            async with self.line.turn() as self.waited[name]:
                self.sent.append(name)
                await asyncio.sleep(1.0)

    async def end(self) -> None:
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def test_what_just_happened_goes_before_a_backlog_that_waits():
    """Behind 500 requests of a start, the two of a rotation are the next to be sent."""
    sending = Sending(2)
    for number in range(500):
        sending.ask(f"backlog{number}", BACKLOG)
    await asyncio.sleep(0.5)
    sending.ask("read")
    sending.ask("write")
    await asyncio.sleep(1.0)
    assert sending.sent == ["backlog0", "backlog1", "read", "write"]
    await sending.end()
    assert sending.waited["read"] == pytest.approx(0.5)


async def test_a_limit_is_spent_on_what_just_happened_first():
    """With 20 a second and 500 that wait, an event waits for one token and not for 500."""
    sending = Sending(48, per_second=20.0)
    for number in range(500):
        sending.ask(f"backlog{number}", BACKLOG)
    await asyncio.sleep(1.02)
    sending.ask("fresh")
    await sending.end()

    assert sending.waited["fresh"] == pytest.approx(0.03, abs=0.011)
    assert sending.waited["backlog499"] == pytest.approx(25.0, abs=0.1)


async def test_of_nine_turns_one_is_the_backlogs():
    """Events without end do not keep a start from being done."""
    sending = Sending(1)
    sending.ask("first")
    for number in range(40):
        sending.ask(f"fresh{number}")
    for number in range(3):
        sending.ask(f"backlog{number}", BACKLOG)
    await sending.end()

    places = [place for place, name in enumerate(sending.sent) if name.startswith("backlog")]
    assert places == [9, 18, 27]


async def test_equals_are_served_in_the_order_in_which_they_came():
    """Among requests of one urgency the first that asked is sent first."""
    sending = Sending(1)
    for name in "abcd":
        sending.ask(name)
    await sending.end()

    assert sending.sent == ["a", "b", "c", "d"]


async def test_who_gives_up_takes_no_turn():
    """A request that is cancelled while it waits, or as its turn comes, leaves it to others."""
    sending = Sending(1)
    async with sending.line.turn():
        for name in ("gives up", "comes too late", "last"):
            sending.ask(name)
        await asyncio.sleep(0.5)
        sending.tasks["gives up"].cancel()
        await asyncio.sleep(0.5)
    # Its turn has come with the end of the block, and it does not know yet.
    sending.tasks["comes too late"].cancel()
    await sending.end()

    assert sending.sent == ["last"]
    assert sending.line._free == 1
