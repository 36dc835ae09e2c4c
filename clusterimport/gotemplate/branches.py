"""Sequences and branches while running: what statements without a value compile to."""

from typing import Any

from clusterimport.gotemplate.frame import Eval, Frame, Run

__all__ = ["if_", "nothing", "sequence_of", "with_"]


def nothing(_frame: Frame, _dot: Any) -> None:
    """Do nothing."""


def sequence_of(steps: list[tuple[str, Run]], tail: str) -> Run:
    """Return the closure of statements one after the other, each with the text before it.

    `tail` is the text behind the last one.
    """
    if not steps:
        return _text(tail) if tail else nothing
    if len(steps) == 1:
        return _single(*steps[0], tail)
    sequence = tuple(steps)

    def run(frame: Frame, dot: Any) -> None:
        out = frame.out
        for text, step in sequence:
            if text:
                out(text)
            step(frame, dot)
        if tail:
            out(tail)

    return run


def _text(text: str) -> Run:
    def run(frame: Frame, _dot: Any) -> None:
        frame.out(text)

    return run


def _single(text: str, step: Run, tail: str) -> Run:
    if not text and not tail:
        return step

    def run(frame: Frame, dot: Any) -> None:
        if text:
            frame.out(text)
        step(frame, dot)
        if tail:
            frame.out(tail)

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
