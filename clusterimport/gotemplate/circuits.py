"""`and` and `or` while running: they stop at the first argument that decides."""

from typing import Any

from clusterimport.gotemplate.frame import UNSET, Compiled, Eval, Frame, Place
from clusterimport.gotemplate.nodes import Identifier
from clusterimport.gotemplate.values import MISSING

__all__ = ["circuit", "forgetting"]


def circuit(
    evals: list[Eval],
    places: list[Place],
    node: Identifier,
    final: Compiled | None,
    null: Any,
    *,
    stop: bool,
) -> Eval:
    """Return the closure of `or` (stops at the first true argument) or `and` (at the first false).

    A piped value is computed first and comes last; `null` is what a nil result becomes.
    """
    steps = tuple(zip(evals, places, strict=True))

    def run(frame: Frame, dot: Any) -> Any:
        piped = None if final is None else final.run(frame, dot)
        value: Any = MISSING
        at: Place = node
        for step, at in steps:  # noqa: B007 - the last place counts
            value = step(frame, dot)
            if value:
                if stop:
                    break
            elif not stop:
                break
        else:
            if final is not None:
                value = piped
        if at is not None:
            frame.at = at
        return null if value is None else value

    return run


def forgetting(run: Eval, slots: list[int]) -> Eval:
    """Return the closure that first forgets variables declared in arguments it may skip."""

    def forget(frame: Frame, dot: Any) -> Any:
        for slot in slots:
            frame.variables[slot] = UNSET
        return run(frame, dot)

    return forget
