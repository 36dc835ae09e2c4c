"""Whose time passes during a probe."""

import asyncio

import pytest

from clusterimport.limits.probes import PROBE_WAIT_SECONDS
from clusterimport.probing.errors import Lack, Lacking
from tests.fakes.probing.attempts import attempting

pytestmark = pytest.mark.looptime


def _now() -> float:
    return asyncio.get_running_loop().time()


async def test_t52_the_clusters_time_stands_still_while_it_waits_for_us():
    """Waits before and after do not shorten the five seconds."""

    async def run() -> None:
        async with attempting(seconds=5.0) as attempt:
            await asyncio.sleep(1)
            async with attempt.waiting_for_us(Lack.CPU):
                await asyncio.sleep(6)
            assert attempt.seconds_left == pytest.approx(4)
            await asyncio.sleep(1)
            async with attempt.waiting_for_us(Lack.NAMES):
                await asyncio.sleep(3)
            assert attempt.seconds_left == pytest.approx(3)
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await run()
    assert _now() == pytest.approx(5 + 9)


async def test_t52_our_own_waits_are_bounded_together():
    """After ten seconds of them the run ends, and says what was missing last."""

    async def run() -> None:
        async with attempting() as attempt:
            async with attempt.waiting_for_us(Lack.CPU):
                await asyncio.sleep(7)
            async with attempt.waiting_for_us(Lack.NAMES):
                await asyncio.sleep(7)

    with pytest.raises(Lacking) as caught:
        await run()
    assert caught.value.lack is Lack.NAMES
    assert _now() == pytest.approx(PROBE_WAIT_SECONDS)


async def test_t52_a_time_limit_within_is_not_mistaken_for_ours():
    """Only the end of our patience is a want of ours."""
    with pytest.raises(TimeoutError):
        async with attempting() as attempt, attempt.waiting_for_us(Lack.CPU):
            raise TimeoutError
