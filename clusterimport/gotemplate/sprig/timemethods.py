"""The methods of time.Time that a template can call.

Functions take times by `TIME`, so whoever can make a time imports this module.
"""

import functools
from typing import Any, Final

from clusterimport.gotemplate.functions import INT, STRING, Function, ParamKind
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.durations import DURATION, Duration
from clusterimport.gotemplate.sprig.instants import (
    ZERO_TIME,
    GoTime,
    Month,
    Weekday,
    from_civil,
)
from clusterimport.gotemplate.sprig.timeformat import format_time
from clusterimport.gotemplate.sprig.zones import LOCAL, UTC, Zone
from clusterimport.gotemplate.values import GoPanic, Int, wrap_int64

__all__ = ["TIME"]

TIME: Final = ParamKind("time.Time", frozenset({GoTime}))
_LIMIT: Final = 1 << 63
_SECOND: Final = 1_000_000_000


def _order(left: GoTime, right: GoTime) -> int:
    a, b = (left.unix, left.nanos), (right.unix, right.nanos)
    return (a > b) - (a < b)


def _sub(left: GoTime, right: GoTime) -> Duration:
    """Return the distance, cut to what 64 bits hold."""
    nanos = (left.unix - right.unix) * _SECOND + left.nanos - right.nanos
    return Duration(max(-_LIMIT, min(_LIMIT - 1, nanos)))


def _add_date(time: GoTime, years: int, months: int, days: int) -> GoTime:
    civil = time.civil()
    seconds = (civil.hour * 60 + civil.minute) * 60 + civil.second
    return from_civil(
        civil.year + years, civil.month + months, civil.day + days, seconds, time.nanos, time.zone
    )


def _since_zero(time: GoTime) -> int:
    return (time.unix - ZERO_TIME.unix) * _SECOND + time.nanos


def _truncate(time: GoTime, unit: int) -> GoTime:
    return time if unit <= 0 else time.plus(-(_since_zero(time) % unit))


def _round(time: GoTime, unit: int) -> GoTime:
    if unit <= 0:
        return time
    rest = _since_zero(time) % unit
    return time.plus(-rest if rest + rest < unit else unit - rest)


def _in(time: GoTime, zone: Zone | None) -> GoTime:
    if zone is None:
        raise GoPanic("time: missing Location in call to Time.In")
    return time.moved(zone)


def _format(time: GoTime, meter: Meter, layout: str) -> str:
    meter.spend(len(layout) >> 1)
    return format_time(time, layout)


def _unix(time: GoTime, per_second: int) -> int:
    return wrap_int64(time.unix * per_second + time.nanos // (_SECOND // per_second))


def _no_zone() -> None:
    return None


_ZONE: Final = ParamKind("*time.Location", frozenset({Zone}), nil=_no_zone)


def _civil(field: str, kind: Any = Int) -> Function:
    """Make the method that returns a part of the date or clock."""
    names = {"YearDay": "year_day"}
    attribute = names.get(field, field.lower())
    return Function(field, lambda time: kind(getattr(time.civil(), attribute)))


_METHODS: Final = (
    _civil("Year"),
    _civil("Month", Month),
    _civil("Day"),
    _civil("Hour"),
    _civil("Minute"),
    _civil("Second"),
    _civil("Weekday", Weekday),
    _civil("YearDay"),
    Function("Nanosecond", lambda time: Int(time.nanos)),
    Function("Unix", functools.partial(_unix, per_second=1)),
    Function("UnixMilli", functools.partial(_unix, per_second=1_000)),
    Function("UnixMicro", functools.partial(_unix, per_second=1_000_000)),
    Function("UnixNano", functools.partial(_unix, per_second=_SECOND)),
    Function("IsZero", lambda time: _order(time, ZERO_TIME) == 0),
    Function("IsDST", lambda time: time.civil().offset.is_dst),
    Function("Location", lambda time: time.zone),
    Function("UTC", lambda time: time.moved(UTC)),
    Function("Local", lambda time: time.moved(LOCAL)),
    Function("String", GoTime.go_string),
    Function("GoString", GoTime.go_syntax),
    Function("Format", _format, (STRING,), needs_meter=True),
    Function("In", _in, (_ZONE,)),
    Function("Add", GoTime.plus, (DURATION,)),
    Function("AddDate", _add_date, (INT, INT, INT)),
    Function("Round", _round, (DURATION,)),
    Function("Truncate", _truncate, (DURATION,)),
    Function("Sub", _sub, (TIME,)),
    Function("Compare", lambda left, right: Int(_order(left, right)), (TIME,)),
    Function("Equal", lambda left, right: _order(left, right) == 0, (TIME,)),
    Function("Before", lambda left, right: _order(left, right) < 0, (TIME,)),
    Function("After", lambda left, right: _order(left, right) > 0, (TIME,)),
)

GoTime.go_methods = {method.name: method for method in _METHODS}
Zone.go_methods = {"String": Function("String", Zone.go_string)}
