"""How late the event loop is: every probe, renewal and watch waits at least that long.

A timer that should fire after a fixed time is compared with the clock when it does. What it is
late is what any other task was late at that moment.
"""

from typing import Protocol

from clusterimport.aio import Clock

INTERVAL_SECONDS = 0.25
"""Often enough to see most blocks of 50 ms, rare enough to cost nothing."""


class LagObserver(Protocol):
    """Takes the measurements."""

    def observe_loop_lag(self, seconds: float) -> None:
        """Record one measurement."""


class LoopLagSampler:
    """Measures for as long as ``run`` runs."""

    def __init__(
        self,
        observer: LagObserver,
        *,
        clock: Clock,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._observer = observer
        self._clock = clock
        self._interval_seconds = interval_seconds

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            due = self._clock.monotonic() + self._interval_seconds
            await self._clock.sleep(self._interval_seconds)
            self._observer.observe_loop_lag(max(0.0, self._clock.monotonic() - due))
