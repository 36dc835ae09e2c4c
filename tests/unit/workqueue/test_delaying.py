"""The delaying queue.

=================================================== ================================================
client-go ``util/workqueue/delaying_queue_test.go`` here
=================================================== ================================================
TestSimpleQueue                                     test_a_key_comes_when_its_time_has_come
TestDeduping                                        test_deduping
TestAddTwoFireEarly                                 test_add_two_fire_early
TestCopyShifting                                    test_keys_come_in_the_order_of_their_times
--------------------------------------------------- ------------------------------------------------
controller-runtime ``priorityqueue_test.go``
--------------------------------------------------- ------------------------------------------------
returns an item only after after has passed         test_a_key_comes_when_its_time_has_come
returns an item to a waiter as soon as it has one   test_a_waiting_worker_gets_it_on_time
uses the earliest after                             test_deduping
=================================================== ================================================
"""

import asyncio

import pytest

from clusterimport.aio import SystemClock
from clusterimport.workqueue import BACKLOG, DelayingQueue, Empty, ShutDown
from tests.fakes.workqueue.queuemetrics import RecordingQueueMetrics

pytestmark = pytest.mark.looptime


@pytest.fixture(name="metrics")
def _metrics():
    return RecordingQueueMetrics()


@pytest.fixture(name="queue")
def _queue(metrics):
    return DelayingQueue[str]("test", clock=SystemClock(), metrics=metrics)


async def test_a_key_comes_when_its_time_has_come(queue):
    """A key that is put off is not there before and is there after."""
    queue.add_after("a", 0.05)
    assert (len(queue), queue.waiting) == (0, 1)

    await asyncio.sleep(0.049)
    assert len(queue) == 0
    await asyncio.sleep(0.002)

    assert (len(queue), queue.waiting) == (1, 0)
    assert queue.get_nowait() == "a"


async def test_a_waiting_worker_gets_it_on_time(queue):
    """The one timer wakes a worker at the deadline, without any polling."""
    started = asyncio.get_running_loop().time()
    queue.add_after("a", 30)

    assert await queue.get() == "a"
    assert asyncio.get_running_loop().time() - started == pytest.approx(30, abs=0.002)


@pytest.mark.parametrize("seconds", [0, -1])
async def test_no_delay_is_now(queue, seconds):
    """A delay of zero or less queues the key in the same step, with its priority."""
    queue.add("first")
    queue.add_after("a", seconds, priority=5)

    assert queue.get_nowait() == "a"
    assert queue.waiting == 0


async def test_deduping(queue):
    """Of several deadlines of one key the earliest counts, whichever was given first."""
    queue.add_after("later first", 5)
    queue.add_after("later first", 1)
    queue.add_after("earlier first", 1)
    queue.add_after("earlier first", 5)
    assert queue.waiting == 2

    await asyncio.sleep(1.01)
    assert sorted([queue.get_nowait(), queue.get_nowait()]) == ["earlier first", "later first"]
    queue.done("later first")
    queue.done("earlier first")

    await asyncio.sleep(10)
    assert (len(queue), queue.waiting) == (0, 0)


async def test_a_superseded_deadline_does_not_take_a_later_one_along(queue):
    """After the earlier deadline of a key has fired, the later one of the two means nothing."""
    queue.add_after("a", 5)
    queue.add_after("a", 1)
    await asyncio.sleep(1.01)
    queue.done(queue.get_nowait())
    queue.add_after("a", 10)

    await asyncio.sleep(5)
    assert len(queue) == 0
    await asyncio.sleep(5.01)
    assert len(queue) == 1


async def test_add_two_fire_early(queue):
    """The timer of a far deadline does not hold up a near one that is added after it."""
    queue.add_after("third", 10)
    timer = queue._timer
    queue.add_after("first", 1)
    assert timer.cancelled()
    queue.add_after("second", 1.05)
    assert not queue._timer.cancelled()

    await asyncio.sleep(1.01)
    assert queue.get_nowait() == "first"
    with pytest.raises(Empty):
        queue.get_nowait()
    await asyncio.sleep(0.05)
    assert queue.get_nowait() == "second"
    await asyncio.sleep(8.95)
    assert queue.get_nowait() == "third"


async def test_keys_come_in_the_order_of_their_times(queue):
    """Any number of keys comes in the order of their deadlines, equal ones in that of adding."""
    delays = {"a": 9, "b": 5, "c": 7, "d": 5, "e": 1}
    for key, seconds in delays.items():
        queue.add_after(key, seconds)

    taken = [await queue.get() for _ in delays]
    assert taken == ["e", "b", "d", "c", "a"]


async def test_the_highest_priority_asked_counts(queue):
    """A later call neither lowers the priority nor loses a higher one with a later deadline."""
    queue.add_after("a", 1, priority=BACKLOG)
    queue.add_after("a", 5)
    queue.add_after("b", 1, priority=BACKLOG)
    queue.add_after("c", 5)
    queue.add_after("c", 1, priority=BACKLOG)
    await asyncio.sleep(1.01)

    assert [queue.get_nowait() for _ in range(3)] == ["a", "c", "b"]
    assert [queue.priority_of(key) for key in "acb"] == [0, 0, BACKLOG]


async def test_add_does_not_cancel_a_delay(queue):
    """A key that waits for its time can be worked on meanwhile and comes again at its time."""
    queue.add_after("a", 10)
    queue.add("a")
    assert await queue.get() == "a"
    queue.done("a")

    assert len(queue) == 0
    await asyncio.sleep(10.01)
    assert len(queue) == 1


async def test_a_key_that_comes_due_in_process_is_dirty(queue):
    """A deadline during a run leads to a second run, not to two at once."""
    queue.add("a")
    await queue.get()
    queue.add_after("a", 1)
    await asyncio.sleep(2)

    assert len(queue) == 0
    queue.done("a")
    assert queue.get_nowait() == "a"


async def test_deadlines_that_move_do_not_pile_up(queue):
    """A key whose deadline is moved forward ten thousand times takes bounded memory."""
    for number in range(10_000):
        queue.add_after("a", 10_000 - number)

    assert queue.waiting == 1
    assert len(queue._heap) < 100
    await asyncio.sleep(1.01)
    assert queue.get_nowait() == "a"
    assert queue.waiting == 0


@pytest.mark.parametrize("discard", [False, True])
async def test_shut_down_forgets_what_waits_for_its_time(queue, discard):
    """After shut-down nothing comes due, and no timer is left."""
    queue.add_after("a", 1)
    timer = queue._timer
    queue.shut_down(discard=discard)
    assert timer.cancelled()
    queue.add_after("b", 1)
    queue.add_after("c", 0)
    assert queue._timer is None

    await asyncio.sleep(2)
    assert (len(queue), queue.waiting) == (0, 0)
    with pytest.raises(ShutDown):
        await queue.get()


async def test_putting_off_counts_as_a_retry(queue, metrics):
    """Every call counts once while the queue is open, and coming due counts as an addition."""
    queue.add_after("a", 1)
    queue.add_after("a", 2)
    assert (metrics.retries, metrics.adds) == (2, 0)

    await asyncio.sleep(1.01)
    assert metrics.adds == 1
    queue.shut_down()
    queue.add_after("a", 1)
    assert metrics.retries == 2
