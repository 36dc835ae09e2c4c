"""What two answers to a case mean for each other."""

import re
from enum import Enum
from typing import Final

from tests.golden.corpus import agrees
from tests.golden.peers import Answer, gave_up

_PLACE: Final = re.compile(r" at <.*?>: ", re.DOTALL)
_LIMIT: Final = re.compile(
    r": (more than \d+ (steps|tokens)|a value larger than \d+|an output larger than \d+"
    r"|(a value )?nested deeper than \d+|a template longer than \d+ bytes|nested too deeply"
    r"|exceeded maximum template depth \(\d+\)|a regular expression longer than \d+"
    r"|a regular expression whose program is too large)$"
)


class Verdict(Enum):
    """The outcome for one case."""

    SAME = "the same"
    SAME_BUT_WORDING = "the same, but for the words of the error"
    REFUSED = "refused by us"
    LIMITED = "ended by a limit of ours"
    NO_ANSWER = "not answered by Go: its answers vary, it takes too long, it crashes"
    DIFFERENT = "different"


NEITHER: Final = frozenset({Verdict.REFUSED, Verdict.LIMITED, Verdict.NO_ANSWER})
"""Neither right nor wrong."""


def ours_only(ours: Answer) -> Verdict | None:
    """Return the verdict that needs no answer of Go's, if it is one."""
    if ours.get("refused"):
        return Verdict.REFUSED
    if not ours["ok"] and _LIMIT.search(ours["error"]):
        return Verdict.LIMITED
    return None


def verdict(ours: Answer, go: Answer) -> Verdict:
    """Compare two answers."""
    early = ours_only(ours)
    if early is not None:
        return early
    if gave_up(go) or go.get("refused") or go.get("unstable"):
        return Verdict.NO_ANSWER
    if not agrees(ours, go):
        return Verdict.DIFFERENT
    if not go["ok"] and wording(ours["error"]) != wording(go["error"]):
        return Verdict.SAME_BUT_WORDING
    return Verdict.SAME


def wording(error: str) -> str:
    """Return an error without the quoted part of the template."""
    return _PLACE.sub(" ", error, count=1)
