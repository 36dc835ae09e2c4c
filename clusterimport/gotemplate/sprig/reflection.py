"""The reflection family: Go's names of types and kinds, and deep equality."""

from typing import Any, Final

from clusterimport.gotemplate.functions import ANY, STRING, Entry, Function
from clusterimport.gotemplate.limits import Meter, charge_nested
from clusterimport.gotemplate.values import deep_equal, kind_of, type_name


def type_is(target: str, value: Any) -> bool:
    """Tell whether the type has the name."""
    return type_name(value) == target


def type_is_like(target: str, value: Any) -> bool:
    """Tell whether the type, or what it points to, has the name."""
    return type_name(value) in {target, f"*{target}"}


def kind_is(target: str, value: Any) -> bool:
    """Tell whether the kind has the name."""
    return kind_of(value) == target


def equal_deeply(meter: Meter, left: Any, right: Any) -> bool:
    """Compare values of any depth; types must match exactly."""
    charge_nested(meter, left)
    charge_nested(meter, right)
    return deep_equal(left, right)


_ENTRIES: Final = (
    Function("typeOf", type_name, (ANY,)),
    Function("typeIs", type_is, (STRING, ANY)),
    Function("typeIsLike", type_is_like, (STRING, ANY)),
    Function("kindOf", kind_of, (ANY,)),
    Function("kindIs", kind_is, (STRING, ANY)),
    Function("deepEqual", equal_deeply, (ANY, ANY), needs_meter=True),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
