"""Walks that let others run."""

import asyncio
import time

import pytest

from clusterimport.aio import Pace
from clusterimport.aio.pace import TURN_SECONDS


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
