"""Threads for calls that block: bounded, and never waited for."""

import asyncio
import threading
import time
import weakref
from contextlib import suppress

import pytest

from clusterimport.probing.errors import Lack, Lacking
from clusterimport.probing.shares import CPUBudget
from clusterimport.probing.workers import ProbeThreads
from tests.fakes.garbage import no_search
from tests.fakes.probing.attempts import TENANT, attempting


async def _until(condition):
    async with asyncio.timeout(1):
        while not condition():  # noqa: ASYNC110  a thread does not set an event of the loop
            await asyncio.sleep(0.001)


async def run(workers: ProbeThreads, function, *arguments, tenant=TENANT):
    async with attempting(tenant) as attempt:
        return await workers.run(attempt, function, *arguments)


@pytest.fixture(name="workers")
def _workers():
    workers = ProbeThreads("test-worker", size=3)
    yield workers
    workers.close()
    # Else the next test would count them.
    for thread in _threads():
        thread.join(timeout=1)


def _threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("test-worker")]


async def test_a_call_runs_elsewhere_and_its_result_comes_back(workers: ProbeThreads):
    """The function gets its arguments in another thread, a daemon that is used again."""
    first = await run(workers, lambda a, b: (a + b, threading.current_thread()), 1, 2)
    second = await run(workers, threading.current_thread)

    assert first[0] == 3
    assert first[1] is second
    assert second is not threading.main_thread()
    assert second.daemon


async def test_an_exception_comes_back(workers: ProbeThreads):
    """What the function raises is raised to the one who waits, and the thread lives on."""
    with pytest.raises(ZeroDivisionError):
        await run(workers, lambda: 1 // 0)

    assert await run(workers, lambda: 7) == 7
    assert len(_threads()) == 1


async def test_t51_a_call_that_failed_keeps_nothing(workers: ProbeThreads):
    """Neither who waited nor a search for garbage: each handshake fails twice for want of data."""

    def fail(_):
        raise ValueError

    context = ProbeThreads("test-worker-kept", size=1)
    kept = weakref.ref(context)
    with no_search():
        with suppress(ValueError):
            await run(workers, fail, context)
        del context
        await _until(lambda: kept() is None)


async def test_no_more_threads_than_allowed(workers: ProbeThreads):
    """A call above the number waits until one of the others has ended."""
    gate, running = threading.Event(), []

    def call(number: int) -> int:
        running.append(number)
        gate.wait(2)
        return number

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(workers, call, number)) for number in range(3)]
        await _until(lambda: len(running) == 2)
        assert len(_threads()) == 2
        gate.set()

    assert [task.result() for task in tasks] == [0, 1, 2]
    assert (sorted(running[:2]), running[2]) == ([0, 1], 2)
    assert len(_threads()) == 2


async def test_who_gives_up_leaves_the_thread_to_the_next(workers: ProbeThreads):
    """A cancelled waiter returns at once; its call ends by itself and its result is dropped."""
    gate = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await run(workers, gate.wait, 2)
    started = time.monotonic()
    gate.set()

    assert await run(workers, lambda: "next") == "next"
    assert time.monotonic() - started < 1


async def test_closing_waits_for_nobody(workers: ProbeThreads):
    """A thread that is stuck does not hold up the end, and ends once it is free."""
    gate = threading.Event()
    stuck = workers.submit(TENANT, gate.wait, 2)
    await _until(_threads)
    workers.close()

    with pytest.raises(RuntimeError, match="closed"):
        workers.submit(TENANT, print)
    assert not stuck.outcome.done()
    gate.set()
    assert await stuck.outcome
    await _until(lambda: not _threads())


async def test_t52_a_call_that_nobody_waits_for_is_not_begun(workers: ProbeThreads):
    """One that is cancelled in the line never runs; one that a thread has ends by itself."""
    gate, ran = threading.Event(), []
    held = [workers.submit(TENANT, gate.wait, 2) for _ in range(2)]
    waiting = [workers.submit(TENANT, ran.append, number) for number in range(5)]
    for call in waiting[:4]:
        call.outcome.cancel()
    await asyncio.sleep(0)
    assert sum(map(len, workers._shares._lines.values())) == 1
    gate.set()
    await waiting[4].outcome
    await asyncio.gather(*(call.outcome for call in held))

    assert ran == [4]
    assert all(call.started.cancelled() for call in waiting[:4])
    assert await run(workers, lambda: "next") == "next"


async def test_t52_a_tenant_leaves_a_thread_to_the_others(workers: ProbeThreads):
    """However many calls of one hang, that of another runs at once."""
    gate = threading.Event()
    hanging = [workers.submit("greedy", gate.wait, 5) for _ in range(50)]
    started = time.monotonic()
    assert await run(workers, lambda: "mine", tenant="other") == "mine"
    assert time.monotonic() - started < 1
    assert not any(call.outcome.done() for call in hanging)
    gate.set()
    for call in hanging:
        assert await call.outcome


async def test_t52_the_time_of_threads_is_charged_to_the_tenant():
    """By what the processor took, not the clock; who has used up the budget waits."""
    budget = CPUBudget(share=0.2, burst_seconds=0.0)
    workers = ProbeThreads("test-worker", size=4, budget=budget)

    def burn() -> None:
        end = time.thread_time() + 0.05
        while time.thread_time() < end:
            pass

    try:
        async with attempting("dear") as attempt:
            await workers.run(attempt, burn)
        async with attempting("idle") as idle:
            await workers.run(idle, time.sleep, 0.05)
        assert 0.05 <= attempt.cpu_seconds < 0.2
        assert idle.cpu_seconds < 0.04
        assert 0.1 <= budget.pause("dear") <= 1.0
        started = time.monotonic()
        assert await run(workers, lambda: 1, tenant="other") == 1
        assert time.monotonic() - started < 0.2
        assert await run(workers, lambda: 1, tenant="dear") == 1
        assert budget.pause("dear") < 0.05
    finally:
        workers.close()


async def test_t52_a_thread_that_cannot_be_started_is_our_want(monkeypatch):
    """Where the system gives none there is a reason that says so, and later calls try again."""
    workers = ProbeThreads("test-worker", size=3)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(Lacking) as caught:
            await run(workers, print)
    assert caught.value.lack is Lack.THREADS
    assert await run(workers, lambda: 3) == 3
    workers.close()


async def test_t52_many_at_a_time_are_done_one_after_the_other():
    """A hundred runs take three calls each; the first are through before the last have begun."""
    workers = ProbeThreads("test-worker", size=1)
    done: list[int] = []

    async def take(number: int) -> None:
        async with attempting() as attempt:
            for step in range(3):
                await workers.run(attempt, sum, range(20_000))
                if step == 2:
                    done.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(take(number))
    workers.close()

    assert done == sorted(done)


async def test_t51_a_first_run_goes_before_repetitions_that_have_not_begun():
    """In the line of one tenant; what has begun goes before it."""
    workers = ProbeThreads("test-worker", size=2)
    is_over = threading.Event()
    done: list[str] = []

    async def take(name: str, *, is_first: bool = False, steps: int = 0) -> None:
        async with attempting(is_first=is_first) as attempt:
            attempt.steps = steps
            await workers.run(attempt, done.append, name)

    async with asyncio.TaskGroup() as group:
        group.create_task(run(workers, is_over.wait))
        await asyncio.sleep(0)
        for name in ("repeated", "repeated too"):
            group.create_task(take(name))
        for name in ("new", "new too"):
            group.create_task(take(name, is_first=True))
        group.create_task(take("begun", steps=1))
        await asyncio.sleep(0.01)
        is_over.set()
    workers.close()

    assert done == ["begun", "new", "new too", "repeated", "repeated too"]
