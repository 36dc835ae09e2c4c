"""How a queue ends: at once, without what waits, or when all is done."""

import asyncio

import pytest

from clusterimport.aio import SystemClock
from clusterimport.workqueue import BACKLOG, FRESH, Empty, ShutDown, WorkQueue


def test_get_nowait_tells_empty_from_shut_down(queue):
    """An empty queue raises Empty while it is open and ShutDown afterwards."""
    with pytest.raises(Empty):
        queue.get_nowait()
    queue.add("a")
    queue.shut_down()

    assert queue.is_shutting_down
    assert queue.get_nowait() == "a"
    with pytest.raises(ShutDown):
        queue.get_nowait()


def test_additions_after_shut_down_are_ignored(queue, metrics):
    """A queue that shuts down takes nothing more, also not for a key in process."""
    queue.add("a")
    queue.get_nowait()
    queue.shut_down()
    queue.add("a")
    queue.add("b")
    queue.done("a")

    assert len(queue) == 0
    assert metrics.adds == 1


def test_shut_down_can_discard_what_waits(queue, metrics):
    """With ``discard`` neither the waiting keys nor a second run of a dirty one are left."""
    queue.add("a")
    queue.add("b")
    queue.add("c", priority=BACKLOG)
    assert queue.get_nowait() == "a"
    queue.add("a")
    queue.shut_down(discard=True)
    queue.done("a")

    assert len(queue) == 0
    assert metrics.depths == {FRESH: 0, BACKLOG: 0}
    with pytest.raises(ShutDown):
        queue.get_nowait()


@pytest.mark.looptime
async def test_workers_that_wait_end_at_shut_down():
    """Every worker that waits for a key gets ShutDown."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    ended = []

    async def work():
        with pytest.raises(ShutDown):
            await queue.get()
        ended.append(True)

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(work())
        await asyncio.sleep(1)
        assert not ended
        queue.shut_down()

    assert len(ended) == 5


@pytest.mark.looptime
async def test_drain_waits_for_the_runs_under_way():
    """``drain`` returns when the last key that was queued or in process is done."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    for key in "abc":
        queue.add(key)
    assert [await queue.get(), await queue.get()] == ["a", "b"]

    async with asyncio.TaskGroup() as group:
        draining = group.create_task(queue.drain())
        await asyncio.sleep(1)
        assert queue.is_shutting_down
        queue.done("a")
        queue.done("b")
        await asyncio.sleep(1)
        assert not draining.done()
        assert await queue.get() == "c"
        await asyncio.sleep(1)
        assert not draining.done()
        queue.done("c")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert draining.done()

    with pytest.raises(ShutDown):
        await queue.get()


@pytest.mark.looptime
async def test_drain_of_an_idle_queue_returns_at_once():
    """Nothing queued and nothing in process is drained already, and stays so."""
    queue = WorkQueue[str]("test", clock=SystemClock())

    await queue.drain()
    await queue.drain()

    assert queue.is_shutting_down


@pytest.mark.looptime
async def test_drain_wakes_workers_that_wait():
    """Workers without a key end at once when the queue is drained."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    queue.add("a")
    await queue.get()

    async with asyncio.TaskGroup() as group:
        idle = group.create_task(_get_until_shut_down(queue))
        await asyncio.sleep(1)
        draining = group.create_task(queue.drain())
        await asyncio.sleep(1)
        assert idle.done()
        assert not draining.done()
        queue.done("a")


async def _get_until_shut_down(queue):
    with pytest.raises(ShutDown):
        await queue.get()


@pytest.mark.looptime
async def test_drain_waits_for_a_dirty_key():
    """A key that was added during its run is worked on once more before the queue is drained."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    queue.add("a")
    await queue.get()
    queue.add("a")

    async with asyncio.TaskGroup() as group:
        draining = group.create_task(queue.drain())
        await asyncio.sleep(1)
        queue.done("a")
        await asyncio.sleep(1)
        assert not draining.done()
        assert await queue.get() == "a"
        queue.done("a")


@pytest.mark.looptime
async def test_shut_down_waits_for_nothing():
    """``shut_down`` returns although keys are in process, and they can still be given back."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    queue.add("a")
    await queue.get()

    queue.shut_down()

    with pytest.raises(ShutDown):
        await queue.get()
    queue.done("a")


@pytest.mark.looptime
async def test_shut_down_ends_a_drain():
    """A second signal need not wait for a key that never ends."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    queue.add("a")
    await queue.get()

    async with asyncio.TaskGroup() as group:
        draining = group.create_task(queue.drain())
        await asyncio.sleep(1)
        assert not draining.done()
        queue.shut_down()


@pytest.mark.looptime
async def test_a_queue_that_was_shut_down_can_still_be_drained():
    """The orderly end of controllers: take nothing new, forget what waits, wait for the runs."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    queue.add("a")
    queue.add("b")
    await queue.get()
    queue.shut_down(discard=True)

    async with asyncio.TaskGroup() as group:
        draining = group.create_task(queue.drain())
        await asyncio.sleep(1)
        assert not draining.done()
        queue.done("a")
