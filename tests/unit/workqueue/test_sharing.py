"""How groups of keys share a queue: turns, priorities across groups, and workers."""

import asyncio
import itertools

import pytest

from clusterimport.aio import SystemClock
from clusterimport.workqueue import BACKLOG, FRESH, Empty, Sharing, ShutDown, WorkQueue
from tests.fakes.aio.manualclock import ManualClock


def _group(key):
    return key[0]


def _shared(workers=1000):
    return WorkQueue("test", clock=ManualClock(), sharing=Sharing(_group, workers))


def _fill(queue, group, number, **options):
    for key in range(number):
        queue.add(f"{group}{key}", **options)


def _take(queue, number):
    """Take keys one after the other, as one worker would."""
    taken = []
    for _ in range(number):
        taken.append(queue.get_nowait())
        queue.done(taken[-1])
    return taken


def test_t57_groups_take_turns():
    """Behind 10 000 keys of one group, a key of another one is at most the second to be taken."""
    queue = _shared()
    _fill(queue, "a", 10_000)
    _fill(queue, "b", 1)
    _fill(queue, "c", 2)

    assert _take(queue, 5) == ["a0", "b0", "c0", "a1", "c1"]
    assert _take(queue, 2) == ["a2", "a3"]


def test_t57_a_group_that_comes_back_does_not_jump_the_line():
    """Who asks again and again, one key at a time, has one turn in each round like the others."""
    queue = _shared()
    _fill(queue, "a", 3)
    _fill(queue, "b", 3)
    queue.add("c0")
    taken = []
    for _ in range(6):
        taken += _take(queue, 1)
        queue.add("c0")

    assert taken == ["a0", "b0", "c0", "a1", "b1", "c0"]


def test_t57_the_first_come_is_served_first_within_a_group():
    """The order within a group is that of the first additions, whatever other groups do."""
    queue = _shared()
    for key in ("a2", "b1", "a1", "b2", "a2", "a3"):
        queue.add(key)

    taken = _take(queue, 5)
    assert [key for key in taken if key[0] == "a"] == ["a2", "a1", "a3"]


def test_t57_a_fresh_key_is_passed_by_one_key_of_a_backlog_at_most():
    """A fresh event does not wait for the backlog of a start, its own or that of others."""
    queue = _shared()
    for group in "abcd":
        _fill(queue, group, 1000, priority=BACKLOG)
    _take(queue, 10)
    queue.add("a-fresh")
    assert _take(queue, 1) == ["a-fresh"]
    queue.add("b-fresh")
    queue.add("c-fresh")

    assert {"b-fresh", "c-fresh"} < set(_take(queue, 4))


def test_t57_endless_events_of_one_group_leave_half_to_the_backlog_of_the_others():
    """A group whose events never end does not keep others from being looked at after a start."""
    queue = _shared()
    _fill(queue, "b", 50, priority=BACKLOG)
    _fill(queue, "c", 50, priority=BACKLOG)
    serial = itertools.count()
    taken = []
    for _ in range(200):
        for _ in range(3):
            queue.add(f"a{next(serial)}")
        taken += _take(queue, 1)

    assert [key[0] for key in taken[:8]] == list("abacabac")
    assert sum(key[0] in "bc" for key in taken) == 100


@pytest.mark.parametrize("flooding", [1, 2, 10])
def test_t57_many_groups_with_endless_events_leave_half_as_well(flooding):
    """The share of a backlog does not shrink with the number of groups that make events."""
    queue = _shared()
    _fill(queue, "z", 100, priority=BACKLOG)
    for group in range(flooding):
        _fill(queue, str(group), 200)

    assert sum(key[0] == "z" for key in _take(queue, 100)) == 50


def test_t57_of_nine_turns_of_a_group_eight_are_for_what_just_happened():
    """Where nobody else waits, events without end leave one turn in nine to the backlog."""
    queue = _shared()
    _fill(queue, "a", 100, priority=BACKLOG)
    for key in range(100):
        queue.add(f"a-fresh{key}")
    taken = ["fresh" in key for key in _take(queue, 90)]

    assert taken == [*[True] * 8, False] * 10


def test_backlogs_leave_a_quarter_of_the_workers_to_what_just_happened():
    """While all that a start may hold takes long, an event of the same group finds a worker."""
    queue = _shared(workers=32)
    _fill(queue, "a", 100, priority=BACKLOG)
    assert len(_hold(queue)) == 12
    for group in "bcdefghijk":
        _fill(queue, group, 100, priority=BACKLOG)
    held = len(_hold(queue))
    assert 12 + held <= 24
    _fill(queue, "a-fresh", 1)

    assert _hold(queue) == ["a-fresh0"]


def test_t57_no_priority_waits_for_ever():
    """Of three priorities each has its turn, as long as different groups wait there."""
    queue = _shared()
    _fill(queue, "a", 100, priority=5)
    _fill(queue, "b", 100)
    _fill(queue, "c", 100, priority=BACKLOG)

    assert [key[0] for key in _take(queue, 6)] == list("abcabc")


def test_t57_a_raised_key_leaves_no_empty_turn_behind():
    """A key that moves to another priority takes its group's turn along if it was the last one."""
    queue = _shared()
    queue.add("a1", priority=BACKLOG)
    queue.add("b1", priority=BACKLOG)
    queue.add("a1")

    assert _take(queue, 2) == ["a1", "b1"]
    with pytest.raises(Empty):
        queue.get_nowait()


def _hold(queue):
    """Take all keys that may be taken, and give none back."""
    taken = []
    while True:
        try:
            taken.append(queue.get_nowait())
        except Empty:
            return taken


@pytest.mark.parametrize(("greedy", "each"), [(1, 16), (2, 11), (3, 8), (7, 4), (15, 2)])
def test_t57_greedy_groups_leave_workers_to_the_others(greedy, each):
    """N groups that never finish hold equal parts, and one in N + 1 is left to whoever comes."""
    queue = _shared(workers=32)
    for group in range(greedy):
        _fill(queue, chr(ord("a") + group), 100)
    held = _hold(queue)
    assert len(held) <= greedy * each
    assert len(held) <= 32 - 32 // (greedy + 1)
    _fill(queue, "z", 1)

    assert _hold(queue) == ["z0"]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_t57_few_workers_serve_everybody(workers):
    """A group without a worker gets the only one that is free."""
    queue = _shared(workers)
    _fill(queue, "a", 5)
    _fill(queue, "b", 5)

    assert sorted(_take(queue, 10)) == sorted(f"{group}{n}" for group in "ab" for n in range(5))


def test_t57_a_group_that_gives_a_worker_back_may_have_another():
    """What is held counts, not what was."""
    queue = _shared(workers=4)
    _fill(queue, "a", 10)
    assert _hold(queue) == ["a0", "a1"]
    queue.done("a0")

    assert _hold(queue) == ["a2"]


def test_t57_a_group_that_must_wait_keeps_its_turn():
    """Who was passed over for want of a worker is the next one when it may have one."""
    queue = _shared(workers=4)
    _fill(queue, "a", 3)
    assert _hold(queue) == ["a0", "a1"]
    _fill(queue, "b", 3)
    assert _hold(queue) == ["b0"]
    queue.done("a0")
    queue.done("a1")

    assert queue.get_nowait() == "a2"


def test_t57_a_key_counts_for_the_group_it_was_queued_with():
    """A group that changes while a key is worked on is asked for again at its next turn only."""
    groups = {"key": "old"}
    queue = WorkQueue("test", clock=ManualClock(), sharing=Sharing(groups.__getitem__, 2))
    queue.add("key")
    queue.get_nowait()
    groups["key"] = "new"
    queue.add("key")
    assert queue._held == {(FRESH, "old"): 1}
    queue.done("key")
    assert queue._held == {}
    queue.get_nowait()

    assert queue._held == {(FRESH, "new"): 1}


async def _work(queue, log, pauses):
    while True:
        try:
            key = await queue.get()
        except ShutDown:
            return
        log.append(key)
        await asyncio.sleep(pauses[key[0]])
        queue.done(key)


@pytest.mark.looptime
async def test_t57_a_group_that_hangs_does_not_hold_up_another_one():
    """While every key of one group takes a minute, those of another take no longer than ever."""
    queue = WorkQueue[str]("test", clock=SystemClock(), sharing=Sharing(_group, 8))
    log: list[str] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(_work(queue, log, {"a": 60, "b": 1}))
        _fill(queue, "a", 100)
        await asyncio.sleep(1)
        assert log == ["a0", "a1", "a2", "a3"]
        _fill(queue, "b", 20)
        await asyncio.sleep(11)
        assert sorted(log[4:]) == sorted(f"b{n}" for n in range(20))
        queue.shut_down(discard=True)


@pytest.mark.looptime
async def test_t57_workers_that_wait_for_a_share_are_woken():
    """One key that is done may let two groups go on, and a worker comes for each."""
    queue = WorkQueue[str]("test", clock=SystemClock(), sharing=Sharing(_group, 6))
    _fill(queue, "a", 3)
    _fill(queue, "b", 3)
    assert _hold(queue) == ["a0", "b0", "a1", "b1"]
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(queue.get()) for _ in range(2)]
        await asyncio.sleep(1)
        assert not any(task.done() for task in waiting)
        queue.done("b0")
        await asyncio.sleep(1)

    assert sorted(task.result() for task in waiting) == ["a2", "b2"]


@pytest.mark.looptime
async def test_t57_workers_that_wait_for_a_share_end_with_the_queue():
    """Workers that wait for nothing but the share of a group end when the last key is taken."""
    queue = WorkQueue[str]("test", clock=SystemClock(), sharing=Sharing(_group, 4))
    _fill(queue, "a", 3)
    assert _hold(queue) == ["a0", "a1"]
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(_last_of(queue)) for _ in range(2)]
        queue.shut_down()
        await asyncio.sleep(1)
        assert not any(task.done() for task in waiting)
        queue.done("a0")
        await asyncio.sleep(1)
        assert all(task.done() for task in waiting)

    assert {task.result() for task in waiting} == {"a2", None}


async def _last_of(queue):
    """Return a key; None if none will come any more."""
    try:
        return await queue.get()
    except ShutDown:
        return None
