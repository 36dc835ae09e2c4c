"""A queue of keys that is fair, stingy and safe for many producers and workers.

Stingy: a key that is queued several times is worked on once. Safe: a key is never in the hands of
two workers; if it is added meanwhile, it is queued again when the first is done. Fair: higher
priorities first, groups of keys in turns, and first come, first served within a group (``turns``).
The rules are client-go's (``util/workqueue``), the priorities are controller-runtime's
(``pkg/controller/priorityqueue``).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, NamedTuple

from clusterimport.aio import Clock
from clusterimport.workqueue.errors import Empty, NotProcessing, ShutDown
from clusterimport.workqueue.looptime import LoopTime
from clusterimport.workqueue.metrics import NullQueueMetrics, QueueMetrics
from clusterimport.workqueue.priorities import FRESH, current_priority
from clusterimport.workqueue.turns import K, QueuePlace, Turns


@dataclass(frozen=True, slots=True)
class Sharing(Generic[K]):
    """How groups of keys share a queue and its workers.

    A group is given a worker only while it holds fewer than are free: one that is greedy has half
    of the workers at most, and N of them leave one in N + 1 to the others. So keys that take long,
    for want of an answer, do not hold up those of another group.

    Its backlog is counted by itself, and a quarter of the workers is not for backlogs at all: what
    happens while these take long finds a worker, also where it is the same group's.
    """

    group: Callable[[K], Hashable]
    """Asked when a key is queued; what it answers counts until the key is done."""
    workers: int
    """How many loop over ``get``."""
    loop_time: LoopTime | None = None
    """Has groups wait that have held the loop for longer than others who are at work."""

    def workers_for(self, priority: int) -> int:
        """Return how many of the workers keys of a priority may have altogether."""
        return self.workers if priority >= FRESH else self.workers - self.workers // 4


class _Work(NamedTuple):
    """How a key got into process."""

    place: QueuePlace
    started: float


class WorkQueue(Generic[K]):
    """De-duplicating FIFO with priorities and groups.

    A worker loops over ``get`` and calls ``done`` for every key it got, also when it failed or was
    cancelled (``finally``). Without ``sharing`` all keys are one group, which may have all workers.
    Not promised: that each ``add`` leads to a run of its own.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        metrics: QueueMetrics | None = None,
        sharing: Sharing[K] | None = None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._metrics: QueueMetrics = metrics or NullQueueMetrics()
        self._sharing = sharing
        self._turns: Turns[K] = Turns()
        # A key in _processing does not wait for a turn; a key in _dirty is in _processing, and
        # waits for its ``done``: (highest priority asked, moment of the first add).
        self._processing: dict[K, _Work] = {}
        self._dirty: dict[K, tuple[int, float]] = {}
        # Keys in process by where they stood in line; no zeros.
        self._held: Counter[QueuePlace] = Counter()
        self._getters: list[asyncio.Future[None]] = []
        self._shutting_down = False
        self._metrics.attach(self)
        if sharing is not None and sharing.loop_time is not None:
            sharing.loop_time.subscribe(self._wake_for_turn)

    def add(self, key: K, *, priority: int | None = None) -> None:
        """Queue the key, or raise the priority of one that is queued; ignored after shut-down.

        Without a priority it is as urgent as the work that adds it. A key in process is queued
        again when it is done, at the highest priority asked for.
        """
        if self._shutting_down:
            return
        priority = current_priority() if priority is None else priority
        now = self._clock.monotonic()
        if key in self._processing:
            if key not in self._dirty:
                self._metrics.inc_adds()
            asked, since = self._dirty.get(key, (priority, now))
            self._dirty[key] = (max(asked, priority), since)
            return
        place = self._turns.place_of(key)
        if place is None:
            self._metrics.inc_adds()
            if self._may_have_worker(self._push(key, priority, now)):
                self._wake_next()
        elif priority > place.priority:
            since = self._turns.pull(key)
            self._tell_depth(place.priority)
            self._push(key, priority, since)

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
            Empty: nothing is queued, or only for groups that have their share of the workers or
                of the event loop.
            ShutDown: nothing is queued, and nothing will be: see ``shut_down``.

        """
        if not self._turns and self._shutting_down:
            raise ShutDown(self.name)
        turn = self._turns.take(self._may_have_worker)
        if turn is None:
            raise Empty(self.name)
        key, place, since = turn
        self._tell_depth(place.priority)
        now = self._clock.monotonic()
        self._metrics.observe_queue_duration(now - since)
        self._processing[key] = _Work(place, now)
        self._held[place] += 1
        if self._sharing is not None and self._sharing.loop_time is not None:
            self._sharing.loop_time.begin(place.group)
        self._pass_on()
        return key

    def done(self, key: K, *, held_seconds: float = 0.0) -> None:
        """Give the key back; it is queued again if it was added since it was taken.

        For how long it has held the loop counts against its group.

        Raises:
            NotProcessing: nobody has taken this key.

        """
        work = self._processing.pop(key, None)
        if work is None:
            raise NotProcessing(self.name)
        self._metrics.observe_work_duration(self._clock.monotonic() - work.started)
        self._held[work.place] -= 1
        if not self._held[work.place]:
            del self._held[work.place]
        if self._sharing is not None and self._sharing.loop_time is not None:
            self._sharing.loop_time.end(work.place.group, held_seconds)
        if key in self._dirty:
            self._push(key, *self._dirty.pop(key))
        if self._turns:
            # The key itself, or one whose group may have a worker now.
            self._wake_for_turn()

    def priority_of(self, key: K) -> int:
        """Return the priority a key in process was taken with, so that a retry can keep it."""
        work = self._processing.get(key)
        return FRESH if work is None else work.place.priority

    def shut_down(self, *, discard: bool = False) -> None:
        """Ignore additions from now on; workers get what is left, then ``ShutDown``.

        With ``discard`` what is queued, or would be when
        its present run is done, is forgotten: only the runs under way end normally.
        """
        self._shutting_down = True
        if discard:
            priorities = self._turns.priorities
            self._turns.clear()
            for priority in priorities:
                self._tell_depth(priority)
            self._dirty.clear()
        self._wake_all()

    def reopen(self) -> None:
        """Take additions again; all workers of before have ended."""
        self._shutting_down = False

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

    def waiting_in(self, group: Hashable) -> int:
        """Return the number of queued keys of a group, without those in process."""
        return self._turns.waiting_in(group)

    def __len__(self) -> int:
        """Return the number of queued keys, without those in process."""
        return len(self._turns)

    def __bool__(self) -> bool:
        return True  # an empty queue is still a queue: ``queue or default`` must not drop it

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {len(self)}+{len(self._processing)}>"

    def _push(self, key: K, priority: int, since: float) -> QueuePlace:
        group = self._sharing.group(key) if self._sharing else None
        self._metrics.set_depth(priority, self._turns.push(key, priority, group, since))
        return QueuePlace(priority, group)

    def _tell_depth(self, priority: int) -> None:
        self._metrics.set_depth(priority, self._turns.waiting_at(priority))

    def _may_have_worker(self, place: QueuePlace) -> bool:
        if self._sharing is None:
            return True
        free = self._sharing.workers_for(place.priority) - len(self._processing)
        if self._held[place] >= free:
            return False
        return self._sharing.loop_time is None or self._sharing.loop_time.may_begin(place.group)

    def _pass_on(self) -> None:
        """Let workers that wait see what one that took a key has changed.

        One that goes may let several groups have another; and the last key of a queue that shuts
        down frees those that wait for it in vain.
        """
        if self._turns:
            self._wake_for_turn()
        elif self._shutting_down:
            self._wake_all()

    async def _wait(self) -> None:
        getter = asyncio.get_running_loop().create_future()
        self._getters.append(getter)
        try:
            await getter
        except asyncio.CancelledError:
            if getter.cancelled():
                with suppress(ValueError):  # whoever wanted to wake it may have dropped it
                    self._getters.remove(getter)
            else:
                # The wake-up had come already: hand it on, or its key waits for the next add.
                self._wake_next()
            raise

    def _wake_for_turn(self) -> None:
        """Wake one, unless nobody who waits may have a turn: then what changes that wakes it."""
        if self._getters and self._turns.has_turn(self._may_have_worker):
            self._wake_next()

    def _wake_next(self) -> None:
        # Who began to wait last: of very many workers only as many are used as are needed, and
        # what each has touched stays in the processor's caches.
        while self._getters:
            getter = self._getters.pop()
            if not getter.done():
                getter.set_result(None)
                return

    def _wake_all(self) -> None:
        while self._getters:
            self._wake_next()
