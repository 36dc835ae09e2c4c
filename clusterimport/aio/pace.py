"""Walks over many objects that let others run in between."""

import asyncio
import time

TURN_SECONDS = 0.005
"""For how long a walk has the event loop; counted in time, because one object may cost a
thousand times what another does."""


class Pace:
    """Gives the event loop back when a walk has had it for some seconds, TURN_SECONDS by default.

    Measured on the processor's clock, which goes on also where a test's loop stands still.
    """

    def __init__(self, turn_seconds: float = TURN_SECONDS) -> None:
        self._turn_seconds = turn_seconds
        self._since = time.perf_counter()

    async def step(self) -> None:
        """Go on, or let others run first."""
        if time.perf_counter() - self._since >= self._turn_seconds:
            await asyncio.sleep(0)
            self._since = time.perf_counter()
