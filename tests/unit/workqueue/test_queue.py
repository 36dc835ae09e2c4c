"""The plain queue.

=============================================== ==================================================
client-go ``util/workqueue/queue_test.go``      here
=============================================== ==================================================
TestBasic                                       test_many_producers_and_workers_handle_every_key
TestAddWhileProcessing                          test_keys_added_by_their_own_workers_come_back
TestLen                                         test_length_counts_queued_keys_once
TestReinsert                                    test_reinsert
TestCollapse                                    test_collapse
TestCollapseWhileProcessing                     test_collapse_while_processing
TestQueueDrainageUsingShutDownWithDrain…        not needed: controllers wait for their workers
TestNoQueueDrainageUsingShutDown                test_shut_down: test_shut_down_waits_for_nothing
TestGarbageCollection                           test_keys_that_are_done_are_not_kept
TestMetrics (``metrics_test.go``)               test_queue_metrics: test_metrics_tell_the_story_…
----------------------------------------------- --------------------------------------------------
controller-runtime ``priorityqueue_test.go``
----------------------------------------------- --------------------------------------------------
returns an item that was added                  test_reinsert
doesn't return an item that is currently locked test_a_key_in_process_is_not_handed_out
de-duplicates                                   test_collapse
will not decrease the priority                  test_priorities: test_priority_is_never_lowered
increases the priority of a queued item         test_priorities: test_priority_is_raised
returns items in order of priority, then added  test_priorities: test_priorities_first_then_…
might get stuck when shut down                  test_shut_down: test_workers_that_wait_end_at_…
=============================================== ==================================================

Not mirrored: the finer points of ``TestCollapse`` (``Touch``: a newer equal key replaces the
queued one); keys here are immutable identities.
"""

import asyncio
import gc
import weakref

import pytest

from clusterimport.aio import SystemClock
from clusterimport.workqueue import Empty, NotProcessing, ShutDown, WorkQueue, WorkQueueError
from tests.fakes.aio.manualclock import ManualClock


def _take_all(queue):
    taken = []
    while len(queue):
        taken.append(queue.get_nowait())
    return taken


@pytest.mark.looptime
async def test_many_producers_and_workers_handle_every_key():
    """Fifty producers and ten workers share a queue and no key is lost or left."""
    queue = WorkQueue[int]("test", clock=SystemClock())
    handled = []

    async def produce(first):
        for key in range(first, first + 20):
            queue.add(key)
            await asyncio.sleep(0.001)

    async def work():
        while True:
            try:
                key = await queue.get()
            except ShutDown:
                return
            assert key != -1, "added after the shut-down"
            await asyncio.sleep(0.003)
            handled.append(key)
            queue.done(key)

    async with asyncio.TaskGroup() as workers:
        for _ in range(10):
            workers.create_task(work())
        async with asyncio.TaskGroup() as producers:
            for number in range(50):
                producers.create_task(produce(number * 20))
        queue.shut_down()
        queue.add(-1)

    assert sorted(handled) == list(range(1000))
    assert len(queue) == 0


@pytest.mark.looptime
async def test_keys_added_by_their_own_workers_come_back():
    """A key that its worker adds again while holding it is handed out once more per hold."""
    queue = WorkQueue[int]("test", clock=SystemClock())
    runs = dict.fromkeys(range(20), 0)
    busy = set()

    async def work():
        while True:
            try:
                key = await queue.get()
            except ShutDown:
                return
            assert key not in busy
            busy.add(key)
            runs[key] += 1
            if runs[key] < 3:
                queue.add(key)
                queue.add(key)
            await asyncio.sleep(0.01)
            busy.remove(key)
            queue.done(key)

    async with asyncio.TaskGroup() as workers:
        for _ in range(10):
            workers.create_task(work())
        for key in runs:
            queue.add(key)
        await asyncio.sleep(1)
        queue.shut_down()

    assert set(runs.values()) == {3}
    assert len(queue) == 0


def test_length_counts_queued_keys_once(queue):
    """The length is the number of different keys that wait, without those in process."""
    queue.add("a")
    queue.add("b")
    queue.add("a")

    assert len(queue) == 2
    assert queue.get_nowait() == "a"
    assert len(queue) == 1
    queue.add("a")
    assert len(queue) == 1
    assert bool(WorkQueue("empty", clock=ManualClock())) is True


def test_reinsert(queue):
    """A key added while it is in process is queued when it is done, and only then."""
    queue.add("a")
    assert queue.get_nowait() == "a"

    queue.add("a")
    assert len(queue) == 0
    queue.done("a")

    assert queue.get_nowait() == "a"
    queue.done("a")
    assert len(queue) == 0


def test_collapse(queue):
    """Two additions of a waiting key are one run."""
    queue.add("a")
    queue.add("a")

    assert queue.get_nowait() == "a"
    queue.done("a")
    with pytest.raises(Empty):
        queue.get_nowait()


@pytest.mark.looptime
async def test_collapse_while_processing():
    """Two additions of a key in process are one run, which another worker gets after ``done``."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    queue.add("a")

    async with asyncio.TaskGroup() as group:
        other = group.create_task(queue.get())
        await asyncio.sleep(1)
        assert not other.done()
        queue.done("a")

    assert other.result() == "a"
    queue.done("a")
    assert len(queue) == 0


def test_a_key_in_process_is_not_handed_out(queue):
    """While a key is in process it stands nowhere in the queue, and others pass it."""
    queue.add("a")
    queue.get_nowait()
    queue.add("a")
    queue.add("b")

    assert _take_all(queue) == ["b"]


def test_done_for_a_key_nobody_has_taken_is_an_error(queue):
    """Giving back what was not taken is refused and changes nothing."""
    queue.add("a")

    with pytest.raises(NotProcessing):
        queue.done("a")
    assert issubclass(NotProcessing, WorkQueueError)
    assert _take_all(queue) == ["a"]


def test_keys_that_are_done_are_not_kept(clock):
    """Nothing of a key remains in the queue after its last run."""

    class Key:
        pass

    queue = WorkQueue[Key]("test", clock=clock)
    key = Key()
    reference = weakref.ref(key)
    queue.add(key)
    queue.get_nowait()
    queue.add(key)
    queue.done(key)
    queue.get_nowait()
    queue.done(key)

    del key
    gc.collect()
    assert reference() is None


def test_repr_names_the_queue(queue):
    """The text for debugging tells name, waiting and running, and no key."""
    queue.add("secret key")
    queue.add("b")
    queue.get_nowait()

    assert repr(queue) == "<WorkQueue test 1+1>"
