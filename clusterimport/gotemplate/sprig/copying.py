"""Deep copies as mitchellh/copystructure 1.0.0 makes them."""

from typing import Any

from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.versions import Version
from clusterimport.gotemplate.values import GoPanic

__all__ = ["deep_copy"]


def deep_copy(meter: Meter, value: Any) -> Any:
    """Copy maps and lists of any depth.

    A semantic version comes back as 0.0.0: the library copies no unexported fields.

    Raises:
        GoPanic: the value is nil.

    """
    if value is None:
        raise GoPanic("reflect: call of reflect.Value.Type on zero Value")
    return _copy(meter, value, 0)


def _copy(meter: Meter, value: Any, depth: int) -> Any:
    if isinstance(value, dict):
        meter.descend(depth)
        meter.spend(3 + (len(value) >> 1))
        return type(value)((key, _copy(meter, item, depth + 1)) for key, item in value.items())
    if isinstance(value, list):
        meter.descend(depth)
        meter.spend(3 + (len(value) >> 1))
        return type(value)(_copy(meter, item, depth + 1) for item in value)
    if isinstance(value, Version):
        return Version(0, 0, 0, "", "", "")
    return value
