"""The event loop of the program: libuv's where it is installed, and asyncio's own without it."""

import asyncio
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
        """libuv's loop, with a clock that goes on, and no program that it starts unseen.

        Its own clock stands still within an iteration: a process that was stopped in the middle of
        one would take its lease to be as young as before, and no step of work would take any time.
        """

        def time(self) -> float:
            """Return the seconds of the clock that libuv reads once for each iteration."""
            return time.monotonic()

        async def subprocess_exec(
            self, protocol_factory: Callable[[], Any], *command: Any, **options: Any
        ) -> Any:
            """Start a program; who watches the process by an audit hook hears of it, as ever."""
            _audit(command, options)
            return await super().subprocess_exec(protocol_factory, *command, **options)

        async def subprocess_shell(
            self, protocol_factory: Callable[[], Any], cmd: Any, **options: Any
        ) -> Any:
            """Have a shell do something; told like a program."""
            _audit(("/bin/sh", "-c", cmd), options)
            return await super().subprocess_shell(protocol_factory, cmd, **options)

    def _audit(command: Sequence[object], options: Mapping[str, object]) -> None:
        where = options.get("cwd"), options.get("env")
        sys.audit("subprocess.Popen", command[0], list(command), *where)

    new_event_loop = _Loop
