"""The line in which requests wait for a turn: a free slot and, where there is a limit, a token.

What has just happened goes before the backlog of a start (``workqueue.priorities``): a request has
neither slot nor token before its turn has come, so that one that comes later and is more urgent
finds both. First come, first served among equals; of FRESH_TURNS + 1 turns the backlog has one.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clusterimport.aio import Clock
from clusterimport.limits.requests import FRESH_TURNS
from clusterimport.workqueue import FRESH, BucketLimiter, current_priority


class RequestLine:
    """Admits at most ``slots`` requests at a time, and no more per second than the limiter has."""

    def __init__(self, slots: int, *, clock: Clock, limiter: BucketLimiter | None = None) -> None:
        self._clock = clock
        self._limiter = limiter
        self._free = slots
        self._fresh: deque[asyncio.Future[None]] = deque()
        self._backlog: deque[asyncio.Future[None]] = deque()
        # Turns in a row that left a backlog waiting.
        self._passed_over = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit per second."""
        return self._limiter is not None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[float]:
        """Wait for a turn, which lasts as long as the block; give the seconds that it took."""
        waited_seconds = await self._enter()
        try:
            yield waited_seconds
        finally:
            self._leave()

    async def _enter(self) -> float:
        started = self._clock.monotonic()
        turn = asyncio.get_running_loop().create_future()
        (self._fresh if current_priority() >= FRESH else self._backlog).append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # The turn had come already.
                self._leave()
            raise
        return self._clock.monotonic() - started

    def _leave(self) -> None:
        self._free += 1
        self._admit()

    def _admit(self) -> None:
        """Give turns as long as there is a slot, a token, and somebody who waits."""
        while self._free and (line := self._next()):
            wait_seconds = self._limiter.seconds_left() if self._limiter is not None else 0.0
            if wait_seconds > 0:
                self._admit_after(wait_seconds)
                return
            if self._limiter is not None:
                self._limiter.when(None)
            is_passing = line is self._fresh and bool(self._backlog)
            self._passed_over = self._passed_over + 1 if is_passing else 0
            self._free -= 1
            line.popleft().set_result(None)

    def _next(self) -> deque[asyncio.Future[None]] | None:
        for line in (self._fresh, self._backlog):
            while line and line[0].done():
                line.popleft()
        if self._backlog and (not self._fresh or self._passed_over >= FRESH_TURNS):
            return self._backlog
        return self._fresh or None

    def _admit_after(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._admit()
