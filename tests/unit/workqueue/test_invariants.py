"""Invariants of the queues under any sequence of calls (I7: no lost key, one run at a time)."""

import asyncio
from collections import Counter
from random import Random

import looptime
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clusterimport.aio import SystemClock
from clusterimport.limits.requests import FRESH_TURNS
from clusterimport.workqueue import (
    BACKLOG,
    FRESH,
    Empty,
    Sharing,
    ShutDown,
    WorkQueue,
    rate_limiting_queue,
)
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.workqueue.queuemetrics import RecordingQueueMetrics

_KEYS = st.sampled_from(["a1", "a2", "a3", "b1", "b2", "c1"])
_PRIORITIES = st.sampled_from([BACKLOG, FRESH, 5])
_WORKERS = 4
_FOR_BACKLOG = 3


class QueueMachine(RuleBasedStateMachine):
    """Compares the queue with a model: what has to be worked on, what is, and how urgently."""

    sharing: Sharing[str] | None = None

    def __init__(self):
        super().__init__()
        self.metrics = RecordingQueueMetrics()
        self.queue = WorkQueue(
            "model", clock=ManualClock(), metrics=self.metrics, sharing=self.sharing
        )
        self.queued: list[tuple[str, int]] = []  # in order of arrival at their priority
        self.turns: dict[int, list[str]] = {}  # groups by priority, the next one first
        self.served: tuple[int, str] | None = None
        self.passed_over = 0  # turns in a row that left something less urgent waiting
        self.places: dict[str, tuple[int, str]] = {}  # those of what is running
        self.running: dict[str, int | None] = {}  # key -> priority of the next run, if wished
        self.shut = False

    def _group(self, key):
        return key[0] if self.sharing else ""

    @rule(key=_KEYS, priority=_PRIORITIES)
    def add(self, key, priority):
        self.queue.add(key, priority=priority)
        if self.shut:
            return
        if key in self.running:
            wished = self.running[key]
            self.running[key] = priority if wished is None else max(wished, priority)
        else:
            self._enqueue(key, priority)

    def _enqueue(self, key, priority):
        present = dict(self.queued).get(key)
        if present is None or priority > present:
            self.queued = [item for item in self.queued if item[0] != key]
            self.queued.append((key, priority))
            self._keep_turns()
            turns = self.turns.setdefault(priority, [])
            if self._group(key) not in turns:
                turns.append(self._group(key))

    def _keep_turns(self):
        for priority, groups in self.turns.items():
            there = {self._group(key) for key, level in self.queued if level == priority}
            groups[:] = [group for group in groups if group in there]

    def _next(self):
        """Return the item whose turn it is, if a group that waits may have a worker."""
        held = list(self.places.values())

        def may_have(place):
            workers = _WORKERS if place[0] >= FRESH else _FOR_BACKLOG
            return not self.sharing or held.count(place) < workers - len(held)

        turns = [
            (priority, group)
            for priority in sorted(self.turns, reverse=True)
            for group in self.turns[priority]
            if may_have((priority, group))
        ]
        if self.served is not None:
            last, served = self.served
            # The sort is stable: other groups that wait less urgently than the last key come first,
            # and after eight turns the same one.
            is_due = self.passed_over >= FRESH_TURNS
            turns.sort(key=lambda turn: not (turn[0] < last and (is_due or turn[1] != served)))
        for priority, group in turns[:1]:
            return next(
                item for item in self.queued if (item[1], self._group(item[0])) == (priority, group)
            )
        return None

    @rule()
    def get(self):
        expected = self._next()
        try:
            key = self.queue.get_nowait()
        except Empty:
            assert expected is None
            assert self.queued or not self.shut
        except ShutDown:
            assert not self.queued
            assert self.shut
        else:
            assert expected is not None
            assert key == expected[0]
            assert key not in self.running
            assert self.queue.priority_of(key) == expected[1]
            self._take(*expected)

    def _take(self, key, priority):
        is_passing = any(level < priority for _, level in self.queued)
        self.passed_over = self.passed_over + 1 if is_passing else 0
        self.places[key] = (priority, self._group(key) if self.sharing else None)
        self.queued.remove((key, priority))
        self.served = (priority, self._group(key))
        turns = self.turns[priority]
        turns.remove(self._group(key))
        turns.append(self._group(key))
        self._keep_turns()
        self.running[key] = None

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def done(self, data):
        key = data.draw(st.sampled_from(sorted(self.running)))
        self.queue.done(key)
        wished = self.running.pop(key)
        del self.places[key]
        if wished is not None:
            self._enqueue(key, wished)

    @rule(discard=st.booleans(), really=st.integers(0, 9))
    def shut_down(self, discard, really):
        if really:
            return  # rarely, or most sequences would be over at once
        self.queue.shut_down(discard=discard)
        self.shut = True
        if discard:
            self.queued.clear()
            self._keep_turns()
            self.running = dict.fromkeys(self.running)

    @invariant()
    def sizes_agree(self):
        queue, turns = self.queue, self.queue._turns
        assert len(queue) == len(self.queued)
        assert sum(self.metrics.depths.values()) == len(self.queued)
        assert set(queue._processing) == set(self.running)
        assert not set(turns._places) & set(queue._processing)
        assert set(queue._dirty) <= set(queue._processing)
        for level in turns._levels.values():
            sizes = [len(group.keys) for group in level.groups.values()]
            assert all(sizes)
            assert level.size == sum(sizes) > 0
        assert queue._held == Counter(self.places.values())

    @invariant()
    def nobody_has_all_workers(self):
        if self.sharing:
            assert len(self.running) <= _WORKERS
            assert all(held <= (_WORKERS + 1) // 2 for held in self.queue._held.values())


class SharedQueueMachine(QueueMachine):
    """The same for a queue that groups share."""

    sharing = Sharing(group=lambda key: key[0], workers=_WORKERS)


TestQueueMachine = QueueMachine.TestCase
TestQueueMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSharedQueueMachine = SharedQueueMachine.TestCase
TestSharedQueueMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["add", "after", "limited"]),
        st.integers(0, 4),  # key
        st.floats(0, 3),  # pause before the change
        st.floats(0, 5),  # delay of the key
        _PRIORITIES,
    ),
    max_size=40,
)


@given(
    changes=_CHANGES,
    workers=st.integers(1, 4),
    work=st.floats(0, 2),
    seed=st.integers(0, 99),
    groups=st.integers(0, 3),
)
@settings(max_examples=100, deadline=None)
def test_every_change_is_followed_by_a_run_that_starts_later(changes, workers, work, seed, groups):
    """Whatever is added, put off or limited is seen by a later run, one per key at a time."""
    sharing = Sharing(group=lambda key: key % groups, workers=workers) if groups else None
    with asyncio.Runner(loop_factory=_virtual_loop) as runner:
        # Bounded in virtual time, so that a hang is one quick failure.
        runner.run(asyncio.wait_for(_story(changes, workers, work, seed, sharing), 10_000))


def _virtual_loop():
    return looptime.patch_event_loop(asyncio.new_event_loop())


async def _story(changes, workers, work, seed, sharing):
    queue = rate_limiting_queue("test", clock=SystemClock(), random=Random(seed), sharing=sharing)
    version = dict.fromkeys(range(5), 0)  # the world
    seen = dict.fromkeys(range(5), 0)  # what the last run of the key saw when it started
    busy = set()

    async def worker():
        while True:
            try:
                key = await queue.get()
            except ShutDown:
                return
            assert key not in busy
            busy.add(key)
            started_with = version[key]
            await asyncio.sleep(work)
            seen[key] = started_with
            busy.remove(key)
            queue.done(key)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())
        for kind, key, pause, delay, priority in changes:
            await asyncio.sleep(pause)
            version[key] += 1
            if kind == "add":
                queue.add(key, priority=priority)
            elif kind == "after":
                queue.add_after(key, delay, priority=priority)
            else:
                queue.add_rate_limited(key)
        await asyncio.sleep(600)
        assert (queue.waiting, len(queue), busy) == (0, 0, set())
        assert seen == version
        queue.shut_down()
