"""A few threads for calls that would block the event loop.

Unlike those of ``concurrent.futures`` they are daemons: a name server that does not answer holds
``getaddrinfo`` for half a minute, and the process must not wait for it when it ends.
"""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class Workers:
    """At most ``size`` threads, started when all others are busy; more calls wait their turn.

    One event loop uses it. A waiter that is cancelled leaves its call to end by itself.
    """

    def __init__(self, name: str, *, size: int) -> None:
        self._name = name
        self._size = size
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = 0
        self._pending = 0  # calls that have not ended, whether they run or wait
        self._is_closed = False

    async def run(self, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Return what the function returns, or raise what it raises."""
        return await self.submit(function, *arguments)

    def submit(
        self, function: Callable[[*Arguments], Result], *arguments: *Arguments
    ) -> asyncio.Future[Result]:
        """Queue a call; the future gets its result, or what it raised."""
        if self._is_closed:
            raise RuntimeError(f"{self._name} are closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def settle(set_outcome: Callable[[], None]) -> None:
            self._pending -= 1
            if not future.done():
                set_outcome()

        def call() -> None:
            try:
                set_outcome = partial(future.set_result, function(*arguments))
            except Exception as error:  # noqa: BLE001  whatever it is, it is the waiter's
                set_outcome = partial(future.set_exception, error)
            try:
                loop.call_soon_threadsafe(settle, set_outcome)
            except RuntimeError:
                return  # the loop has ended, and everyone who waited with it

        if self._threads <= self._pending < self._size:
            self._start_thread()
        self._pending += 1
        self._calls.put(call)
        return future

    def close(self) -> None:
        """Let the threads end once they are idle; nobody waits for those that are stuck."""
        self._is_closed = True
        for _ in range(self._threads):
            self._calls.put(None)
        self._threads = 0

    def _start_thread(self) -> None:
        name = f"{self._name}-{self._threads}"
        thread = threading.Thread(target=_work, args=(self._calls,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The system has none left: those that run do the work, if there are any.
            if not self._threads:
                raise
        else:
            self._threads += 1


def _work(calls: "SimpleQueue[Callable[[], None] | None]") -> None:
    while (call := calls.get()) is not None:
        call()
        del call  # else an idle thread keeps the last call's arguments alive
