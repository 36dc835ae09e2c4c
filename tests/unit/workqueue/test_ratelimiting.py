"""The queue of controllers, and the rate limiters.

============================================================ ======================================
client-go ``util/workqueue/rate_limiting_queue_test.go``     here
============================================================ ======================================
TestRateLimitingQueue                                        test_failures_put_a_key_off_longer
============================================================ ======================================

============================================================ ======================================
client-go ``util/workqueue/default_rate_limiters_test.go``   here
============================================================ ======================================
TestItemExponentialFailureRateLimiter                        test_delays_double_per_key_up_to_a_cap
TestItemExponentialFailureRateLimiterOverFlow                test_many_failures_overflow_nothing
TestMaxOf…, TestItemFastSlow…, TestWithMaxWaitRateLimiter    not needed: no such limiters here
============================================================ ======================================
"""

import asyncio
from random import Random

import pytest

from clusterimport.aio import SystemClock
from clusterimport.workqueue import (
    BACKLOG,
    FRESH,
    BucketLimiter,
    ItemExponential,
    RateLimitingQueue,
    rate_limiting_queue,
)
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.workqueue.queuemetrics import RecordingQueueMetrics

pytestmark = pytest.mark.looptime


def test_delays_double_per_key_up_to_a_cap():
    """Each failure doubles the delay of its key alone, until ``forget`` starts it over."""
    limiter = ItemExponential(random=Random(1), base_seconds=0.001, cap_seconds=0.005, jitter=0)

    assert [limiter.when("a") for _ in range(5)] == [0.001, 0.002, 0.004, 0.005, 0.005]
    assert limiter.retries("a") == 5
    assert [limiter.when("b") for _ in range(2)] == [0.001, 0.002]
    limiter.forget("a")
    limiter.forget("never seen")
    assert (limiter.retries("a"), limiter.retries("b")) == (0, 2)
    assert limiter.when("a") == 0.001


def test_defaults_are_five_milliseconds_to_a_minute():
    """A key fails for the first time for 5 ms and for ever for at most 60 s."""
    limiter = ItemExponential(random=Random(1))
    first, *_, last = (limiter.when("a") for _ in range(30))

    assert 0.005 <= first <= 0.0075
    assert 40 <= last <= 60


def test_many_failures_overflow_nothing():
    """After an outage of days the delay is still the cap."""
    limiter = ItemExponential(random=Random(1), base_seconds=0.005, cap_seconds=60, jitter=0)
    for _ in range(5000):
        last = limiter.when("a")

    assert last == 60
    assert limiter.retries("a") == 5000


def test_jitter_spreads_keys_at_the_cap_too():
    """Keys that have failed together for long do not come back together."""
    limiter = ItemExponential(random=Random(1), base_seconds=1, cap_seconds=60, jitter=0.5)
    delays = []
    for key in range(200):
        for _ in range(10):
            delay = limiter.when(key)
        delays.append(delay)

    assert min(delays) >= 40
    assert max(delays) <= 60
    assert max(delays) - min(delays) > 15


@pytest.mark.parametrize(
    "options",
    [
        {"base_seconds": 0},
        {"base_seconds": 2, "cap_seconds": 1},
        {"jitter": -0.1},
        {"jitter": 1.1},
    ],
)
def test_options_that_make_no_sense_are_refused(options):
    """A limiter that would not limit cannot be made."""
    with pytest.raises(ValueError, match=r"rate limiter needs|share between"):
        ItemExponential(random=Random(1), **options)


def test_a_bucket_lets_a_burst_through_and_then_a_rate():
    """The first keys pass at once, the others queue up at the rate, whichever keys they are."""
    clock = ManualClock()
    limiter = BucketLimiter(clock=clock, per_second=10, burst=3)

    assert [limiter.when(key) for key in "abcde"] == pytest.approx([0, 0, 0, 0.1, 0.2])
    limiter.forget("a")
    assert limiter.retries("a") == 0
    clock.advance(0.15)
    assert limiter.when("f") == pytest.approx(0.15)


def test_a_bucket_holds_no_more_than_a_burst():
    """After a long pause only the burst is there."""
    clock = ManualClock()
    limiter = BucketLimiter(clock=clock, per_second=10, burst=2)
    limiter.when("a")
    clock.advance(3600)

    assert [limiter.when(key) for key in "bcd"] == pytest.approx([0, 0, 0.1])


@pytest.mark.parametrize("options", [{"per_second": 0}, {"burst": 0}])
def test_a_bucket_without_tokens_is_refused(options):
    """A bucket that never gives a token cannot be made."""
    with pytest.raises(ValueError, match="token bucket"):
        BucketLimiter(clock=ManualClock(), **options)


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
