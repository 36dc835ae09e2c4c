"""A queue of keys that is fair, stingy and safe for many producers and workers.

Stingy: a key that is queued several times is worked on once. Safe: a key is never in the hands of
two workers; if it is added meanwhile, it is queued again when the first is done. Fair: first come,
first served among keys of one priority, and higher priorities first. The rules are client-go's
(``util/workqueue``), the priorities are controller-runtime's (``pkg/controller/priorityqueue``).
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

from clusterimport.aio import Clock
from clusterimport.workqueue.errors import Empty, NotProcessing, ShutDown
from clusterimport.workqueue.metrics import NullQueueMetrics, QueueMetrics

K = TypeVar("K", bound=Hashable)

FRESH = 0
"""Priority of what has just happened."""
BACKLOG = -100
"""Priority of initial lists and resyncs, so that 10 000 of them never delay one fresh event."""


class _Work(NamedTuple):
    """How a key got into process."""

    priority: int
    started: float


class WorkQueue(Generic[K]):
    """De-duplicating FIFO with priorities.

    A worker loops over ``get`` and calls ``done`` for every key it got, also when it failed or was
    cancelled (``finally``). Not promised: that each ``add`` leads to a run of its own.
    """

    def __init__(self, name: str, *, clock: Clock, metrics: QueueMetrics | None = None) -> None:
        self.name = name
        self._clock = clock
        self._metrics: QueueMetrics = metrics or NullQueueMetrics()
        # A key is in _priorities if and only if it is in exactly one level, that of its priority.
        # Levels are never empty. They hold the moment of the first add.
        self._priorities: dict[K, int] = {}
        self._levels: dict[int, OrderedDict[K, float]] = {}
        # A key in _processing is in no level; a key in _dirty is in _processing, and waits for
        # its ``done``: (highest priority asked, moment of the first add).
        self._processing: dict[K, _Work] = {}
        self._dirty: dict[K, tuple[int, float]] = {}
        self._getters: deque[asyncio.Future[None]] = deque()
        self._shutting_down = False
        self._drained = asyncio.Event()
        self._metrics.attach(self)

    def add(self, key: K, *, priority: int = FRESH) -> None:
        """Queue the key, or raise the priority of one that is queued; ignored after shut-down.

        A key in process is queued again when it is done, at the highest priority asked for.
        """
        if self._shutting_down:
            return
        now = self._clock.monotonic()
        if key in self._processing:
            if key not in self._dirty:
                self._metrics.inc_adds()
            asked, since = self._dirty.get(key, (priority, now))
            self._dirty[key] = (max(asked, priority), since)
            return
        queued = self._priorities.get(key)
        if queued is None:
            self._metrics.inc_adds()
            self._push(key, priority, now)
            self._wake_next()
        elif priority > queued:
            self._push(key, priority, self._pull(key, queued))

    async def get(self) -> K:
        """Take the next key; wait for one if there is none.

        Always lets other tasks run once, so that workers whose keys need no I/O cannot hold the
        loop. A cancelled ``get`` takes nothing.

        Raises:
            ShutDown: the queue was shut down and is empty.

        """
        await asyncio.sleep(0)
        while True:
            try:
                return self.get_nowait()
            except Empty:
                await self._wait()

    def get_nowait(self) -> K:
        """Take the next key.

        Raises:
            Empty: nothing is queued.
            ShutDown: nothing is queued, and nothing ever will be: see ``shut_down``.

        """
        if not self._levels:
            if self._shutting_down:
                raise ShutDown(self.name)
            raise Empty(self.name)
        priority = max(self._levels)
        key = next(iter(self._levels[priority]))
        since = self._pull(key, priority)
        now = self._clock.monotonic()
        self._metrics.observe_queue_duration(now - since)
        self._processing[key] = _Work(priority, now)
        return key

    def done(self, key: K) -> None:
        """Give the key back; it is queued again if it was added since it was taken.

        Raises:
            NotProcessing: nobody has taken this key.

        """
        work = self._processing.pop(key, None)
        if work is None:
            raise NotProcessing(self.name)
        self._metrics.observe_work_duration(self._clock.monotonic() - work.started)
        if key in self._dirty:
            self._push(key, *self._dirty.pop(key))
            self._wake_next()
        elif not self._is_busy():
            self._drained.set()

    def priority_of(self, key: K) -> int:
        """Return the priority a key in process was taken with, so that a retry can keep it."""
        work = self._processing.get(key)
        return FRESH if work is None else work.priority

    def shut_down(self, *, discard: bool = False) -> None:
        """Ignore additions from now on; workers get what is left, then ``ShutDown``.

        A ``drain`` that waits returns at once. With ``discard`` what is queued, or would be when
        its present run is done, is forgotten: only the runs under way end normally.
        """
        self._shutting_down = True
        if discard:
            for priority in self._levels:
                self._metrics.set_depth(priority, 0)
            self._levels.clear()
            self._priorities.clear()
            self._dirty.clear()
        self._wake_all()
        self._drained.set()

    async def drain(self) -> None:
        """Shut down and wait until every key that is queued or in process is done.

        Unbounded: the caller puts a time limit around it, or calls ``shut_down``.
        """
        self._shutting_down = True
        self._wake_all()
        if self._is_busy():
            self._drained.clear()
            await self._drained.wait()

    @property
    def is_shutting_down(self) -> bool:
        """Whether additions are ignored."""
        return self._shutting_down

    def unfinished_work_seconds(self) -> float:
        """Sum of the seconds that all keys in process have been there."""
        now = self._clock.monotonic()
        return sum(now - work.started for work in self._processing.values())

    def longest_running_seconds(self) -> float:
        """Seconds that the oldest key in process has been there, 0 if there is none."""
        now = self._clock.monotonic()
        return max((now - work.started for work in self._processing.values()), default=0.0)

    def __len__(self) -> int:
        """Return the number of queued keys, without those in process."""
        return len(self._priorities)

    def __bool__(self) -> bool:
        return True  # an empty queue is still a queue: ``queue or default`` must not drop it

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {len(self)}+{len(self._processing)}>"

    def _is_busy(self) -> bool:
        return bool(self._levels or self._processing)

    def _push(self, key: K, priority: int, since: float) -> None:
        level = self._levels.setdefault(priority, OrderedDict())
        level[key] = since
        self._priorities[key] = priority
        self._metrics.set_depth(priority, len(level))

    def _pull(self, key: K, priority: int) -> float:
        level = self._levels[priority]
        since = level.pop(key)
        del self._priorities[key]
        if not level:
            del self._levels[priority]
        self._metrics.set_depth(priority, len(level))
        return since

    async def _wait(self) -> None:
        getter = asyncio.get_running_loop().create_future()
        self._getters.append(getter)
        try:
            await getter
        except asyncio.CancelledError:
            if not getter.cancelled():
                # The wake-up had come already: hand it on, or its key waits for the next add.
                self._wake_next()
            raise
        finally:
            if getter in self._getters:
                self._getters.remove(getter)

    def _wake_next(self) -> None:
        while self._getters:
            getter = self._getters.popleft()
            if not getter.done():
                getter.set_result(None)
                return

    def _wake_all(self) -> None:
        while self._getters:
            self._wake_next()
