"""The queue that controllers use: de-duplicating, delaying, and patient with what fails.

How long a key has to wait before it is tried again is pure arithmetic: no task, no timer. The
figures are client-go's (``util/workqueue/default_rate_limiters.go``) but for the cap: 1 000 s would
leave a cluster unimported for a quarter of an hour after the API server is well again.
"""

from collections.abc import Hashable
from random import Random
from typing import Protocol

from clusterimport.aio import Clock
from clusterimport.workqueue.delaying import DelayingQueue
from clusterimport.workqueue.metrics import QueueMetrics
from clusterimport.workqueue.queue import Sharing
from clusterimport.workqueue.turns import K

_ROUNDING = 1e-6
_MAX_DOUBLINGS = 64
"""``2.0 ** 1024`` overflows; no cap is reached later than this."""


class RateLimiter(Protocol):
    """Decides on the next try of a key."""

    def when(self, key: Hashable) -> float:
        """Count a failure of the key and return the seconds to wait."""

    def forget(self, key: Hashable) -> None:
        """Forget the failures of the key, because it succeeded or is given up."""

    def forget_all(self) -> None:
        """Forget the failures of all keys."""

    def retries(self, key: Hashable) -> int:
        """Return the number of failures since the last ``forget``."""


class ItemExponential:
    """Doubles per failure of one key, up to a cap, with jitter below the cap.

    Jitter spreads keys that failed together (an outage), at the cap too.
    """

    def __init__(
        self,
        *,
        random: Random,
        base_seconds: float = 0.005,
        cap_seconds: float = 60.0,
        jitter: float = 0.5,
    ) -> None:
        if not 0 < base_seconds <= cap_seconds:
            raise ValueError("a rate limiter needs 0 < base_seconds <= cap_seconds")
        if not 0 <= jitter <= 1:
            raise ValueError("jitter is a share between 0 and 1")
        self._random = random
        self._base_seconds = base_seconds
        self._ceiling_seconds = cap_seconds / (1 + jitter)
        self._jitter = jitter
        self._failures: dict[Hashable, int] = {}

    def when(self, key: Hashable) -> float:
        """Count a failure of the key and return the seconds to wait."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = self._base_seconds * 2.0 ** min(failures, _MAX_DOUBLINGS)
        return min(delay, self._ceiling_seconds) * (1 + self._jitter * self._random.random())

    def forget(self, key: Hashable) -> None:
        """Start the key over."""
        self._failures.pop(key, None)

    def forget_all(self) -> None:
        """Start all keys over."""
        self._failures.clear()

    def retries(self, key: Hashable) -> int:
        """Return the number of failures since the last ``forget``."""
        return self._failures.get(key, 0)


class BucketLimiter:
    """A token bucket over all keys together; it knows nothing of single keys."""

    def __init__(self, *, clock: Clock, per_second: float = 10.0, burst: int = 100) -> None:
        if per_second <= 0 or burst < 1:
            raise ValueError("a token bucket needs per_second > 0 and burst >= 1")
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        # Below zero: tokens that are promised to earlier callers.
        self._tokens = float(burst)
        self._counted_at: float | None = None

    def when(self, key: Hashable) -> float:  # noqa: ARG002 (protocol)
        """Take one token and return the seconds until it exists."""
        now = self._clock.monotonic()
        if self._counted_at is not None:
            gained = (now - self._counted_at) * self._per_second
            self._tokens = min(self._tokens + gained, float(self._burst))
        self._counted_at = now
        self._tokens -= 1
        return max(-self._tokens / self._per_second, 0.0)

    def seconds_left(self) -> float:
        """Return the seconds until there is a token, and take none; 0 if there is one."""
        since = self._clock.monotonic() - (self._counted_at or 0.0)
        tokens = self._tokens + since * self._per_second
        # What is left of it by rounding is no time that a timer could wait for.
        return (1 - tokens) / self._per_second if tokens < 1 - _ROUNDING else 0.0

    def forget(self, key: Hashable) -> None:
        """Do nothing: a token that was taken stays taken."""

    def forget_all(self) -> None:
        """Do nothing, as ``forget``."""

    def retries(self, key: Hashable) -> int:  # noqa: ARG002 (protocol)
        """Return 0: keys are not counted here."""
        return 0


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
