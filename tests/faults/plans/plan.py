"""A plan: which faults, each from which request of the story on, and for how long."""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from tests.harness.proxy.answer import Fault
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
LOSES_EVENTS: Final = frozenset({"drop deletions"})
DEEDS: Final = ("cut all", "kill")
_ONLY_STREAMS: Final = {"end stream", "410"}


_STEP = re.compile(
    r"(?P<fault>.+) on (?P<verb>\S+) (?P<resource>\S*) from (?P<at>\d+) for (?P<seconds>\S+) s"
)


class Kind(NamedTuple):
    """What a request is, for a plan."""

    verb: str
    resource: str


class Step(NamedTuple):
    """One fault, from the so-many-th request on, for those of a verb and resource."""

    at: int
    fault: str
    verb: str
    resource: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.fault} on {self.verb} {self.resource} from {self.at} for {self.seconds:g} s"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what ``str`` made; raises ValueError for anything else."""
        found = _STEP.fullmatch(text.strip())
        if found is None or found["fault"] not in {*REQUEST_FAULTS, *EVENT_FAULTS, *DEEDS}:
            raise ValueError(f"not a step of a plan: {text!r}")
        verb, resource, seconds = found["verb"], found["resource"], float(found["seconds"])
        return cls(int(found["at"]), found["fault"], verb, resource, seconds)


Plan = tuple[Step, ...]


def told(plan: Plan) -> str:
    """Return a plan as text, which ``read`` takes."""
    return "; ".join(map(str, plan))


def read(text: str) -> Plan:
    """Read a plan that was told; raises ValueError."""
    return tuple(sorted(Step.read(each) for each in text.split(";")))


def draw(random: Random, recorded: Sequence[Kind]) -> Plan:
    """Draw a plan: each of its faults is for requests of a kind that the story has had."""
    steps = []
    for _ in range(random.randint(1, MOST_STEPS)):
        at = random.randrange(len(recorded))
        request = recorded[at]
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
