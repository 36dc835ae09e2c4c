"""What descending into nested values costs; maps may be cyclic, and values shared many times."""

from typing import Any

from clusterimport.gotemplate.limits import Meter

__all__ = ["charge_nested"]


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
