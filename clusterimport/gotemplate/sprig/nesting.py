"""What descending into nested values costs; maps may be cyclic, and values shared many times."""

from typing import Any

from clusterimport.gotemplate.limits import Meter

__all__ = ["charge_nested"]


def charge_nested(meter: Meter, value: Any, depth: int = 0) -> int:
    """Charge for visiting a whole value, and return the steps that took.

    Afterwards a comparison with the value is known to end, and how long one lasts.
    """
    if not isinstance(value, (dict, list)):
        return 0
    meter.descend(depth)
    steps = 3 + (len(value) >> 2)
    meter.spend(steps)
    children = value.values() if isinstance(value, dict) else value
    return steps + sum(charge_nested(meter, child, depth + 1) for child in children)
