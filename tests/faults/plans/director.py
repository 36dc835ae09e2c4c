"""Has the faults of a plan happen, each at its request."""

import threading
import time
from dataclasses import dataclass

from tests.faults.plans.plan import EVENT_FAULTS, REQUEST_FAULTS, Plan, Step
from tests.harness.proxy import FaultProxy, Match, Request
from tests.harness.proxy.answer import Answer, Fault, Proceed
from tests.harness.proxy.streams import EventFault


class Director:
    """Counts requests, as the outermost fault of a proxy, and has each step happen at its time."""

    def __init__(self, proxy: FaultProxy, plan: Plan) -> None:
        self._proxy = proxy
        self._left = list(plan)
        self._seen = 0
        self.is_killing = threading.Event()
        """Set when the process is to be killed; whoever does it clears it."""
        proxy.set(self._count)

    async def _count(self, request: Request, proceed: Proceed) -> Answer:
        self._seen += 1
        while self._left and self._left[0].at < self._seen:
            self._begin(self._left.pop(0))
        return await proceed(request)

    def _begin(self, step: Step) -> None:
        match = Match.of(step.verb, step.resource)
        until = time.monotonic() + step.seconds
        if step.fault in REQUEST_FAULTS:
            self._proxy.set(_Timed(REQUEST_FAULTS[step.fault](), until), match)
        elif step.fault in EVENT_FAULTS:
            self._proxy.set_events(_TimedEvents(EVENT_FAULTS[step.fault](), until), match)
        elif step.fault == "kill":
            self.is_killing.set()
        else:
            self._proxy.cut_soon()


@dataclass(slots=True)
class _Timed:
    """A fault for some seconds."""

    fault: Fault
    until: float

    async def __call__(self, request: Request, proceed: Proceed) -> Answer:
        if time.monotonic() > self.until:
            return await proceed(request)
        return await self.fault(request, proceed)


@dataclass(slots=True)
class _TimedEvents:
    fault: EventFault
    until: float

    async def __call__(self, request: Request, line: bytes) -> list[bytes]:
        return [line] if time.monotonic() > self.until else await self.fault(request, line)
