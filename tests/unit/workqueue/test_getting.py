"""How workers wait for keys, and what becomes of those that do not wait any longer."""

import asyncio

import pytest

from clusterimport.aio import SystemClock, background
from clusterimport.workqueue import WorkQueue


@pytest.mark.looptime
async def test_get_waits_for_a_key():
    """A worker that waits gets the key when it is added; another one only if that is busy."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    async with asyncio.TaskGroup() as group:
        first = group.create_task(queue.get())
        second = group.create_task(queue.get())
        await asyncio.sleep(1)
        queue.add("a")
        await asyncio.sleep(1)
        assert second.done()
        assert not first.done()
        queue.add("b")

    assert (second.result(), first.result()) == ("a", "b")


@pytest.mark.looptime
async def test_one_worker_does_what_one_can_do():
    """Of those that wait, who began last: what the others would hold is not needed."""
    queue = WorkQueue[int]("test", clock=SystemClock())
    done = []

    async def work(name):
        while True:
            queue.done(await queue.get())
            done.append(name)

    async with background(**{name: work(name) for name in "abc"}):
        await asyncio.sleep(1)
        for key in range(10):
            queue.add(key)
            await asyncio.sleep(1)

    assert len(done) == 10
    assert len(set(done)) == 1


@pytest.mark.looptime
async def test_get_lets_other_tasks_run():
    """A worker whose keys need no I/O does not hold the event loop."""
    queue = WorkQueue[int]("test", clock=SystemClock())
    for key in range(100):
        queue.add(key)
    turns = 0

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with background(count=count()):
        for _ in range(100):
            queue.done(await queue.get())

    assert turns >= 100


@pytest.mark.looptime
async def test_a_cancelled_worker_takes_no_key():
    """A worker that waits and is cancelled leaves the keys to the others."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    async with asyncio.TaskGroup() as group:
        cancelled = group.create_task(queue.get())
        other = group.create_task(queue.get())
        await asyncio.sleep(1)
        cancelled.cancel()
        await asyncio.sleep(1)
        queue.add("a")

    assert cancelled.cancelled()
    assert other.result() == "a"


@pytest.mark.looptime
async def test_waits_that_time_out_leave_nothing_behind():
    """A worker that looks in now and then does not fill the memory of an idle queue."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    for _ in range(10):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(queue.get(), 1)

    assert not queue._getters


@pytest.mark.looptime
async def test_a_worker_cancelled_after_its_wake_up_hands_it_on():
    """A wake-up that reaches a worker together with its cancellation goes to the next one."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    async with asyncio.TaskGroup() as group:
        cancelled = group.create_task(queue.get())
        other = group.create_task(queue.get())
        await asyncio.sleep(1)
        queue.add("a")
        cancelled.cancel()

    assert cancelled.cancelled()
    assert other.result() == "a"
    assert len(queue) == 0
