"""Threads for calls that block: bounded, and never waited for."""

import asyncio
import threading
import time

import pytest

from clusterimport.probing.workers import Workers


async def _until(condition):
    async with asyncio.timeout(1):
        while not condition():  # noqa: ASYNC110  a thread does not set an event of the loop
            await asyncio.sleep(0.001)


@pytest.fixture(name="workers")
def _workers():
    workers = Workers("test-worker", size=2)
    yield workers
    workers.close()


def _threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("test-worker")]


async def test_a_call_runs_elsewhere_and_its_result_comes_back(workers: Workers):
    """The function gets its arguments in another thread, a daemon that is used again."""
    first = await workers.run(lambda a, b: (a + b, threading.current_thread()), 1, 2)
    second = await workers.run(threading.current_thread)

    assert first[0] == 3
    assert first[1] is second
    assert second is not threading.main_thread()
    assert second.daemon


async def test_an_exception_comes_back(workers: Workers):
    """What the function raises is raised to the one who waits, and the thread lives on."""
    with pytest.raises(ZeroDivisionError):
        await workers.run(lambda: 1 // 0)

    assert await workers.run(lambda: 7) == 7
    assert len(_threads()) == 1


async def test_no_more_threads_than_allowed(workers: Workers):
    """A call above the number waits until one of the others has ended."""
    gate, running = threading.Event(), []

    def call(number: int) -> int:
        running.append(number)
        gate.wait(2)
        return number

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(workers.run(call, number)) for number in range(3)]
        await _until(lambda: len(running) == 2)
        assert len(_threads()) == 2
        gate.set()

    assert [task.result() for task in tasks] == [0, 1, 2]
    assert running == [0, 1, 2]
    assert len(_threads()) == 2


async def test_who_gives_up_leaves_the_thread_to_the_next(workers: Workers):
    """A cancelled waiter returns at once; its call ends by itself and its result is dropped."""
    gate = threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await workers.run(gate.wait, 2)
    started = time.monotonic()
    gate.set()

    assert await workers.run(lambda: "next") == "next"
    assert time.monotonic() - started < 1


async def test_closing_waits_for_nobody(workers: Workers):
    """A thread that is stuck does not hold up the end, and ends once it is free."""
    gate = threading.Event()
    stuck = workers.submit(gate.wait, 2)
    await _until(_threads)
    workers.close()

    with pytest.raises(RuntimeError, match="closed"):
        workers.submit(print)
    assert not stuck.done()
    gate.set()
    assert await stuck
    await _until(lambda: not _threads())
