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
async def test_shut_down_waits_for_nothing():
    """``shut_down`` returns although keys are in process, and they can still be given back."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    queue.add("a")
    await queue.get()

    queue.shut_down()

    with pytest.raises(ShutDown):
        await queue.get()
    queue.done("a")


def test_a_queue_that_opens_again_begins_anew(queue, metrics):
    """What was discarded, and what came meanwhile, stays away; what comes from then on is taken."""
    queue.add("a")
    queue.shut_down(discard=True)
    queue.add("b")
    queue.reopen()
    with pytest.raises(Empty):
        queue.get_nowait()
    queue.add("c")

    assert not queue.is_shutting_down
    assert queue.get_nowait() == "c"
