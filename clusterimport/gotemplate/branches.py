"""Sequences and branches while running: what statements without a value compile to."""

from typing import Any

from clusterimport.gotemplate.frame import Eval, Frame, Run

__all__ = ["if_", "nothing", "sequence_of", "with_"]


def nothing(_frame: Frame, _dot: Any) -> None:
    """Do nothing."""


def sequence_of(runs: list[Run]) -> Run:
    """Return the closure of statements one after the other."""
    if not runs:
        return nothing
    if len(runs) == 1:
        return runs[0]
    sequence = tuple(runs)

    def run(frame: Frame, dot: Any) -> None:
        for step in sequence:
            step(frame, dot)

    return run


def if_(condition: Eval, body: Run, orelse: Run | None) -> Run:
    """Return the closure of an if."""
    if orelse is None:

        def run(frame: Frame, dot: Any) -> None:
            if condition(frame, dot):
                body(frame, dot)

        return run

    def run_else(frame: Frame, dot: Any) -> None:
        if condition(frame, dot):
            body(frame, dot)
        else:
            orelse(frame, dot)

    return run_else


def with_(condition: Eval, body: Run, orelse: Run | None) -> Run:
    """Return the closure of a with, whose body sees the value as dot."""

    def run(frame: Frame, dot: Any) -> None:
        value = condition(frame, dot)
        if value:
            body(frame, value)
        elif orelse is not None:
            orelse(frame, dot)

    return run
