"""Variables while compiling: which slot of the frame a name means, as Go's run-time stack would.

Go looks names up at run time. Almost always that can be decided here; only declarations inside
arguments that `and`, `or` or a missing field may skip leave a choice for later.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from clusterimport.gotemplate.frame import UNSET, Eval, Failures, Frame, Place

__all__ = ["Binding", "Scope"]


class Binding(NamedTuple):
    """A declared variable; `maybe` if it can be skipped.

    `range_slot` is that of the range whose elements it holds, 0 if it holds none.
    """

    name: str
    slot: int
    range_slot: int
    maybe: bool


class Scope:
    """The declarations visible at this point, innermost last."""

    def __init__(self, failures: Failures) -> None:
        self.slots = 1
        self.conditional = 0
        self._failures = failures
        self._bindings = [Binding("$", 0, range_slot=0, maybe=False)]
        self._by_name: dict[str, list[Binding]] = {"$": self._bindings[:]}

    def mark(self) -> int:
        """Remember the current declarations."""
        return len(self._bindings)

    def release(self, mark: int) -> None:
        """Forget those made since."""
        for binding in self._bindings[mark:]:
            self._by_name[binding.name].pop()
        del self._bindings[mark:]

    def slots_since(self, mark: int) -> list[int]:
        """Return the slots declared since the mark."""
        return [binding.slot for binding in self._bindings[mark:]]

    def declare(self, name: str, *, range_slot: int = 0) -> int:
        """Add a variable and return its slot."""
        slot = self.reserve()
        self._add(Binding(name, slot, range_slot, self.conditional > 0))
        return slot

    def reserve(self) -> int:
        """Return a slot that no name means."""
        slot = self.slots
        self.slots += 1
        return slot

    def _add(self, binding: Binding) -> None:
        self._bindings.append(binding)
        self._by_name.setdefault(binding.name, []).append(binding)

    def settle(self, mark: int) -> None:
        """Let the variables declared since the mark hold plain values: no element was reached."""
        settled = [binding._replace(range_slot=0) for binding in self._bindings[mark:]]
        self.release(mark)
        for binding in settled:
            self._add(binding)

    def candidates(self, name: str) -> list[Binding]:
        """Return the bindings a name can mean, best first, up to one that is certain."""
        found: list[Binding] = []
        for binding in reversed(self._by_name.get(name, ())):
            found.append(binding)
            if not binding.maybe:
                break
        return found

    def reader(self, name: str, at: Place) -> tuple[Eval, int]:
        """Return the closure reading a variable, and its `Binding.range_slot`."""
        found = self.candidates(name)
        if found and not found[0].maybe:
            return _read(found[0].slot), found[0].range_slot
        failures = self._failures
        slots = [binding.slot for binding in found]

        def run(frame: Frame, _dot: Any) -> Any:
            for slot in slots:
                if frame.variables[slot] is not UNSET:
                    return frame.variables[slot]
            raise failures.error(frame, at, f"undefined variable: {name}")

        return run, 0

    def writer(self, name: str, at: Place) -> Callable[[Frame, Any], None]:
        """Return the closure assigning to a variable."""
        found = self.candidates(name)
        if found and not found[0].maybe:
            return _write(found[0].slot)
        slots = [binding.slot for binding in found]
        failures = self._failures

        def run(frame: Frame, value: Any) -> None:
            for slot in slots:
                if frame.variables[slot] is not UNSET:
                    frame.variables[slot] = value
                    return
            raise failures.error(frame, at, f"undefined variable: {name}")

        return run


def _write(slot: int) -> Callable[[Frame, Any], None]:
    def run(frame: Frame, value: Any) -> None:
        frame.variables[slot] = value

    return run


def _read(slot: int) -> Eval:
    return lambda frame, _dot: frame.variables[slot]
