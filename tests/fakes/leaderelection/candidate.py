"""A process that competes for a lease, as seen from outside."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

from clusterimport.aio import SystemClock
from clusterimport.leaderelection import LeaderElectionOptions, LeaderElector, LeaseLock
from tests.fakes.leaderelection.lease import FakeLeases, LeaseServer


class SkewedClock(SystemClock):
    """The loop's clock at another rate, with wall time that can be stepped."""

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate
        self.step_seconds = 0.0

    def monotonic(self) -> float:
        return super().monotonic() * self.rate

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.step_seconds)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / self.rate)


class RecordingLeaderMetrics:
    """Public attributes hold what was reported."""

    def __init__(self) -> None:
        self.status: list[bool] = []
        self.slowpath = 0
        self.rivals: list[int] = []
        self.listeners: list[Callable[[], None]] = []

    def set_master_status(self, *, leading: bool) -> None:
        self.status.append(leading)
        for listener in self.listeners:
            listener()

    def inc_slowpath(self) -> None:
        self.slowpath += 1

    def set_rivals(self, number: int) -> None:
        self.rivals.append(number)


class Candidate:
    """An elector with its lock and its way to the server, and a record of when its work ran."""

    def __init__(
        self,
        server: LeaseServer,
        identity: str = "me",
        *,
        rate: float = 1.0,
        seed: int = 1,
        release_on_stop: bool = True,
    ) -> None:
        self.identity = identity
        self.leases = FakeLeases(server)
        self.clock = SkewedClock(rate)
        self.metrics = RecordingLeaderMetrics()
        self.options = LeaderElectionOptions(
            lease_namespace="system", identity=identity, release_on_stop=release_on_stop
        )
        client: Any = self.leases
        lock = LeaseLock(client, namespace="system", name="lease")
        self.elector = LeaderElector(
            lock, self.options, clock=self.clock, random=Random(seed), metrics=self.metrics
        )
        self.drain_seconds = 0.0
        self.crash_after_seconds: float | None = None
        self.return_after_seconds: float | None = None
        self.started: list[float] = []
        self.cancelled: list[float] = []
        self.ended: list[float] = []

    async def lead(self) -> None:
        """Work until cancelled, then take ``drain_seconds`` to end."""
        loop = asyncio.get_running_loop()
        self.started.append(loop.time())
        try:
            if self.crash_after_seconds is not None:
                await asyncio.sleep(self.crash_after_seconds)
                raise ArithmeticError("the work crashed")
            if self.return_after_seconds is not None:
                await asyncio.sleep(self.return_after_seconds)
                return
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.append(loop.time())
            await asyncio.sleep(self.drain_seconds)
            raise
        finally:
            self.ended.append(loop.time())

    @property
    def is_working(self) -> bool:
        """Whether the work runs, be it only to end."""
        return len(self.started) > len(self.ended)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Run the elector for the block; leaving it stops the process in the orderly way."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.elector.run(self.lead), name=self.identity)
            try:
                yield task
            finally:
                task.cancel()


class Referee:
    """Looks, whenever one of the candidates starts or stops, how many of them could write.

    That is often enough: a gate opens when its candidate starts. One that has shut opens again
    only by a renewal that was sent before, and what that wrote nobody has overtaken.
    """

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self.fouls: list[tuple[str, ...]] = []

    def add(self, candidate: Candidate) -> Candidate:
        candidate.metrics.listeners.append(self._look)
        self.candidates.append(candidate)
        return candidate

    def _look(self) -> None:
        leading = tuple(each.identity for each in self.candidates if each.elector.is_leading)
        if len(leading) > 1:
            self.fouls.append(leading)
