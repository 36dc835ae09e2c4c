"""Go's time.Duration: nanoseconds with a text like ``1h30m0.5s``."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from clusterimport.gotemplate.functions import Function, Literal, ParamKind
from clusterimport.gotemplate.sprig.wording import go_time_quote
from clusterimport.gotemplate.values import FunctionError, GoObject, wrap_int64

__all__ = ["DURATION", "Duration", "format_duration", "parse_duration"]

_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART: Final = re.compile(r"([0-9]*)(\.([0-9]*))?([^.0-9]*)")
_LIMIT: Final = 1 << 63


class Duration(int, GoObject):
    """Go's ``time.Duration``."""

    __slots__ = ()

    go_type_name: ClassVar[str] = "time.Duration"
    go_kind: ClassVar[str] = "int64"
    go_methods: ClassVar[Mapping[str, Function]] = {}

    def go_string(self) -> str:
        """Return its text."""
        return format_duration(int(self))


def format_duration(nanoseconds: int) -> str:
    """Return the text of a duration, in units from hours down to what is not zero."""
    sign = "-" if nanoseconds < 0 else ""
    amount = abs(nanoseconds)
    if amount == 0:
        return "0s"
    if amount < 1_000_000_000:
        unit = "ns" if amount < 1_000 else "\u00b5s" if amount < 1_000_000 else "ms"
        return f"{sign}{_decimal(amount, _UNITS[unit])}{unit}"
    minutes, rest = divmod(amount, _UNITS["m"])
    text = f"{_decimal(rest, _UNITS['s'])}s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"
    return sign + text


def _decimal(amount: int, unit: int) -> str:
    whole, fraction = divmod(amount, unit)
    digits = f"{fraction:0{len(str(unit)) - 1}d}".rstrip("0") if fraction else ""
    return f"{whole}.{digits}" if digits else str(whole)


def parse_duration(text: str) -> int:
    """Read a duration; the result is in nanoseconds.

    Raises:
        FunctionError: it is none, or does not fit into 64 bits.

    """
    negative = text[:1] == "-"
    pos = 1 if text[:1] in {"+", "-"} else 0
    if text[pos:] == "0":
        return 0
    if pos == len(text):
        raise _invalid(text)
    total = 0
    while pos < len(text):
        match = _PART.match(text, pos)
        if match is None or (not match[1] and not match[3]):
            raise _invalid(text)
        pos = match.end()
        total += _amount(text, match[1], match[3] or "", match[4])
        if total > _LIMIT:
            raise _invalid(text)
    if total == _LIMIT and not negative:
        raise _invalid(text)
    return -total if negative else total


def _amount(text: str, whole: str, fraction: str, unit_name: str) -> int:
    number = int(whole[-30:] or "0") if len(whole.lstrip("0")) <= 19 else _LIMIT + 1
    if number > _LIMIT:
        raise _invalid(text)
    if not unit_name:
        raise FunctionError(f"time: missing unit in duration {go_time_quote(text)}")
    unit = _UNITS.get(unit_name)
    if unit is None:
        raise FunctionError(
            f"time: unknown unit {go_time_quote(unit_name)} in duration {go_time_quote(text)}"
        )
    if number > _LIMIT // unit:
        raise _invalid(text)
    amount = number * unit
    digits, scale = _fraction(fraction)
    if digits > 0:
        amount += int(float(digits) * (float(unit) / scale))
    if amount > _LIMIT:
        raise _invalid(text)
    return amount


def _fraction(text: str) -> tuple[int, float]:
    """Return the digits that fit into 63 bits, and their scale."""
    digits, scale = 0, 1.0
    for char in text:
        if digits > (_LIMIT - 1) // 10:
            break
        longer = digits * 10 + int(char)
        if longer > _LIMIT:
            break
        digits, scale = longer, scale * 10
    return digits, scale


def _invalid(text: str) -> FunctionError:
    return FunctionError(f"time: invalid duration {go_time_quote(text)}")


def _rounded(duration: Duration, unit: Duration) -> Duration:
    """Round half away from zero, as far as 64 bits go."""
    if unit <= 0:
        return duration
    rest = abs(duration) % unit
    nearest = abs(duration) - rest + (unit if rest + rest >= unit else 0)
    if nearest >= _LIMIT:
        return Duration(_LIMIT - 1 if duration > 0 else -_LIMIT)
    return Duration(-nearest if duration < 0 else nearest)


def _truncated(duration: Duration, unit: Duration) -> Duration:
    if unit <= 0:
        return duration
    cut = abs(duration) - abs(duration) % unit
    return Duration(-cut if duration < 0 else cut)


def _whole_units(unit: str) -> Any:
    nanoseconds = _UNITS[unit]

    def count(duration: Duration) -> int:
        amount = abs(duration) // nanoseconds
        return -amount if duration < 0 else amount

    return count


def _float_units(unit: str) -> Any:
    nanoseconds = _UNITS[unit]

    def count(duration: Duration) -> float:
        # Go adds the whole units and the fraction, each exact.
        amount, rest = divmod(abs(duration), nanoseconds)
        result = float(amount) + float(rest) / nanoseconds
        return -result if duration < 0 else result

    return count


def _absolute(duration: Duration) -> Duration:
    return Duration(min(abs(duration), _LIMIT - 1))


DURATION: Final = ParamKind(
    "time.Duration", frozenset({Duration}), literal=Literal.INTEGER, convert=Duration
)

Duration.go_methods = {
    method.name: method
    for method in (
        Function("String", Duration.go_string),
        Function("Nanoseconds", lambda duration: wrap_int64(int(duration))),
        Function("Microseconds", _whole_units("us")),
        Function("Milliseconds", _whole_units("ms")),
        Function("Seconds", _float_units("s")),
        Function("Minutes", _float_units("m")),
        Function("Hours", _float_units("h")),
        Function("Abs", _absolute),
        Function("Round", _rounded, (DURATION,)),
        Function("Truncate", _truncated, (DURATION,)),
    )
}
