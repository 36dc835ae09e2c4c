"""A plan: which faults, each from which request of the story on, and for how long."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final, NamedTuple

from tests.harness.proxy import Exchange, FaultProxy, Match, Request
from tests.harness.proxy.answer import Answer, Fault, Proceed
from tests.harness.proxy.faults import (
    Blackhole,
    CutAfter,
    Delay,
    EndStream,
    LoseAnswer,
    Refuse,
    Status,
)
from tests.harness.proxy.streams import Double, Drop, EventFault, Reorder

LONGEST_SECONDS: Final = 8.0
"""Shorter than the renew deadline: longer ones are cases of their own."""
MOST_STEPS: Final = 4

REQUEST_FAULTS: Mapping[str, Callable[[], Fault]] = MappingProxyType(
    {
        "refuse": Refuse,
        "blackhole": Blackhole,
        "lose answer": LoseAnswer,
        "delay": lambda: Delay(1.0),
        "delay answer": lambda: Delay(1.0, answer=True),
        "401": lambda: Status(401),
        "403": lambda: Status(403),
        "409": lambda: Status(409),
        "410": lambda: Status(410),
        "429": lambda: Status(429, retry_after=1),
        "500": lambda: Status(500),
        "503": lambda: Status(503),
        "end stream": EndStream,
        "cut": lambda: CutAfter(300),
    }
)
EVENT_FAULTS: Mapping[str, Callable[[], EventFault]] = MappingProxyType(
    {
        "drop deletions": lambda: Drop(types=frozenset({"DELETED"})),
        "double": Double,
        "reorder": Reorder,
    }
)
DEEDS: Final = ("cut all", "kill")
_ONLY_STREAMS: Final = {"end stream", "410"}


class Step(NamedTuple):
    """One fault, from the so-many-th request on, for those of a verb and resource."""

    at: int
    fault: str
    verb: str
    resource: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.fault} on {self.verb} {self.resource} from {self.at} for {self.seconds:g} s"


Plan = tuple[Step, ...]


def draw(random: Random, recorded: Sequence[Exchange]) -> Plan:
    """Draw a plan: each of its faults is for requests of a kind that the story has had."""
    steps = []
    for _ in range(random.randint(1, MOST_STEPS)):
        at = random.randrange(len(recorded))
        request = recorded[at].request
        faults = [*REQUEST_FAULTS, *DEEDS]
        if request.verb == "watch":
            faults += EVENT_FAULTS
        else:
            faults = [each for each in faults if each not in _ONLY_STREAMS]
        seconds = round(random.uniform(0.5, LONGEST_SECONDS), 1)
        steps.append(Step(at, random.choice(faults), request.verb, request.resource, seconds))
    return tuple(sorted(steps))


def smaller(plan: Plan) -> list[Plan]:
    """Return the plans that lack one fault of it."""
    return [plan[:at] + plan[at + 1 :] for at in range(len(plan))] if len(plan) > 1 else []


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
