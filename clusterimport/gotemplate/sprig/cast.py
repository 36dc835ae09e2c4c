"""The number conversions of spf13/cast 1.6.0, which never fail: what is no number is 0."""

import math
import re
from typing import Any, Final

from clusterimport.gotemplate.numbers import parse_float, parse_int
from clusterimport.gotemplate.values import GoObject, Int, Int32, Uint8, Uint64, wrap_int64

__all__ = ["parse_saturated", "to_float64", "to_int", "to_int64"]

_MIN_INT64: Final = -(1 << 63)
_MAX_INT64: Final = (1 << 63) - 1
_MAX_UINT64: Final = (1 << 64) - 1
_MAX_DIGITS: Final = 20
_LEADING: Final = re.compile(r"\A([+-]?)0*+([0-9]*+)(.*)", re.DOTALL)
_PLAIN_INTS: Final = frozenset({int, Int, Int32, Uint8, bool})


def to_int64(value: Any) -> int:
    """Return an int64: numbers cut towards zero, text read with its base prefix.

    What does not fit into 64 bits is what amd64 makes of it.
    """
    kind = type(value)
    if kind in _PLAIN_INTS:
        return int(value)
    if kind is float:
        return _truncated(value)
    if kind is str:
        return parse_int(_trim_zero_decimal(value), 0) or 0
    if kind is Uint64:
        return wrap_int64(int(value))
    if isinstance(value, GoObject) and value.go_type_name in _NAMED_INTS:
        return int(value)  # type: ignore[call-overload, no-any-return]  # these are ints
    return 0


def to_int(value: Any) -> Int:
    """Return a Go int, by the same rules."""
    return Int(to_int64(value))


def parse_saturated(text: str) -> int:
    """Read a decimal int64 like a caller of strconv that ignores the error.

    That is 0 for what is no number, and the nearest limit for one that is too large.
    """
    number = parse_int(text, 10)
    if number is not None:
        return number
    sign, digits, rest = _LEADING.findall(text)[0]
    if not digits or (rest and len(digits) <= _MAX_DIGITS and int(digits) <= _MAX_UINT64):
        return 0
    # Go sees that a number is too large before it sees what follows the digits.
    return _MIN_INT64 if sign == "-" else _MAX_INT64


def to_float64(value: Any) -> float:
    """Return a float64."""
    kind = type(value)
    if kind is float:
        return float(value)
    if kind in _PLAIN_INTS or kind is Uint64:
        return float(value)
    if kind is str:
        number = parse_float(value)
        return 0.0 if number is None else number
    if isinstance(value, GoObject) and value.go_type_name in _NAMED_INTS:
        return float(int(value))  # type: ignore[call-overload]  # these are ints
    return 0.0


# cast knows these two named integers of package time, and not time.Duration.
_NAMED_INTS: Final = frozenset({"time.Month", "time.Weekday"})


def _truncated(value: float) -> int:
    if math.isfinite(value):
        number = math.trunc(value)
        if _MIN_INT64 <= number <= _MAX_INT64:
            return number
    return _MIN_INT64


def _trim_zero_decimal(text: str) -> str:
    """Drop a fraction of zeros: ``12.00`` is 12, but ``12.`` and ``12.5`` are no integers."""
    whole, point, zeros = text.rpartition(".")
    if point and zeros and not zeros.strip("0"):
        return whole
    return text
