"""The queue that controllers use: de-duplicating, delaying, and patient with what fails."""

from random import Random

from clusterimport.aio import Clock
from clusterimport.workqueue.delaying import DelayingQueue
from clusterimport.workqueue.metrics import QueueMetrics
from clusterimport.workqueue.queue import Sharing
from clusterimport.workqueue.ratelimiters import ItemExponential, RateLimiter
from clusterimport.workqueue.turns import K


class RateLimitingQueue(DelayingQueue[K]):
    """``DelayingQueue`` whose delays come from a ``RateLimiter``.

    A worker calls ``add_rate_limited`` after a failure and ``forget`` after a success, each before
    ``done``.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        limiter: RateLimiter,
        metrics: QueueMetrics | None = None,
        sharing: Sharing[K] | None = None,
    ) -> None:
        super().__init__(name, clock=clock, metrics=metrics, sharing=sharing)
        self._limiter = limiter

    def add_rate_limited(
        self, key: K, *, priority: int | None = None, at_least_seconds: float = 0.0
    ) -> None:
        """Queue the key when the limiter allows it, and not before a server wants it.

        Without a priority a key in process keeps the one it was taken with, so that a failing
        backlog does not turn into fresh events.
        """
        if self.is_shutting_down:
            return
        kept = self.priority_of(key) if priority is None else priority
        self.add_after(key, max(self._limiter.when(key), at_least_seconds), priority=kept)

    def shut_down(self, *, discard: bool = False) -> None:
        """Forget all failures, then as ``DelayingQueue.shut_down``."""
        self._limiter.forget_all()
        super().shut_down(discard=discard)

    def forget(self, key: K) -> None:
        """Forget the failures of the key; does not take it off the queue."""
        self._limiter.forget(key)

    def retries(self, key: K) -> int:
        """Return the number of failures since the last ``forget``."""
        return self._limiter.retries(key)


def rate_limiting_queue(
    name: str,
    *,
    clock: Clock,
    random: Random,
    metrics: QueueMetrics | None = None,
    sharing: Sharing[K] | None = None,
) -> RateLimitingQueue[K]:
    """Return the queue of a controller: 5 ms doubling per failure, cap 60 s, jitter.

    Without client-go's second limiter (10 a second for all keys together), because it would
    stretch the recovery of 10 000 keys over 17 minutes; the server's own 429 is obeyed instead.
    """
    limiter = ItemExponential(random=random)
    return RateLimitingQueue(name, clock=clock, limiter=limiter, metrics=metrics, sharing=sharing)
