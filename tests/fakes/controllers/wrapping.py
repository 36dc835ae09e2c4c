"""The wrapper around a reconciler that answers as a test tells it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

from structlog.testing import capture_logs

from clusterimport.aio import StepBudget, SystemClock
from clusterimport.controllers.controller import Controller
from clusterimport.controllers.result import DONE, Reconciler, Result
from clusterimport.kube import errors
from clusterimport.workqueue import RateLimitingQueue, rate_limiting_queue


class CountedMetrics:
    """Remembers what was counted."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int]] = []
        self.results: list[str] = []
        self.seconds: list[float] = []
        self.failures: Counter[str] = Counter()
        self.active = 0
        self.most = 0

    def controller_started(self, controller: str, workers: int) -> None:
        self.started.append((controller, workers))

    def reconciled(self, controller: str, result: str, seconds: float) -> None:
        self.results.append(result)
        self.seconds.append(seconds)

    def reconcile_failed(self, controller: str, kind: str) -> None:
        self.failures[kind] += 1

    def active_workers(self, controller: str, delta: int) -> None:
        self.active += delta
        self.most = max(self.most, self.active)


class ScriptedReconciler:
    """A reconciler that answers from a list, then with success; an answer may take a while."""

    def __init__(self, *answers: Result | BaseException, seconds: float = 0.0) -> None:
        self.answers = list(answers)
        self.seconds = seconds
        self.calls: list[tuple[str, float]] = []
        self.ended: list[str] = []

    async def reconcile(self, key: str) -> Result:
        self.calls.append((key, asyncio.get_running_loop().time()))
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else DONE
        self.ended.append(key)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def times(self) -> list[float]:
        return [time for _, time in self.calls]


class ControllerRig:
    """A wrapper and its queue."""

    def __init__(
        self,
        reconciler: Reconciler[str],
        *,
        workers: int = 1,
        may_drain: Callable[[], bool] = lambda: True,
    ) -> None:
        self.metrics = CountedMetrics()
        self.queue: RateLimitingQueue[str] = rate_limiting_queue(
            "test", clock=SystemClock(), random=Random(1)
        )
        self.controller = Controller(
            "test",
            reconciler,
            self.queue,
            workers=workers,
            clock=SystemClock(),
            metrics=self.metrics,
            budget=StepBudget(),
            may_drain=may_drain,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.controller.run())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def run(
    reconciler: Reconciler[str], *keys: str, seconds: float = 1.0
) -> tuple[ControllerRig, list[MutableMapping[str, Any]]]:
    """Let a controller work on keys for a while; return it with its metrics and its log."""
    rig = ControllerRig(reconciler)
    with capture_logs() as logs:
        async with rig.running():
            for key in keys or ("a",):
                rig.queue.add(key)
            await asyncio.sleep(seconds)
    return rig, [entry for entry in logs if entry["event"].startswith("reconcile")]


def api(kind: type[errors.ApiError], code: int, **fields: Any) -> errors.ApiError:
    return kind(code, kind.__name__, **fields)
