"""What statements compile to: sequences, branches, loops and the jumps out of their bodies."""

import contextlib
from collections.abc import Callable
from typing import Any, Final

from clusterimport.gotemplate.frame import Compiled, Eval, Failures, Frame, Run, charge_steps
from clusterimport.gotemplate.gostrings import sorted_keys
from clusterimport.gotemplate.printf import display
from clusterimport.gotemplate.values import MISSING, Int

__all__ = [
    "Loop",
    "Setter",
    "break_loop",
    "continue_loop",
    "continuing",
    "if_",
    "nothing",
    "sequence_of",
    "slot_setter",
    "with_",
]

_KEYS_PER_STEP: Final = 4
_PLAIN: Final = frozenset({list, dict})

Setter = Callable[[Frame, Any, Any], None]
"""Stores key and element of an iteration."""


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


class _BreakLoop(Exception):  # noqa: N818 - a jump, not an error
    pass


class _ContinueLoop(Exception):  # noqa: N818 - a jump, not an error
    pass


def break_loop(_frame: Frame, _dot: Any) -> None:
    """Leave the innermost range."""
    raise _BreakLoop


def continue_loop(_frame: Frame, _dot: Any) -> None:
    """Go on with the next element of the innermost range."""
    raise _ContinueLoop


def continuing(body: Run) -> Run:
    """Return the body such that `continue` only ends it."""

    def run(frame: Frame, dot: Any) -> None:
        with contextlib.suppress(_ContinueLoop):
            body(frame, dot)

    return run


def slot_setter(slots: list[int]) -> Setter:
    """Return what stores elements, or keys and elements, in the slots of declared variables."""
    if len(slots) == 1:
        (slot,) = slots

        def set_element(frame: Frame, _key: Any, element: Any) -> None:
            frame.variables[slot] = element

        return set_element
    key_slot, element_slot = slots

    def set_both(frame: Frame, key: Any, element: Any) -> None:
        frame.variables[key_slot] = key
        frame.variables[element_slot] = element

    return set_both


class Loop:
    """A range: over lists, maps and ints.

    Its `slot` tells while it runs whether the elements have a type of their own; those of a list or
    map of interface{} have not.
    """

    def __init__(
        self,
        failures: Failures,
        collection: Compiled,
        slot: int,
        names: int,
        setter: Setter | None,
        body: Run,
        weight: int,
    ) -> None:
        self._failures = failures
        self._collection = collection
        self._slot = slot
        self._names = names
        self._setter = setter
        self._body = body
        self._weight = weight

    def run(self, orelse: Run | None, *, breaks: bool) -> Run:
        """Return the closure of the whole statement."""
        collection = self._collection.run
        iterate = self._iterate
        elements = self._elements
        keyless = self._setter is None
        slot = self._slot
        failures = self._failures
        place = self._collection.at

        def run(frame: Frame, dot: Any) -> None:
            value = collection(frame, dot)
            frame.variables[slot] = type(value) not in _PLAIN
            if isinstance(value, list):
                ran = bool(value)
                if ran and keyless:
                    elements(frame, value)
                elif ran:
                    iterate(frame, enumerate(value))
            elif isinstance(value, dict):
                ran = bool(value)
                if ran:
                    charge_steps(frame, failures, place, len(value) // _KEYS_PER_STEP)
                    # The body may change the map; what is gone over is as it was.
                    iterate(frame, [(key, value[key]) for key in sorted_keys(value)])
            else:
                ran = self._numbers(frame, value)
            if not ran and orelse is not None:
                orelse(frame, dot)

        if not breaks:
            return run

        def run_breaking(frame: Frame, dot: Any) -> None:
            with contextlib.suppress(_BreakLoop):
                run(frame, dot)

        return run_breaking

    def _elements(self, frame: Frame, values: list[Any]) -> None:
        """Go over a list whose elements are dot only."""
        meter = frame.meter
        weight = self._weight
        body = self._body
        for element in values:
            meter.steps -= weight
            if meter.steps < 0:
                charge_steps(frame, self._failures, self._collection.at, 0)
            body(frame, element)

    def _iterate(self, frame: Frame, pairs: Any) -> None:
        meter = frame.meter
        weight = self._weight
        body = self._body
        setter = self._setter
        for key, element in pairs:
            meter.steps -= weight
            if meter.steps < 0:
                charge_steps(frame, self._failures, self._collection.at, 0)
            if setter is not None:
                setter(frame, Int(key) if type(key) is int else key, element)
            body(frame, element)

    def _numbers(self, frame: Frame, value: Any) -> bool:
        """Go over an int; anything else but a missing value is an error."""
        if value is MISSING:
            return False
        kind = type(value)
        at = self._collection.at
        if kind is bool or not isinstance(value, int):
            shown = display(value, frame.meter)
            raise self._failures.error(
                frame, at, f"range can't iterate over {shown}", "range can't iterate over this"
            )
        if self._names > 1:
            raise self._failures.error(
                frame,
                at,
                f"can't use {display(value, frame.meter)} to iterate over more than one variable",
                "can't use a number to iterate over more than one variable",
            )
        if value <= 0:
            return False
        self._iterate(frame, ((MISSING, kind(number)) for number in range(value)))
        return True
