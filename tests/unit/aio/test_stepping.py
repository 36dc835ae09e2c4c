"""Walks that let others run, and for how long coroutines hold the event loop."""

import asyncio
import inspect
import time
import weakref
from itertools import pairwise

import pytest

from clusterimport.aio import Pace, StepBudget, Stepping
from clusterimport.aio.stepping import TURN_SECONDS
from tests.fakes.garbage import no_search


@pytest.mark.parametrize("cost", [0.0, 2 * TURN_SECONDS])
async def test_t02_a_walk_gives_way_when_its_turn_is_over(cost):
    """Counted in time: after one dear step others run, after many cheap ones they need not yet."""
    ran = []
    asyncio.get_running_loop().call_soon(ran.append, True)
    pace = Pace()
    end = time.perf_counter() + cost
    while time.perf_counter() < end:
        pass
    await pace.step()

    assert bool(ran) is bool(cost)
    ran.clear()
    asyncio.get_running_loop().call_soon(ran.append, True)
    await pace.step()
    assert not ran, "a new turn"


def _hold(seconds):
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        pass


async def test_t57_what_holds_the_loop_is_counted_and_what_waits_is_not():
    """A step that computes counts; what others do while it waits does not."""

    async def both():
        _hold(0.02)
        await asyncio.sleep(0)
        _hold(0.02)
        return "both"

    work = Stepping(both(), StepBudget())
    task = asyncio.create_task(_of(work))
    await asyncio.sleep(0)
    _hold(0.5)

    assert await task == "both"
    assert 0.04 <= work.held_seconds < 0.4


async def test_failures_and_results_of_awaits_pass_through():
    """The coroutine sees what it awaits as if nothing stood between, and so does its caller."""

    async def inner(log):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        loop.call_soon(future.set_exception, KeyError("awaited"))
        try:
            await future
        except KeyError as error:
            log.append(error.args[0])
        log.append(await asyncio.sleep(0, "answer"))
        raise ValueError("raised")

    log = []
    with pytest.raises(ValueError, match="raised"):
        await Stepping(inner(log), StepBudget())
    assert log == ["awaited", "answer"]


async def test_a_failure_of_an_await_is_let_go():
    """It has come through the frames of the steps, and is no garbage for a search to find."""

    class Lost(Exception):  # noqa: N818 - what is looked for
        pass

    async def lose():
        raise Lost

    async def inner(seen):
        try:
            await asyncio.create_task(lose())
        except Lost as error:
            seen.append(weakref.ref(error))

    with no_search():
        await Stepping(inner(seen := []), StepBudget())
        await asyncio.sleep(0)
        assert [each() for each in seen] == [None]


async def test_a_time_limit_inside_ends_only_what_it_is_about():
    """Cancellation reaches the coroutine, which turns it into its own TimeoutError."""

    async def limited():
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"

    assert await Stepping(limited(), StepBudget()) == "late"


async def test_cancellation_reaches_the_coroutine():
    """What it does at its end is done before its task is over."""
    ended = []

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    task = asyncio.create_task(_of(Stepping(endless(), StepBudget())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_a_task_that_is_thrown_away_closes_the_coroutine():
    """What holds something gives it back also when nobody will ever await it again."""
    ended = []

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    steps = _of(Stepping(endless(), StepBudget())).__await__()
    next(steps)
    steps.close()
    assert ended == [True]


async def test_many_answers_at_once_hold_the_loop_for_one_step_at_a_time():
    """Whoever has a timer or a socket waits for one step, and not for all that are ready."""
    loop, budget = asyncio.get_running_loop(), StepBudget(0.001)
    answer, done = loop.create_future(), []

    async def work(number):
        await answer
        _hold(0.002)
        done.append(number)

    tasks = [asyncio.create_task(_of(Stepping(work(n), budget))) for n in range(10)]
    await asyncio.sleep(0)
    answer.set_result(None)
    seen = []
    while len(done) < len(tasks):
        seen.append(len(done))
        await asyncio.sleep(0)

    assert done == list(range(10)), "in their order"
    assert {later - sooner for sooner, later in pairwise(seen)} <= {0, 1}
    await asyncio.sleep(0)
    assert not budget.is_used_up


async def test_what_has_not_begun_waits_for_the_next_iteration_too():
    """Also the first step of a task that is new; small steps share one iteration."""
    budget, begun = StepBudget(0.01), []

    async def work():
        begun.append(True)

    budget.use(0.009)
    first = asyncio.create_task(_of(Stepping(work(), budget)))
    await asyncio.sleep(0)
    assert begun == [True]
    budget.use(0.02)
    second = asyncio.create_task(_of(Stepping(work(), budget)))
    assert budget.is_used_up
    await asyncio.wait({first, second})
    assert begun == [True, True]


async def test_one_that_waits_for_its_turn_can_be_cancelled():
    """Before its first step, and before one of the others: it hears of it then."""
    budget, heard = StepBudget(0.01), []

    async def work():
        try:
            await asyncio.sleep(0)
            heard.append("went on")
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    unbegun = work()
    budget.use(1.0)
    steps = Stepping(unbegun, budget).__await__()
    assert next(steps) is None
    with pytest.raises(asyncio.CancelledError):
        steps.throw(asyncio.CancelledError())
    assert (heard, inspect.getcoroutinestate(unbegun)) == ([], inspect.CORO_CLOSED)

    await asyncio.sleep(0)
    steps = Stepping(work(), budget).__await__()
    assert next(steps) is None
    budget.use(1.0)
    assert next(steps) is None
    with pytest.raises(asyncio.CancelledError):
        steps.throw(asyncio.CancelledError())
    assert heard == ["cancelled"]


async def _of(work):
    return await work
