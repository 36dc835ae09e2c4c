"""The time of a loop that ``looptime`` drives."""

import asyncio
from typing import Any


def now() -> float:
    """Return the loop's time in seconds."""
    return asyncio.get_running_loop().time()


def freeze(seconds: float) -> None:
    """Let time pass while nothing runs, as SIGSTOP or a blocked event loop does."""
    loop: Any = asyncio.get_running_loop()
    loop.setup_looptime(start=loop.time() + seconds)
