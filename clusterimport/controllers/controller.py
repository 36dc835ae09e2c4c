"""The generic controller: a queue, workers, and everything that business code should not know.

Time limit, log context, metrics, the treatment of failures and the drain at the end are here, so
that a reconciler is only its own logic.
"""

import asyncio
import itertools
from collections.abc import Callable
from typing import Generic

import structlog

from clusterimport.aio import Clock, StepBudget, Stepping
from clusterimport.controllers.metrics import ControllerMetrics
from clusterimport.controllers.result import K, Reconciler, Result, TerminalError
from clusterimport.kube import errors
from clusterimport.limits.requests import RECONCILE_SECONDS
from clusterimport.traces import stack_of
from clusterimport.workqueue import RateLimitingQueue, ShutDown, working_at

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 4.0
"""How long a stop waits for reconciles. Where the server does not answer, the release of the lease
may take 4.5 s more; a stop has 10 s altogether."""


class Controller(Generic[K]):
    """Runs one reconciler for the keys of one queue.

    Promises: at most one reconcile per key at a time; every key that was added is looked at after
    the addition; a failure is logged once, here, and retried. Not promised: order among keys.
    """

    def __init__(
        self,
        name: str,
        reconciler: Reconciler[K],
        queue: RateLimitingQueue[K],
        *,
        workers: int,
        clock: Clock,
        metrics: ControllerMetrics,
        budget: StepBudget,
        may_drain: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name = name
        self.queue = queue
        self._reconciler = reconciler
        self._workers = workers
        self._clock = clock
        self._metrics = metrics
        self._budget = budget
        self._may_drain = may_drain
        self._serial = itertools.count(1)
        # Until when the server asked not to be tried again, whatever event comes meanwhile. Each of
        # these keys is queued for that time.
        self._not_before: dict[K, float] = {}
        # Keys of which the log says that they fail.
        self._failing: set[K] = set()

    async def run(self) -> None:
        """Work until cancelled; then finish what is under way, if that may still write.

        A stop waits up to DRAIN_SECONDS; a lost lease ends everything at once.
        """
        self._metrics.controller_started(self.name, self._workers)
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(self._work(), name=f"{self.name}-{number}")
                for number in range(self._workers)
            ]
            try:
                await asyncio.Event().wait()
            finally:
                self.queue.shut_down(discard=True)
                await _finish(workers, DRAIN_SECONDS if self._may_drain() else 0.0)

    async def _work(self) -> None:
        while True:
            try:
                key = await self.queue.get()
            except ShutDown:
                return
            work = Stepping(self._reconcile(key), self._budget)
            try:
                await work
            finally:
                self.queue.done(key, held_seconds=work.held_seconds)

    async def _reconcile(self, key: K) -> None:
        left = self._not_before.get(key, 0.0) - self._clock.monotonic()
        if left > 0:
            self.queue.add_after(key, left, priority=self.queue.priority_of(key))
            return
        self._not_before.pop(key, None)
        started = self._clock.monotonic()
        self._metrics.active_workers(self.name, 1)
        outcome = "error"
        context = {"controller": self.name, "key": str(key), "reconcile_id": next(self._serial)}
        try:
            urgency = working_at(self.queue.priority_of(key))
            with structlog.contextvars.bound_contextvars(**context), urgency:
                outcome = await self._guarded(key)
        finally:
            self._metrics.active_workers(self.name, -1)
            self._metrics.reconciled(self.name, outcome, self._clock.monotonic() - started)

    async def _guarded(self, key: K) -> str:
        try:
            async with asyncio.timeout(RECONCILE_SECONDS):
                result = await self._reconciler.reconcile(key)
        except TerminalError as error:
            self.queue.forget(key)
            self._failing.discard(key)
            self._metrics.reconcile_failed(self.name, "terminal")
            log.error("reconcile refused", error=str(error))  # noqa: TRY400 - no traceback wanted
            return "error"
        except errors.GateClosed:
            # The lease is lost or about to be. If it is, the term ends, and the next leader looks
            # at all; if it was renewed after all, nobody else would come back to the key.
            self.queue.add_rate_limited(key)
            return "error"
        except errors.KubeError as error:
            if isinstance(error, errors.ApiError) and error.turnstile is not None:
                self._wait(key, error, error.turnstile)
                return "error"
            self._retry_after(key, error)
            self._metrics.reconcile_failed(self.name, "error")
            self._say_failing(key, error)
            return "error"
        except TimeoutError:
            self.queue.add_rate_limited(key)
            self._metrics.reconcile_failed(self.name, "timeout")
            log.warning("reconcile timed out", seconds=RECONCILE_SECONDS)
            return "error"
        except Exception as error:  # noqa: BLE001 - one object must not stop the others
            # The text of an unknown exception may quote data: only class and place are told.
            self.queue.add_rate_limited(key)
            self._metrics.reconcile_failed(self.name, "panic")
            kind, stack = type(error).__name__, stack_of(error)
            log.error("reconcile crashed", error_class=kind, stack=stack)  # noqa: TRY400
            return "error"
        return self._settle(key, result)

    def _retry_after(self, key: K, error: errors.KubeError) -> None:
        asked = errors.retry_after_of(error)
        if asked:
            self._not_before[key] = self._clock.monotonic() + asked
        self.queue.add_rate_limited(key, at_least_seconds=asked)

    def _say_failing(self, key: K, error: errors.KubeError) -> None:
        """Say the first failure of a row; the others are no news, and the last is said, too."""
        say = log.debug if key in self._failing else log.warning
        self._failing.add(key)
        say("reconcile failed", error=str(error), retries=self.queue.retries(key))

    def _wait(self, key: K, error: errors.ApiError, turnstile: errors.Turnstile) -> None:
        """Come back to a key when what is refused to all objects of a type is tried again."""
        priority = self.queue.priority_of(key)
        turnstile.wait((self.name, key), lambda: self.queue.add(key, priority=priority))
        self.queue.forget(key)
        self._metrics.reconcile_failed(self.name, "error")
        log.debug("reconcile waits", error=str(error))

    def _settle(self, key: K, result: Result) -> str:
        if key in self._failing:
            self._failing.discard(key)
            log.info("reconcile recovered", failures=self.queue.retries(key))
        self.queue.forget(key)
        if result.requeue_after is None:
            return "success"
        # A backlog that looks again is a backlog still.
        priority = self.queue.priority_of(key)
        self.queue.add_after(key, result.requeue_after, priority=priority)
        return "requeue_after"


async def _finish(workers: list[asyncio.Task[None]], seconds: float) -> None:
    """Let workers end by themselves, and cancel those that do not in time."""
    try:
        _, late = await asyncio.wait(workers, timeout=seconds)
        if late and seconds:
            log.warning("drain timed out", seconds=seconds, workers=len(late))
    finally:
        for worker in workers:
            worker.cancel()
