"""Scopes of background tasks."""

import asyncio

import pytest

from clusterimport.aio import background, side_by_side

pytestmark = pytest.mark.looptime


async def _forever(journal, name, seconds=0.0):
    journal.append(f"{name} starts")
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(seconds)
        journal.append(f"{name} ends")


async def test_tasks_live_as_long_as_the_block():
    """Leaving the block cancels the tasks and waits for their ends."""
    journal = []
    async with background(one=_forever(journal, "one", 5), two=_forever(journal, "two")):
        await asyncio.sleep(1)
        assert journal == ["one starts", "two starts"]
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert {"one", "two"} <= names

    assert journal[2:] == ["two ends", "one ends"]
    assert asyncio.get_running_loop().time() == pytest.approx(6)


async def test_nested_scopes_stop_in_reverse_order():
    """What was started first is stopped last, after the others have ended."""
    journal = []
    async with background(a=_forever(journal, "a")), background(b=_forever(journal, "b", 5)):
        await asyncio.sleep(1)

    assert journal == ["a starts", "b starts", "b ends", "a ends"]


async def test_a_crash_cancels_the_block_and_the_others():
    """The error of one task comes out of the block once everything has ended."""
    journal = []

    async def crash():
        await asyncio.sleep(1)
        raise ArithmeticError("crashed")

    async def run():
        async with background(crash=crash(), other=_forever(journal, "other", 5)):
            try:
                await asyncio.sleep(1000)
            finally:
                journal.append("block ends")

    with pytest.raises(ExceptionGroup) as caught:
        await run()

    assert caught.group_contains(ArithmeticError, match="crashed")
    assert journal[1:] == ["block ends", "other ends"]
    assert asyncio.get_running_loop().time() == pytest.approx(6)
    assert asyncio.current_task().cancelling() == 0


async def test_an_error_of_the_block_stops_the_tasks():
    """The block's own error comes out after the tasks have ended."""
    journal = []

    async def run():
        async with background(one=_forever(journal, "one", 5)):
            await asyncio.sleep(1)
            raise ArithmeticError("the block failed")

    with pytest.raises(ExceptionGroup) as caught:
        await run()

    assert caught.group_contains(ArithmeticError, match="the block failed")
    assert journal == ["one starts", "one ends"]


async def test_a_cancelled_block_stays_cancelled():
    """Cancellation from outside stops the tasks and goes on as cancellation."""
    journal = []

    async def run():
        async with background(one=_forever(journal, "one", 5)):
            await asyncio.sleep(1000)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(run())
        await asyncio.sleep(1)
        running.cancel()

    assert running.cancelled()
    assert journal == ["one starts", "one ends"]


async def test_a_task_may_come_to_its_end():
    """A task that returns early does not end the block."""

    async def short():
        await asyncio.sleep(1)

    async with background(short=short()):
        await asyncio.sleep(10)

    assert asyncio.get_running_loop().time() == pytest.approx(10)


async def test_more_tasks_can_join_the_scope():
    """The block gets the group; what it adds is waited for, not cancelled."""
    journal = []

    async def later():
        await asyncio.sleep(5)
        journal.append("later ends")

    async with background(one=_forever(journal, "one")) as group:
        group.create_task(later(), name="later")
        await asyncio.sleep(1)

    assert journal == ["one starts", "one ends", "later ends"]


async def test_t02_what_runs_side_by_side_fails_as_if_it_were_alone():
    """The first failure is raised as it is, and the others have been cancelled by then."""
    ended = []

    async def wait():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def fail():
        await asyncio.sleep(0)
        raise KeyError("one")

    with pytest.raises(KeyError):
        await side_by_side(wait(), fail())
    assert ended == [True]
    await side_by_side()
