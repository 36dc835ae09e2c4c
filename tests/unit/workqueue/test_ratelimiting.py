"""The queue of controllers.

======================================================== ===========================================
client-go ``util/workqueue/rate_limiting_queue_test.go`` here
======================================================== ===========================================
TestRateLimitingQueue                                    test_failures_put_a_key_off_longer
======================================================== ===========================================
"""

import asyncio
from random import Random

import pytest

from clusterimport.aio import SystemClock
from clusterimport.workqueue import (
    BACKLOG,
    FRESH,
    ItemExponential,
    RateLimitingQueue,
    rate_limiting_queue,
)
from tests.fakes.workqueue.queuemetrics import RecordingQueueMetrics

pytestmark = pytest.mark.looptime


@pytest.fixture(name="queue")
def _queue():
    limiter = ItemExponential(random=Random(1), base_seconds=1, cap_seconds=60, jitter=0)
    return RateLimitingQueue[str]("test", clock=SystemClock(), limiter=limiter)


async def test_failures_put_a_key_off_longer(queue):
    """The delays of a key follow its limiter, and ``forget`` starts them over."""
    waits = []
    loop = asyncio.get_running_loop()
    for _ in range(3):
        started = loop.time()
        queue.add_rate_limited("a")
        queue.done(await queue.get())
        waits.append(loop.time() - started)
    assert waits == pytest.approx([1, 2, 4], abs=0.002)
    assert queue.retries("a") == 3

    queue.forget("a")
    assert queue.retries("a") == 0
    queue.add_rate_limited("a")
    await asyncio.sleep(1.01)
    assert len(queue) == 1


async def test_forget_does_not_unqueue(queue):
    """A key whose failures are forgotten still comes at its time."""
    queue.add_rate_limited("a")
    queue.forget("a")
    await asyncio.sleep(1.01)

    assert queue.get_nowait() == "a"


async def test_a_retry_keeps_the_priority_of_the_run_that_failed(queue):
    """Failing backlog stays backlog, unless the worker says otherwise."""
    queue.add("backlog", priority=BACKLOG)
    queue.add("raised", priority=BACKLOG)
    for _ in range(2):
        await queue.get()
    queue.add_rate_limited("backlog")
    queue.add_rate_limited("raised", priority=FRESH)
    queue.add_rate_limited("not in process")
    queue.done("backlog")
    queue.done("raised")
    await asyncio.sleep(1.01)

    assert [await queue.get() for _ in range(3)] == ["raised", "not in process", "backlog"]
    assert queue.priority_of("backlog") == BACKLOG


async def test_shut_down_stops_counting(queue):
    """After shut-down a failure neither counts nor waits."""
    queue.shut_down()
    queue.add_rate_limited("a")

    assert queue.retries("a") == 0
    assert queue.waiting == 0


async def test_shut_down_forgets_all_failures(queue):
    """Whoever opens the queue again begins anew, also with keys that nobody will ask for."""
    queue.add_rate_limited("a")
    queue.shut_down(discard=True)
    queue.reopen()

    assert queue.retries("a") == 0
    assert queue.waiting == 0


async def test_the_factory_makes_the_queue_of_a_controller():
    """Its delays begin at 5 ms, are not shared between keys, and its metrics are attached."""
    metrics = RecordingQueueMetrics()
    queue: RateLimitingQueue[int] = rate_limiting_queue(
        "policies", clock=SystemClock(), random=Random(1), metrics=metrics
    )
    for key in range(10_000):
        queue.add_rate_limited(key)
    await asyncio.sleep(0.01)

    assert queue.name == "policies"
    assert metrics.running is queue
    assert len(queue) == 10_000
