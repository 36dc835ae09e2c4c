"""A queue whose keys can be put off: back-off, ``Retry-After``, periodic checks.

Putting off is independent of ``add``: a key that waits for its time can be queued and worked on
meanwhile, and is queued again when its time has come. One timer of the event loop serves all keys.
"""

import asyncio
import heapq
from typing import NamedTuple

from clusterimport.aio import Clock
from clusterimport.workqueue.metrics import QueueMetrics
from clusterimport.workqueue.priorities import current_priority
from clusterimport.workqueue.queue import Sharing, WorkQueue
from clusterimport.workqueue.turns import K

_SLACK_SECONDS = 0.001
"""The loop may fire a timer early by its own resolution; below that a key counts as due."""
_STALE_ALLOWANCE = 64
"""Superseded heap entries that are not worth a rebuild."""


class _Waiting(NamedTuple):
    """Where a key stands: its live heap entry and the priority it will be queued with."""

    deadline: float
    sequence: int
    priority: int


class DelayingQueue(WorkQueue[K]):
    """``WorkQueue`` with ``add_after``; shutting down forgets the keys that wait for their time."""

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        metrics: QueueMetrics | None = None,
        sharing: Sharing[K] | None = None,
    ) -> None:
        super().__init__(name, clock=clock, metrics=metrics, sharing=sharing)
        # Each key in _waiting has exactly one heap entry with its sequence; other entries of the
        # key are superseded and skipped. Sequences also keep keys from being compared.
        self._waiting: dict[K, _Waiting] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._sequence = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_deadline = 0.0

    def add_after(self, key: K, seconds: float, *, priority: int | None = None) -> None:
        """Queue the key ``seconds`` from now; zero or less queues it at once.

        Without a priority it is as urgent as the work that adds it.
        Of several calls for one key the earliest deadline and the highest priority count. Must be
        called on the event loop.
        """
        if self.is_shutting_down:
            return
        self._metrics.inc_retries()
        priority = current_priority() if priority is None else priority
        if seconds <= 0:
            self.add(key, priority=priority)
            return
        deadline = self._clock.monotonic() + seconds
        waiting = self._waiting.get(key)
        if waiting is not None:
            priority = max(priority, waiting.priority)
            if waiting.deadline <= deadline:
                self._waiting[key] = waiting._replace(priority=priority)
                return
        self._sequence += 1
        self._waiting[key] = _Waiting(deadline, self._sequence, priority)
        heapq.heappush(self._heap, (deadline, self._sequence, key))
        self._drop_superseded()
        self._arm()

    def shut_down(self, *, discard: bool = False) -> None:
        """Forget the keys that wait for their time, then as ``WorkQueue.shut_down``."""
        self._forget_waiting()
        super().shut_down(discard=discard)

    @property
    def waiting(self) -> int:
        """Number of keys that wait for their time."""
        return len(self._waiting)

    def _forget_waiting(self) -> None:
        self._waiting.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drop_superseded(self) -> None:
        if len(self._heap) > 2 * len(self._waiting) + _STALE_ALLOWANCE:
            self._heap = [
                (waiting.deadline, waiting.sequence, key) for key, waiting in self._waiting.items()
            ]
            heapq.heapify(self._heap)

    def _arm(self) -> None:
        """Make the one timer fire for the earliest entry."""
        deadline = self._heap[0][0]
        if self._timer is not None:
            if self._timer_deadline <= deadline:
                return
            self._timer.cancel()
        delay = max(deadline - self._clock.monotonic(), 0.0)
        self._timer = asyncio.get_running_loop().call_later(delay, self._fire)
        self._timer_deadline = deadline

    def _fire(self) -> None:
        self._timer = None
        due = self._clock.monotonic() + _SLACK_SECONDS
        while self._heap and self._heap[0][0] <= due:
            _, sequence, key = heapq.heappop(self._heap)
            waiting = self._waiting.get(key)
            if waiting is not None and waiting.sequence == sequence:
                del self._waiting[key]
                self.add(key, priority=waiting.priority)
        if self._heap:
            self._arm()
