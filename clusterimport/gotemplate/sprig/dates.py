"""The date family, in UTC where Go would use the local zone.

A function that Go gives the current time for an argument of an unknown type refuses the call:
what a policy renders must not depend on the clock.
"""

from typing import Any, Final

from clusterimport.gotemplate.functions import ANY, STRING, Entry, Function
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig.cast import parse_saturated
from clusterimport.gotemplate.sprig.durations import format_duration, parse_duration
from clusterimport.gotemplate.sprig.instants import ZERO_TIME, GoTime, from_unix
from clusterimport.gotemplate.sprig.timeformat import format_time
from clusterimport.gotemplate.sprig.timemethods import TIME
from clusterimport.gotemplate.sprig.timeparse import parse_time
from clusterimport.gotemplate.sprig.zones import UTC, load_zone
from clusterimport.gotemplate.values import FunctionError, Int, Int32, wrap_int64

_SECOND: Final = 1_000_000_000
_HTML_LAYOUT: Final = "2006-01-02"
_EPOCH_TYPES: Final = frozenset({int, Int, Int32})
_ROUNDED_UNITS: Final = (
    ("y", 365 * 24 * 3600 * _SECOND),
    ("mo", 30 * 24 * 3600 * _SECOND),
    ("d", 24 * 3600 * _SECOND),
    ("h", 3600 * _SECOND),
    ("m", 60 * _SECOND),
    ("s", _SECOND),
)


def _in_zone(meter: Meter, name: str, layout: str, date: Any, zone: str) -> str:
    meter.spend(1 + (len(layout) >> 1))
    if type(date) is GoTime:
        time = date
    elif type(date) in _EPOCH_TYPES:
        time = from_unix(int(date))
    else:
        raise FunctionError("a date of this type means the current time", refused=name)
    return format_time(time.moved(load_zone(zone) or UTC), layout)


def date(meter: Meter, layout: str, moment: Any) -> str:
    """Write a time, or seconds since 1970, in UTC."""
    return _in_zone(meter, "date", layout, moment, "Local")


def html_date(meter: Meter, moment: Any) -> str:
    """Write the date only, in UTC."""
    return _in_zone(meter, "htmlDate", _HTML_LAYOUT, moment, "Local")


def date_in_zone(meter: Meter, layout: str, moment: Any, zone: str) -> str:
    """Write a time in a zone; an unknown zone is UTC."""
    return _in_zone(meter, "dateInZone", layout, moment, zone)


def html_date_in_zone(meter: Meter, moment: Any, zone: str) -> str:
    """Write the date only, in a zone."""
    return _in_zone(meter, "htmlDateInZone", _HTML_LAYOUT, moment, zone)


def must_date_modify(meter: Meter, duration: str, moment: GoTime) -> GoTime:
    """Add a duration."""
    meter.spend(1 + (len(duration) >> 1))
    return moment.plus(parse_duration(duration))


def date_modify(meter: Meter, duration: str, moment: GoTime) -> GoTime:
    """Add a duration; what is none is not added."""
    try:
        return must_date_modify(meter, duration, moment)
    except FunctionError:
        return moment


def duration(meter: Meter, seconds: Any) -> str:
    """Write seconds, a text or an int64, as a duration."""
    if type(seconds) is str:
        meter.spend(len(seconds) >> 5)
        amount = parse_saturated(seconds)
    else:
        amount = seconds if type(seconds) is int else 0
    return format_duration(wrap_int64(amount * _SECOND))


def duration_round(meter: Meter, value: Any) -> str:
    """Write a duration in its largest unit alone; exactly one unit counts as the next."""
    if type(value) is GoTime:
        raise FunctionError("the age of a date depends on the clock", refused="durationRound")
    nanoseconds = value if type(value) is int else 0
    if type(value) is str:
        meter.spend(len(value) >> 1)
        try:
            nanoseconds = parse_duration(value)
        except FunctionError:
            nanoseconds = 0
    amount = abs(nanoseconds)
    for name, unit in _ROUNDED_UNITS:
        if amount > unit:
            return f"{amount // unit}{name}"
    return "0s"


def must_to_date(meter: Meter, layout: str, text: str) -> GoTime:
    """Read a time; one without a zone is UTC."""
    meter.spend(1 + ((len(layout) + len(text)) >> 1) + (len(layout) * len(text) >> 12))
    return parse_time(layout, text)


def to_date(meter: Meter, layout: str, text: str) -> GoTime:
    """Read a time; the first of January of year 1 if it is none."""
    try:
        return must_to_date(meter, layout, text)
    except FunctionError:
        return ZERO_TIME


def unix_epoch(moment: GoTime) -> str:
    """Write the seconds since 1970."""
    return str(wrap_int64(moment.unix))


_ENTRIES: Final = (
    Function("date", date, (STRING, ANY), needs_meter=True, weight=7),
    Function("htmlDate", html_date, (ANY,), needs_meter=True, weight=7),
    Function("dateInZone", date_in_zone, (STRING, ANY, STRING), needs_meter=True, weight=7),
    Function("date_in_zone", date_in_zone, (STRING, ANY, STRING), needs_meter=True, weight=7),
    Function("htmlDateInZone", html_date_in_zone, (ANY, STRING), needs_meter=True, weight=7),
    Function("dateModify", date_modify, (STRING, TIME), needs_meter=True, weight=4),
    Function("date_modify", date_modify, (STRING, TIME), needs_meter=True, weight=4),
    Function("mustDateModify", must_date_modify, (STRING, TIME), needs_meter=True, weight=4),
    Function("must_date_modify", must_date_modify, (STRING, TIME), needs_meter=True, weight=4),
    Function("duration", duration, (ANY,), needs_meter=True, weight=3),
    Function("durationRound", duration_round, (ANY,), needs_meter=True, weight=4),
    Function("toDate", to_date, (STRING, STRING), needs_meter=True, weight=6),
    Function("mustToDate", must_to_date, (STRING, STRING), needs_meter=True, weight=6),
    Function("unixEpoch", unix_epoch, (TIME,)),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
