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
    root: list[Any] = []
    layer: list[tuple[Any, Any]] = [([value], root)]
    depth = -1
    while layer:
        meter.descend(depth)
        depth += 1
        below: list[tuple[Any, Any]] = []
        for source, copy in layer:
            meter.spend(3 + len(source))
            if isinstance(source, dict):
                for key, item in source.items():
                    copy[key] = _begun(item, below)
            else:
                copy += [_begun(item, below) for item in source]
        layer = below
    return root[0]


def _begun(value: Any, below: list[tuple[Any, Any]]) -> Any:
    """Return the copy of a value, still empty for a list or map, which is noted for later."""
    if isinstance(value, (dict, list)):
        copy = type(value)()
        below.append((value, copy))
        return copy
    return type(value)(0, 0, 0, "", "", "") if isinstance(value, Version) else value
