"""Exponential back-off with a cap, jitter and a reset after a healthy spell.

The figures are client-go's for a reflector unless the caller says otherwise
(``tools/cache/reflector.go``: 800 ms, factor 2, cap 30 s, reset after 2 min).
"""

from dataclasses import dataclass
from random import Random

from clusterimport.aio.clock import Clock


@dataclass(frozen=True, slots=True)
class BackoffOptions:
    """How long to wait after the n-th failure in a row."""

    initial_seconds: float = 0.8
    """First delay; below it a crashing server is hit more often than it can recover."""
    factor: float = 2.0
    """Growth per failure."""
    cap_seconds: float = 30.0
    """Longest delay, jitter included."""
    jitter: float = 0.5
    """Share of the delay that is random, so that many clients do not come back together."""
    reset_after_seconds: float = 120.0
    """A spell without a failure after which the next delay is the first one again."""

    def __post_init__(self) -> None:
        """Refuse figures that would make a hot loop."""
        if self.initial_seconds <= 0 or self.factor < 1 or self.cap_seconds < self.initial_seconds:
            raise ValueError("back-off needs 0 < initial_seconds <= cap_seconds and factor >= 1")
        if not 0 <= self.jitter <= 1:
            raise ValueError("back-off jitter is a share between 0 and 1")


class Backoff:
    """Delays of one retry loop; ``next_seconds`` is called once per failure."""

    def __init__(self, options: BackoffOptions, *, clock: Clock, random: Random) -> None:
        self._options = options
        self._clock = clock
        self._random = random
        self._failures = 0
        self._last_failure: float | None = None

    def next_seconds(self) -> float:
        """Return the seconds to wait before the next try."""
        now = self._clock.monotonic()
        idle = self._options.reset_after_seconds
        if self._last_failure is not None and now - self._last_failure > idle:
            self._failures = 0
        self._last_failure = now
        # The exponent is bounded, because 2.0 ** 1024 overflows after a long outage.
        delay = self._options.initial_seconds * self._options.factor ** min(self._failures, 64)
        self._failures += 1
        # Cut before the jitter: at the cap is where clients that failed together have to spread.
        ceiling = self._options.cap_seconds / (1.0 + self._options.jitter)
        return min(delay, ceiling) * (1.0 + self._options.jitter * self._random.random())

    def reset(self) -> None:
        """Start over, because the thing that failed is known to be healthy."""
        self._failures = 0
        self._last_failure = None
