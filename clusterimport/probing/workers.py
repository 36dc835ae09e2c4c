"""A few threads for calls that would block the event loop, shared between tenants.

Unlike those of ``concurrent.futures`` they are daemons: a name server that does not answer holds
``getaddrinfo`` for half a minute, and the process must not wait for it when it ends.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Generic, TypeVar, TypeVarTuple

from clusterimport.model.tenant import Tenant
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.errors import Lack, Lacking
from clusterimport.probing.shares import CPUBudget, Shares, Ticket

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class ThreadCall(Generic[Result]):
    """A call that waits for a thread, has one, or is over."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.started: asyncio.Future[None] = loop.create_future()
        """Done when a thread has it; cancelled if none ever will."""
        self.outcome: asyncio.Future[Result] = loop.create_future()
        """What it returned or raised. Who cancels it before a thread has it takes it back."""
        self.cpu_seconds = 0.0
        """Processor time that it took, once it is over."""


class ProbeThreads:
    """At most ``size`` threads, started when all others are busy; more calls wait their turn.

    One event loop uses it. A call that nobody waits for any more is not begun; one that a thread
    has ends by itself. With a budget, a tenant that has used it up waits.
    """

    def __init__(
        self,
        name: str,
        *,
        size: int,
        budget: CPUBudget | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._budget = budget
        pause = budget.pause if budget else _no_pause
        self._shares = Shares(size, on_wait=on_wait, pause=pause)
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = 0
        self._running = 0  # calls that a thread has, or is about to take
        self._is_closed = False

    async def run(
        self,
        attempt: Attempt,
        function: Callable[[*Arguments], Result],
        *arguments: *Arguments,
    ) -> Result:
        """Return what the function returns, or raise what it raises.

        For what computes and waits for nobody: all of it is our time, and none the cluster's.
        Raises Lacking where a thread, or processor time for the tenant, does not come in time.
        """
        async with attempt.waiting_for_us(Lack.CPU):
            call = self.submit(attempt.tenant, function, *arguments, rank=attempt.rank)
            attempt.steps += 1
            try:
                return await call.outcome
            finally:
                attempt.cpu_seconds += call.cpu_seconds
                # As at the end of `work`: this frame is one of those that the error holds.
                del call

    def submit(
        self,
        tenant: Tenant,
        function: Callable[[*Arguments], Result],
        *arguments: *Arguments,
        rank: int = 0,
    ) -> ThreadCall[Result]:
        """Queue a call for a tenant, before its others of a lower rank."""
        if self._is_closed:
            raise RuntimeError(f"{self._name} are closed")
        call: ThreadCall[Result] = ThreadCall()

        def begin(ticket: Ticket) -> None:
            self._begin(call, ticket, partial(function, *arguments))

        def over(_: object) -> None:
            # A thread that has the call gives the ticket back itself.
            if not call.started.done():
                call.started.cancel()
                self._shares.give_back(ticket)

        ticket = self._shares.request(tenant, begin, rank=rank)
        if ticket.is_granted:
            begin(ticket)
        call.outcome.add_done_callback(over)
        return call

    def close(self) -> None:
        """Let the threads end once they are idle; nobody waits for those that are stuck."""
        self._is_closed = True
        self._shares.close()
        for _ in range(self._threads):
            self._calls.put(None)
        self._threads = 0

    def _begin(
        self, call: ThreadCall[Result], ticket: Ticket, function: Callable[[], Result]
    ) -> None:
        """Give a call to a thread."""
        if call.outcome.done():
            call.started.cancel()
            self._shares.give_back(ticket)
            return
        if self._running >= self._threads and not self._start_thread():
            call.started.set_result(None)
            call.outcome.set_exception(Lacking(Lack.THREADS))
            self._shares.give_back(ticket)
            return
        loop = asyncio.get_running_loop()

        def work() -> None:
            nonlocal call, ticket, function
            started = time.thread_time()
            try:
                set_outcome = partial(call.outcome.set_result, function())
            except Exception as error:  # noqa: BLE001  whatever it is, it is the waiter's
                set_outcome = partial(call.outcome.set_exception, error)
            settle = partial(self._settle, call, ticket, set_outcome)
            # An error holds the frames that it came through. Would this one hold the error, what
            # it was about, maybe megabytes of certificates, would wait for a search for garbage.
            del call, ticket, function, set_outcome
            # It may have ended, and everyone who waited with it.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, time.thread_time() - started)
            del settle

        self._running += 1
        call.started.set_result(None)
        self._calls.put(work)

    def _settle(
        self,
        call: ThreadCall[Result],
        ticket: Ticket,
        set_outcome: Callable[[], None],
        cpu_seconds: float,
    ) -> None:
        """Hand over what a call came to, and let its place go to others."""
        self._running -= 1
        call.cpu_seconds = cpu_seconds
        if self._budget is not None:
            self._budget.spend(ticket.tenant, cpu_seconds)
        if not call.outcome.done():
            set_outcome()
        self._shares.give_back(ticket)

    def _start_thread(self) -> bool:
        """Start one more, if the system has one."""
        name = f"{self._name}-{self._threads}"
        thread = threading.Thread(target=_work, args=(self._calls,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False
        self._threads += 1
        return True


def _no_pause(_: Tenant) -> float:
    return 0.0


def _work(calls: "SimpleQueue[Callable[[], None] | None]") -> None:
    while (call := calls.get()) is not None:
        call()
        del call  # else an idle thread keeps the last call's arguments alive
