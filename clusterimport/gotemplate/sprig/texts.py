"""What every family needs of text: Go's string of a value, and what work on long text costs.

One step of the meter is about a microsecond. Text work in C handles some 512 bytes in that time,
a Python loop over the characters two or three.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from clusterimport.gotemplate.functions import Function, ParamKind, Structure
from clusterimport.gotemplate.gostrings import joined, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.printf import display
from clusterimport.gotemplate.values import GoPanic, StringSlice

__all__ = [
    "C_SPEED",
    "LOOP_SPEED",
    "SLOW_LOOP_SPEED",
    "broken",
    "charge_items",
    "charge_made",
    "join_checked",
    "slice_bytes",
    "sort_texts",
    "strslice",
    "strval",
    "text_function",
]

C_SPEED: Final = 9
LOOP_SPEED: Final = 1
SLOW_LOOP_SPEED: Final = 0


def strval(meter: Meter, value: Any) -> str:
    """Return sprig's string of a value: itself, its String(), or `%v`."""
    return display(value, meter)


def strslice(meter: Meter, value: Any) -> StringSlice:
    """Return sprig's []string of a value: nil elements dropped, a scalar is one element.

    A []string is returned as it is, not copied, as in Go.
    """
    if isinstance(value, StringSlice):
        return value
    if isinstance(value, list):
        charge_made(meter, len(value))
        return StringSlice(strval(meter, item) for item in value if item is not None)
    if value is None:
        return StringSlice()
    return StringSlice((strval(meter, value),))


def charge_items(meter: Meter, count: int) -> None:
    """Charge a list of so many items, each of which costs some 60 ns to make."""
    meter.size(count)
    meter.spend(count >> 4)


def charge_made(meter: Meter, count: int) -> None:
    """Charge a list of so many items, each of which is made by a Python call."""
    meter.size(count)
    meter.spend(count >> 2)


def join_checked(meter: Meter, separator: str, parts: Sequence[str]) -> str:
    """Join, after checking that the result is small enough."""
    if not parts:
        return ""
    total = len(separator) * (len(parts) - 1) + sum(map(len, parts))
    if total > meter.limits.free_bytes:
        meter.size(total)
    return joined(separator.join(parts))


def sort_texts(texts: list[str]) -> None:
    """Sort in place in the order of bytes."""
    texts.sort(key=None if all(map(str.isascii, texts)) else to_bytes)


def slice_bytes(text: str, start: int, end: int) -> bytes:
    """Cut like Go's ``s[start:end]``.

    Raises:
        GoPanic: the bounds are not ``0 <= start <= end <= len``.

    """
    data = to_bytes(text)
    if end < 0:
        raise GoPanic(f"runtime error: slice bounds out of range [:{end}]")
    if end > len(data):
        raise GoPanic(f"runtime error: slice bounds out of range [:{end}] with length {len(data)}")
    if start < 0:
        raise GoPanic(f"runtime error: slice bounds out of range [{start}:]")
    if start > end:
        raise GoPanic(f"runtime error: slice bounds out of range [{start}:{end}]")
    return data[start:end]


def broken(*texts: str) -> bool:
    """Tell whether a text holds bytes that are no UTF-8, so that only bytes compare rightly."""
    for text in texts:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                return True
    return False


def text_function(
    name: str,
    impl: Callable[..., Any],
    *params: ParamKind,
    shift: int = C_SPEED,
    ascii_shift: int | None = None,
    structure: Structure = Structure.SCALAR,
    weight: int = 1,
) -> Function:
    """Make a function that is charged for the length of its last argument, a text.

    For functions whose result is not larger than what they are given. `shift` says how many
    characters (as a power of two) a microsecond handles, `ascii_shift` the same for ASCII.
    """
    charged = {1: _charged_1, 2: _charged_2, 3: _charged_3}[len(params)]
    call = charged(impl, _TextCost(shift, shift if ascii_shift is None else ascii_shift))
    call.__doc__ = impl.__doc__
    return Function(name, call, params, needs_meter=True, structure=structure, weight=weight)


class _TextCost:
    """The cost of work on a text by its length; what takes a microsecond is free."""

    __slots__ = ("_any", "_ascii", "free")

    def __init__(self, shift: int, ascii_shift: int) -> None:
        self._any = 1 << (C_SPEED - shift)
        self._ascii = 1 << (C_SPEED - ascii_shift)
        self.free = 1 << max(shift, 0)

    def charge(self, meter: Meter, text: str) -> None:
        meter.spend(len(text) * (self._ascii if text.isascii() else self._any) >> C_SPEED)


def _charged_1(impl: Callable[..., Any], cost: _TextCost) -> Callable[..., Any]:
    free = cost.free

    def call(meter: Meter, text: str) -> Any:
        if len(text) > free:
            cost.charge(meter, text)
        return impl(text)

    return call


def _charged_2(impl: Callable[..., Any], cost: _TextCost) -> Callable[..., Any]:
    free = cost.free

    def call(meter: Meter, first: Any, text: str) -> Any:
        if len(text) > free:
            cost.charge(meter, text)
        return impl(first, text)

    return call


def _charged_3(impl: Callable[..., Any], cost: _TextCost) -> Callable[..., Any]:
    free = cost.free

    def call(meter: Meter, first: Any, second: Any, text: str) -> Any:
        if len(text) > free:
            cost.charge(meter, text)
        return impl(first, second, text)

    return call
