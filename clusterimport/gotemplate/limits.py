"""What parsing and rendering may cost, and the meter that counts it.

Costs are charged where something is called or repeated: a template pays for all it can do once,
each iteration of a range and each call of a template for all their bodies can do. One step is
about a microsecond of work. Nothing looks at a clock, so that a limit is reached at the same
place every time.
"""

from dataclasses import dataclass
from typing import Any

from clusterimport.gotemplate.errors import LimitError
from clusterimport.limits.templates import (
    TEMPLATE_BYTES,
    TEMPLATE_CALLS,
    TEMPLATE_NESTING,
    TEMPLATE_OUTPUT_BYTES,
    TEMPLATE_STEPS,
    TEMPLATE_TOKENS,
    TEMPLATE_VALUE_DEPTH,
    TEMPLATE_VALUE_SIZE,
)

__all__ = ["Limits", "Meter", "charge_nested"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one template; the defaults, with their reasons, are the program's bounds."""

    text_bytes: int = TEMPLATE_BYTES
    tokens: int = TEMPLATE_TOKENS
    nesting: int = TEMPLATE_NESTING
    template_depth: int = TEMPLATE_CALLS
    steps: int = TEMPLATE_STEPS
    output_bytes: int = TEMPLATE_OUTPUT_BYTES
    size: int = TEMPLATE_VALUE_SIZE
    free_bytes: int = 128
    """Strings up to this length cost nothing beyond the step of their function."""
    value_depth: int = TEMPLATE_VALUE_DEPTH


class Meter:
    """Counts down the steps of one render; functions get it as first argument if they ask."""

    __slots__ = ("limits", "steps")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.steps = limits.steps

    def spend(self, steps: int) -> None:
        """Charge work; raise LimitError once the render has had its share."""
        self.steps -= steps
        if self.steps < 0:
            raise LimitError(f"more than {self.limits.steps} steps")

    def size(self, amount: int) -> None:
        """Check, before it is made, that a result of so many bytes or items is small enough.

        Charges one step per 128 of them, so that large results cannot be made again and again.
        """
        if amount > self.limits.size:
            raise LimitError(f"a value larger than {self.limits.size}")
        self.spend(amount >> 7)

    def descend(self, depth: int) -> None:
        """Check the depth of a nested value: a map may have been put into itself."""
        if depth > self.limits.value_depth:
            raise LimitError(f"a value nested deeper than {self.limits.value_depth}")


def charge_nested(meter: Meter, value: Any) -> int:
    """Charge for visiting a whole value, and return the steps that took.

    Afterwards a comparison with the value is known to end, and how long one lasts.
    """
    total = depth = 0
    layer = [value] if isinstance(value, (dict, list)) else []
    while layer:
        meter.descend(depth)
        steps = 3 * len(layer) + (sum(map(len, layer)) >> 2)
        meter.spend(steps)
        total += steps
        depth += 1
        layer = [
            child
            for container in layer
            for child in (container.values() if isinstance(container, dict) else container)
            if isinstance(child, (dict, list))
        ]
    return total
