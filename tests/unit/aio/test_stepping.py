"""For how long coroutines hold the event loop."""

import asyncio
import time

import pytest

from clusterimport.aio import Stepping


def _hold(seconds):
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        pass


async def test_t57_what_holds_the_loop_is_counted_and_what_waits_is_not():
    """A step that computes counts; what others do while it waits does not."""

    async def both():
        _hold(0.02)
        await asyncio.sleep(0)
        _hold(0.02)
        return "both"

    work = Stepping(both())
    task = asyncio.create_task(_of(work))
    await asyncio.sleep(0)
    _hold(0.5)

    assert await task == "both"
    assert 0.04 <= work.held_seconds < 0.4


async def test_failures_and_results_of_awaits_pass_through():
    """The coroutine sees what it awaits as if nothing stood between, and so does its caller."""

    async def inner(log):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(future.set_exception, KeyError("awaited"))
        try:
            await future
        except KeyError as error:
            log.append(error.args[0])
        log.append(await asyncio.sleep(0, "answer"))
        raise ValueError("raised")

    log = []
    with pytest.raises(ValueError, match="raised"):
        await Stepping(inner(log))
    assert log == ["awaited", "answer"]


async def test_a_time_limit_inside_ends_only_what_it_is_about():
    """Cancellation reaches the coroutine, which turns it into its own TimeoutError."""

    async def limited():
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"

    assert await Stepping(limited()) == "late"


async def test_cancellation_reaches_the_coroutine():
    """What it does at its end is done before its task is over."""
    ended = []

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    task = asyncio.create_task(_of(Stepping(endless())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_a_task_that_is_thrown_away_closes_the_coroutine():
    """What holds something gives it back also when nobody will ever await it again."""
    ended = []

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    steps = _of(Stepping(endless())).__await__()
    next(steps)
    steps.close()
    assert ended == [True]


async def _of(work):
    return await work
