"""The one source of time.

Durations are measured on the event loop's own clock (``CLOCK_MONOTONIC``), which goes on while the
process is stopped and does not follow steps of the wall clock; wall time goes only into records
that are written to the API server.
"""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the rest of the program may know about time."""

    def monotonic(self) -> float:
        """Seconds on a clock that never steps; only differences mean anything."""

    def now(self) -> datetime:
        """Wall time, timezone-aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Suspend the calling task; zero or less only yields to the loop."""


class SystemClock:
    """The clock of the running event loop, so that a virtual loop makes virtual time."""

    def monotonic(self) -> float:
        """Return the loop's time in seconds."""
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        """Return the wall time in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Suspend the calling task for ``seconds``."""
        await asyncio.sleep(max(seconds, 0.0))
