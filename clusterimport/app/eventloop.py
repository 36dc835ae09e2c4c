"""The event loop of the program: libuv's where it is installed, and asyncio's own without it."""

import asyncio
import time
from collections.abc import Callable

new_event_loop: Callable[[], asyncio.AbstractEventLoop]
"""Makes a loop that nobody runs yet."""

try:
    import uvloop
except ImportError:
    EVENT_LOOP = "asyncio"
    new_event_loop = asyncio.new_event_loop
else:
    EVENT_LOOP = "uvloop"

    class _Loop(uvloop.Loop):
        """libuv's loop, with a clock that goes on.

        Its own stands still within an iteration: a process that was stopped in the middle of one
        would take its lease to be as young as before, and no step of work would take any time.
        """

        def time(self) -> float:
            """Return the seconds of the clock that libuv reads once for each iteration."""
            return time.monotonic()

    new_event_loop = _Loop
