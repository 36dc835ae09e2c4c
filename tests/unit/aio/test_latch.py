"""Events that happen once."""

import asyncio

import pytest

from clusterimport.aio import Latch


@pytest.mark.looptime
async def test_waiters_pass_when_it_is_set():
    """Setting lets present and future waiters pass, and setting again is harmless."""
    latch = Latch("synced")
    assert not latch.is_set

    async with asyncio.TaskGroup() as group:
        waiters = [group.create_task(latch.wait()) for _ in range(3)]
        await asyncio.sleep(1)
        assert not any(waiter.done() for waiter in waiters)
        latch.set()
        latch.set()

    assert latch.is_set
    await latch.wait()


def test_its_text_tells_name_and_state():
    """A health endpoint can say what is missing."""
    latch = Latch("synced")
    assert latch.name == "synced"
    assert repr(latch) == "<Latch synced unset>"
    latch.set()
    assert repr(latch) == "<Latch synced set>"
