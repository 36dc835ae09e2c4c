"""Judges a run offline, from what passed the proxy, the audit log, and where it has ended.

Each invariant is a pure function from a run to what is wrong with it, and refuses a run that proves
nothing of it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.faults.judge.content import converges, ends_alike, never_travels_back, writes_once
from tests.faults.judge.order import one_leads, one_write_at_a_time, stays_quiet
from tests.faults.judge.ownership import deletes_safely, owns_what_it_writes
from tests.faults.judge.record import Run
from tests.faults.judge.resources import isolates, stays_bounded
from tests.faults.judge.telling import tells_each_refusal, tells_its_health, tells_no_secret

Invariant = Callable[[Run], list[str]]

INVARIANTS: Mapping[str, Invariant] = MappingProxyType(
    {
        "I1": converges,
        "I2": stays_quiet,
        "I3": owns_what_it_writes,
        "I4": deletes_safely,
        "I5": never_travels_back,
        "I6": one_leads,
        "I7": one_write_at_a_time,
        "I8": isolates,
        "I9": writes_once,
        "I10": tells_no_secret,
        "I11": tells_its_health,
        "I12": stays_bounded,
        "I13": tells_each_refusal,
        "I14": ends_alike,
    }
)
ALWAYS = ("I1", "I2", "I3", "I4", "I5", "I6", "I7", "I9", "I10", "I12", "I13")
"""The others are about what only some faults touch, and are asked for."""
_SHOWN = 12


def judge(run: Run, *also: str, but: tuple[str, ...] = ()) -> None:
    """State that a run breaks none of the usual invariants, nor of these; ``but`` are left out.

    Raises AssertionError with each violation and the requests that show it.
    """
    found = {name: INVARIANTS[name](run) for name in (*ALWAYS, *also) if name not in but}
    told = [
        f"{name} {INVARIANTS[name].__name__}: {each}"
        for name, violations in found.items()
        for each in violations[:_SHOWN]
    ]
    assert not told, "\n".join(told)


__all__ = ["ALWAYS", "INVARIANTS", "Run", "judge"]
