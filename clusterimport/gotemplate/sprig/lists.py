"""The list family: cutting, extending and searching slices of any element type.

Results are new lists. Equality is reflect.DeepEqual, so `1` is not found among int64 data.
Each function also exists with the prefix `must`; to a template both fail alike.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from clusterimport.gotemplate.functions import ANY, INT, Entry, Function, ParamKind
from clusterimport.gotemplate.limits import Meter, charge_nested
from clusterimport.gotemplate.sprig.cast import to_int
from clusterimport.gotemplate.sprig.defaults import empty
from clusterimport.gotemplate.sprig.texts import charge_items
from clusterimport.gotemplate.values import (
    ConstantError,
    GoPanic,
    Int,
    IntSlice,
    ListSlice,
    NilList,
    StringSlice,
    deep_equal,
    kind_of,
)

_NIL_POINTER: Final = "runtime error: invalid memory address or nil pointer dereference"
_HASHABLE: Final = frozenset({str, int, Int, bool})


def make_list(*items: Any) -> list[Any]:
    """Make a list of the arguments."""
    return list(items)


def push(meter: Meter, items: Any, item: Any) -> list[Any]:
    """Return the list with the item at its end."""
    return [*_elements(meter, items, "Cannot push on type {}"), item]


def prepend(meter: Meter, items: Any, item: Any) -> list[Any]:
    """Return the list with the item at its start."""
    return [item, *_elements(meter, items, "Cannot prepend on type {}")]


def concat(meter: Meter, *lists: Any) -> list[Any]:
    """Chain lists; without any element the result is nil."""
    result: list[Any] = []
    for items in lists:
        result += _elements(meter, items, "Cannot concat type {} as list")
    charge_items(meter, len(result))
    return result or NilList()


def chunk(meter: Meter, size: int, items: Any) -> ListSlice:
    """Cut into lists of a size; odd sizes fail as Go's float arithmetic makes them fail."""
    elements = _elements(meter, items, "Cannot chunk type {}")
    length = len(elements)
    if size == 0:
        raise GoPanic("runtime error: makeslice: len out of range")
    count = math.floor((length - 1) / size) + 1
    tail = math.floor(math.fmod(length, size)) or size
    if count < 0 or (count > 0 and tail < 0):
        raise GoPanic("runtime error: makeslice: len out of range")
    meter.spend(count)
    starts = range(0, count * size, size) if size > 0 else range(count)
    return ListSlice(list(elements[start : start + abs(size)]) for start in starts)


def first(meter: Meter, items: Any) -> Any:
    """Return the first element, or nil."""
    elements = _elements(meter, items, "Cannot find first on type {}", touched=1)
    return elements[0] if elements else None


def last(meter: Meter, items: Any) -> Any:
    """Return the last element, or nil."""
    elements = _elements(meter, items, "Cannot find last on type {}", touched=1)
    return elements[-1] if elements else None


def rest(meter: Meter, items: Any) -> list[Any]:
    """Return all elements but the first."""
    return list(_elements(meter, items, "Cannot find rest on type {}")[1:]) or _none_of(items)


def initial(meter: Meter, items: Any) -> list[Any]:
    """Return all elements but the last."""
    return list(_elements(meter, items, "Cannot find initial on type {}")[:-1]) or _none_of(items)


def reverse(meter: Meter, items: Any) -> list[Any]:
    """Return the elements backwards."""
    return list(_elements(meter, items, "Cannot find reverse on type {}"))[::-1]


def compact(meter: Meter, items: Any) -> list[Any]:
    """Drop the empty elements."""
    elements = _elements(meter, items, "Cannot compact on type {}")
    meter.spend(len(elements) >> 3)
    return [item for item in elements if not empty(item)]


def uniq(meter: Meter, items: Any) -> list[Any]:
    """Drop elements that came before."""
    elements = _elements(meter, items, "Cannot find uniq on type {}")
    if all(type(item) in _HASHABLE for item in elements):
        meter.spend(len(elements) >> 1)
        return list({(type(item), item): item for item in elements}.values())
    result: list[Any] = []
    for item in elements:
        if not _in_list(meter, result, item):
            result.append(item)
    return result


def without(meter: Meter, items: Any, *omitted: Any) -> list[Any]:
    """Drop the elements that equal one of the arguments."""
    elements = _elements(meter, items, "Cannot find without on type {}")
    meter.spend(len(elements))
    return [item for item in elements if not _in_list(meter, omitted, item)]


def has(meter: Meter, needle: Any, items: Any) -> bool:
    """Tell whether an element equals the value; nil has none."""
    if items is None:
        return False
    return _in_list(meter, _elements(meter, items, "Cannot find has on type {}"), needle)


def slice_list(meter: Meter, items: Any, *indices: Any) -> Any:
    """Return the elements from one index to another; of an empty list nil.

    Go would let the end reach into spare capacity that no template can know of; here it cannot.
    """
    elements = _elements(meter, items, "list should be type of slice or array but {}")
    if not elements:
        return None
    start = to_int(indices[0]) if indices else 0
    end = to_int(indices[1]) if len(indices) > 1 else len(elements)
    if not 0 <= start <= end <= len(elements):
        raise GoPanic("reflect.Value.Slice: slice index out of bounds")
    return _PLAIN_TYPES[type(items)](elements[start:end])


_PLAIN_TYPES: Final[dict[type, Callable[[list[Any]], list[Any]]]] = {
    list: list,
    StringSlice: StringSlice,
    IntSlice: IntSlice,
    ListSlice: ListSlice,
}


def _elements(meter: Meter, items: Any, wrong_kind: str, touched: int | None = None) -> list[Any]:
    """Return the Go slice as a list not to be changed; charge the elements touched (all)."""
    if isinstance(items, list):
        count = len(items) if touched is None else touched
        if count > 32:
            charge_items(meter, count)
        return items
    if items is None:
        raise GoPanic(_NIL_POINTER)
    raise ConstantError(wrong_kind.format(kind_of(items)))


def _none_of(items: list[Any]) -> list[Any]:
    """Return what is left of a list: nil if it was empty, else an empty list."""
    return [] if items else NilList()


def _in_list(meter: Meter, items: list[Any] | tuple[Any, ...], needle: Any) -> bool:
    kind = type(needle)
    if kind in _HASHABLE:
        meter.spend(len(items) >> 4)
        return any(type(item) is kind and item == needle for item in items)
    meter.spend(len(items) * (1 + charge_nested(meter, needle)))
    return any(deep_equal(needle, item) for item in items)


def _pair(
    name: str, impl: Callable[..., Any], *params: ParamKind, variadic: ParamKind | None = None
) -> tuple[Function, Function]:
    """Make the function under its own name and as `mustNAME`."""
    must = f"must{name[0].upper()}{name[1:]}"
    return (
        Function(name, impl, params, variadic, needs_meter=True),
        Function(must, impl, params, variadic, needs_meter=True),
    )


_ENTRIES: Final = (
    Function("list", make_list, variadic=ANY),
    Function("tuple", make_list, variadic=ANY),
    Function("concat", concat, variadic=ANY, needs_meter=True),
    *_pair("append", push, ANY, ANY),
    *_pair("push", push, ANY, ANY),
    *_pair("prepend", prepend, ANY, ANY),
    *_pair("chunk", chunk, INT, ANY),
    *_pair("first", first, ANY),
    *_pair("last", last, ANY),
    *_pair("rest", rest, ANY),
    *_pair("initial", initial, ANY),
    *_pair("reverse", reverse, ANY),
    *_pair("compact", compact, ANY),
    *_pair("uniq", uniq, ANY),
    *_pair("without", without, ANY, variadic=ANY),
    *_pair("has", has, ANY, ANY),
    *_pair("slice", slice_list, ANY, variadic=ANY),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
