"""The sampler of the event loop."""

import asyncio

import pytest

from clusterimport.observability.looplag import LoopLagSampler
from tests.fakes.aio.manualclock import ManualClock


class LateClock(ManualClock):
    """Wakes every sleeper late by the next figure, and ends it when there is none."""

    def __init__(self, late_seconds):
        super().__init__()
        self._late_seconds = late_seconds

    async def sleep(self, seconds):
        if not self._late_seconds:
            raise asyncio.CancelledError
        self.advance(seconds + self._late_seconds.pop(0))


class Observations(list):
    def observe_loop_lag(self, seconds):
        self.append(seconds)


async def test_what_a_timer_is_late_is_observed():
    """A loop in time gives zero, a blocked one the length of the block."""
    observed = Observations()
    sampler = LoopLagSampler(observed, clock=LateClock([0.0, 0.3, -0.1]), interval_seconds=0.25)

    with pytest.raises(asyncio.CancelledError):
        await sampler.run()

    assert observed == pytest.approx([0.0, 0.3, 0.0])
