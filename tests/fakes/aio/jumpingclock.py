"""Time that passes only where a test puts it forward; for tests with real sockets."""

import asyncio

from clusterimport.aio import SystemClock


class JumpingClock(SystemClock):
    """Sleeps are short, whatever they are meant to be, so that a jump is seen at once."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.002))
