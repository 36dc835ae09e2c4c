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
TestQueueDrainageUsingShutDownWithDrain         test_drain_waits_for_the_runs_under_way
TestNoQueueDrainageUsingShutDown                test_shut_down_waits_for_nothing
TestForceQueueShutdownUsingShutDown             test_shut_down_ends_a_drain
TestQueueDrainage…WithDrainWithDirtyItem        test_drain_waits_for_a_dirty_key
TestGarbageCollection                           test_keys_that_are_done_are_not_kept
TestMetrics (``metrics_test.go``)               test_metrics_tell_the_story_of_a_key
----------------------------------------------- --------------------------------------------------
controller-runtime ``priorityqueue_test.go``
----------------------------------------------- --------------------------------------------------
returns an item that was added                  test_reinsert
doesn't return an item that is currently locked test_a_key_in_process_is_not_handed_out
de-duplicates                                   test_collapse
will not decrease the priority                  test_priority_is_never_lowered
increases the priority of a queued item         test_priority_is_raised
returns items in order of priority, then added  test_priorities_first_then_first_come
might get stuck when shut down                  test_workers_that_wait_end_at_shut_down
=============================================== ==================================================

Not mirrored: the finer points of ``TestCollapse`` (``Touch``: a newer equal key replaces the
queued one); keys here are immutable identities.
"""

import asyncio
import gc
import weakref

import pytest

from clusterimport.aio import SystemClock, background
from clusterimport.workqueue import (
    BACKLOG,
    FRESH,
    Empty,
    NotProcessing,
    ShutDown,
    WorkQueue,
    WorkQueueError,
)
from tests.fakes.manualclock import ManualClock
from tests.fakes.queuemetrics import RecordingQueueMetrics


@pytest.fixture(name="clock")
def _clock():
    return ManualClock()


@pytest.fixture(name="metrics")
def _metrics():
    return RecordingQueueMetrics()


@pytest.fixture(name="queue")
def _queue(clock, metrics):
    return WorkQueue[str]("test", clock=clock, metrics=metrics)


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


def test_first_come_first_served(queue):
    """Keys of one priority come in the order of their first addition."""
    for key in "cabbac":
        queue.add(key)

    assert _take_all(queue) == ["c", "a", "b"]


def test_priorities_first_then_first_come(queue):
    """The highest priority comes first, and equal ones stay in order."""
    queue.add("backlog 1", priority=BACKLOG)
    queue.add("fresh 1")
    queue.add("backlog 2", priority=BACKLOG)
    queue.add("urgent", priority=7)
    queue.add("fresh 2", priority=FRESH)

    assert _take_all(queue) == ["urgent", "fresh 1", "fresh 2", "backlog 1", "backlog 2"]


def test_a_backlog_never_delays_a_fresh_event(queue):
    """Behind 10 000 keys of an initial list a fresh key is the next one all the same."""
    for number in range(10_000):
        queue.add(f"{number}", priority=BACKLOG)
    queue.add("fresh")

    assert queue.get_nowait() == "fresh"
    assert queue.get_nowait() == "0"


def test_priority_is_raised(queue, metrics):
    """A waiting key that is asked for more urgently moves up, behind those already there."""
    queue.add("a", priority=BACKLOG)
    queue.add("b", priority=BACKLOG)
    queue.add("c")
    queue.add("b")

    assert metrics.depths == {BACKLOG: 1, FRESH: 2}
    assert _take_all(queue) == ["c", "b", "a"]


def test_priority_is_never_lowered(queue):
    """A waiting key that is asked for less urgently keeps its priority and place."""
    queue.add("a")
    queue.add("b")
    queue.add("a", priority=BACKLOG)

    assert _take_all(queue) == ["a", "b"]


def test_a_dirty_key_comes_back_with_the_highest_priority_asked(queue):
    """Of several additions during a run the most urgent decides."""
    queue.add("a")
    queue.get_nowait()
    queue.add("b", priority=5)
    for priority in (BACKLOG, 9, FRESH):
        queue.add("a", priority=priority)
    queue.done("a")

    assert _take_all(queue) == ["a", "b"]


def test_a_dirty_key_is_not_more_urgent_than_it_was_asked(queue):
    """The priority a key was taken with does not stick to its next run."""
    queue.add("a", priority=5)
    queue.get_nowait()
    queue.add("a", priority=BACKLOG)
    queue.add("b")
    queue.done("a")

    assert _take_all(queue) == ["b", "a"]


def test_the_priority_of_a_key_in_process_can_be_asked(queue):
    """A worker learns with which priority it was given a key; any other key counts as fresh."""
    queue.add("a", priority=BACKLOG)
    queue.get_nowait()

    assert queue.priority_of("a") == BACKLOG
    assert queue.priority_of("b") == FRESH


def test_done_for_a_key_nobody_has_taken_is_an_error(queue):
    """Giving back what was not taken is refused and changes nothing."""
    queue.add("a")

    with pytest.raises(NotProcessing):
        queue.done("a")
    assert issubclass(NotProcessing, WorkQueueError)
    assert _take_all(queue) == ["a"]


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


@pytest.mark.looptime
async def test_get_waits_for_a_key():
    """A worker that waits gets the key when it is added, in the order of waiting."""
    queue = WorkQueue[str]("test", clock=SystemClock())
    async with asyncio.TaskGroup() as group:
        first = group.create_task(queue.get())
        second = group.create_task(queue.get())
        await asyncio.sleep(1)
        queue.add("a")
        await asyncio.sleep(1)
        assert first.done()
        assert not second.done()
        queue.add("b")

    assert (first.result(), second.result()) == ("a", "b")


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


def test_metrics_tell_the_story_of_a_key(queue, clock, metrics):
    """Depth, additions and both durations follow a key through the queue."""
    queue.add("a")
    clock.advance(1)
    queue.add("a")
    queue.add("b")
    assert (metrics.adds, metrics.depths) == (2, {FRESH: 2})

    clock.advance(2)
    queue.get_nowait()
    assert metrics.depths == {FRESH: 1}
    assert metrics.queue_durations == [3.0]

    queue.add("a")
    clock.advance(5)
    queue.add("a")
    assert (metrics.adds, metrics.depths) == (3, {FRESH: 1})

    queue.done("a")
    assert metrics.work_durations == [5.0]
    assert metrics.depths == {FRESH: 2}

    queue.get_nowait()
    queue.get_nowait()
    # The second run of "a" was asked for at the start of the first.
    assert metrics.queue_durations == [3.0, 7.0, 5.0]
    assert metrics.depths == {FRESH: 0}


def test_metrics_tell_the_story_of_running_work(queue, clock, metrics):
    """Unfinished work is the sum and the longest run the maximum, both at the moment of asking."""
    assert metrics.running is queue
    assert queue.longest_running_seconds() == 0.0
    assert queue.unfinished_work_seconds() == 0.0
    queue.add("a")
    queue.add("b")
    queue.get_nowait()
    clock.advance(4)
    queue.get_nowait()
    clock.advance(3)

    assert queue.longest_running_seconds() == 7.0
    assert queue.unfinished_work_seconds() == 10.0
    queue.done("a")
    assert queue.longest_running_seconds() == 3.0


def test_repr_names_the_queue(queue):
    """The text for debugging tells name, waiting and running, and no key."""
    queue.add("secret key")
    queue.add("b")
    queue.get_nowait()

    assert repr(queue) == "<WorkQueue test 1+1>"
