"""Go's time.Time: a moment to the nanosecond, in any year, seen from a zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

from clusterimport.gotemplate.functions import Function
from clusterimport.gotemplate.sprig.jsonwriter import JsonRecord
from clusterimport.gotemplate.sprig.zones import UTC, Offset, Zone
from clusterimport.gotemplate.values import FunctionError, GoObject, NilPointer, Uint64, wrap_int64

__all__ = [
    "LONG_DAYS",
    "LONG_MONTHS",
    "ZERO_TIME",
    "Civil",
    "GoTime",
    "Month",
    "Weekday",
    "days_from_civil",
    "days_in_month",
    "from_civil",
    "from_unix",
]

LONG_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
LONG_DAYS: Final = (
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
)
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAY: Final = 86_400
_YEAR_ONE: Final = -62_135_596_800
"""Unix seconds of the first of January of year 1, Go's zero time."""
_FIRST_SECOND: Final = -(292_277_022_400 * 3_652_425 // 10_000 + 306) * _DAY + _YEAR_ONE
"""Where Go's unsigned count of seconds starts; what lies before wraps around to the far end."""
_UINT64_END: Final = 1 << 64


class _NamedInt(int, GoObject):
    __slots__ = ()

    go_kind: ClassVar[str] = "int"


class Month(_NamedInt):
    """Go's ``time.Month``."""

    __slots__ = ()

    go_type_name: ClassVar[str] = "time.Month"

    def go_string(self) -> str:
        """Return its English name."""
        return LONG_MONTHS[self - 1] if 1 <= self <= 12 else f"%!Month({int(self)})"


class Weekday(_NamedInt):
    """Go's ``time.Weekday``; Sunday is 0."""

    __slots__ = ()

    go_type_name: ClassVar[str] = "time.Weekday"

    def go_string(self) -> str:
        """Return its English name."""
        return LONG_DAYS[self] if 0 <= self <= 6 else f"%!Weekday({int(self)})"


Month.go_methods = {"String": Function("String", Month.go_string)}
Weekday.go_methods = {"String": Function("String", Weekday.go_string)}


class Civil(NamedTuple):
    """A moment as its zone's clocks and calendars show it."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    weekday: int
    year_day: int
    """Counted from 1."""
    offset: Offset


@dataclass(frozen=True)
class GoTime(JsonRecord):
    """Go's ``time.Time``: seconds since 1970 and nanoseconds after them."""

    go_type_name: ClassVar[str] = "time.Time"
    go_methods: ClassVar[Mapping[str, Function]] = {}
    go_unexported: ClassVar[frozenset[str]] = frozenset({"wall", "ext", "loc"})

    unix: int
    nanos: int = 0
    zone: Zone = UTC

    def civil(self) -> Civil:
        """Return year, month, day and so on in the time's own zone."""
        offset = self.zone.at(self.unix)
        shown = (self.unix + offset.seconds - _FIRST_SECOND) % _UINT64_END + _FIRST_SECOND
        days, seconds = divmod(shown, _DAY)
        year, month, day = _civil_from_days(days)
        return Civil(
            year,
            month,
            day,
            seconds // 3600,
            seconds // 60 % 60,
            seconds % 60,
            (days + 4) % 7,
            days - days_from_civil(year, 1, 1) + 1,
            offset,
        )

    def plus(self, nanoseconds: int) -> "GoTime":
        """Return the moment so much later."""
        carried, nanos = divmod(self.nanos + nanoseconds, 1_000_000_000)
        return GoTime(_wrapped(self.unix + carried), nanos, self.zone)

    def moved(self, zone: Zone) -> "GoTime":
        """Return the same moment seen from another zone."""
        return GoTime(self.unix, self.nanos, zone)

    def go_string(self) -> str:
        """Return the text that Go prints."""
        date, zone = _date_text(self), self.civil().offset
        return f"{date} {_zone_text(zone.seconds)} {zone.name or _zone_text(zone.seconds)}"

    def go_syntax(self) -> str:
        """Return the Go expression of `%#v`."""
        civil = self.civil()
        location = {"UTC": "time.UTC", "Local": "time.Local"}.get(
            self.zone.name, f'time.Location("{self.zone.name}")'
        )
        return (
            f"time.Date({civil.year}, time.{LONG_MONTHS[civil.month - 1]}, {civil.day}, "
            f"{civil.hour}, {civil.minute}, {civil.second}, {self.nanos}, {location})"
        )

    def go_fields(self) -> Sequence[tuple[str, Any]]:
        """Return Go's private representation, which no verb shows usefully."""
        # That of UTC; any other would be shown as an address, which nobody can foresee.
        zone = NilPointer("*time.Location")
        return (("wall", Uint64(self.nanos)), ("ext", self.unix - _YEAR_ONE), ("loc", zone))

    def go_json(self) -> str:
        """Return RFC 3339 text.

        Raises:
            FunctionError: that has no such year or offset.

        """
        civil = self.civil()
        problem = ""
        if not 0 <= civil.year <= 9999:
            problem = "year outside of range [0,9999]"
        elif abs(civil.offset.seconds) >= 24 * 3600:
            problem = "timezone hour outside of range [0,23]"
        if problem:
            raise FunctionError(f"json: error calling MarshalJSON for type *time.Time: {problem}")
        seconds = civil.offset.seconds
        sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
        zone = f"{sign}{minutes // 60:02d}:{minutes % 60:02d}" if seconds else "Z"
        return _date_text(self).replace(" ", "T") + zone


def from_civil(year: int, month: int, day: int, seconds: int, nanos: int, zone: Zone) -> GoTime:
    """Do what ``time.Date`` does: months beyond the year and days beyond the month carry over.

    `seconds` are those since midnight, as the zone's clocks count them.
    """
    years, month_index = divmod(month - 1, 12)
    days = days_from_civil(year + years, month_index + 1, 1) + day - 1
    local = days * _DAY + seconds
    offset = zone.at(local).seconds
    if offset:
        # Go asks once more, as a change of offset may lie between.
        offset = zone.at(local - offset).seconds
    return GoTime(_wrapped(local - offset), nanos, zone)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Return days since 1970-01-01 in the Gregorian calendar, of any year."""
    # Years start in March here, so that the leap day is their last.
    shifted = year - (month <= 2)
    era, in_era = divmod(shifted, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + in_era * 365 + in_era // 4 - in_era // 100 + day_of_year - 719_468


def days_in_month(year: int, month: int) -> int:
    """Return the length of a month."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _MONTH_DAYS[month - 1] + (month == 2 and leap)


def _civil_from_days(days: int) -> tuple[int, int, int]:
    era, in_era = divmod(days + 719_468, 146_097)
    year = (in_era - in_era // 1460 + in_era // 36_524 - in_era // 146_096) // 365
    day_of_year = in_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    return year + era * 400 + (month <= 2), month, day


def _wrapped(unix: int) -> int:
    """Wrap around where Go's 64-bit count of seconds since year 1 does."""
    return wrap_int64(unix - _YEAR_ONE) + _YEAR_ONE


def _date_text(time: GoTime) -> str:
    civil = time.civil()
    year = f"{civil.year:04d}" if civil.year >= 0 else f"-{-civil.year:04d}"
    fraction = f".{time.nanos:09d}".rstrip("0") if time.nanos else ""
    return (
        f"{year}-{civil.month:02d}-{civil.day:02d} "
        f"{civil.hour:02d}:{civil.minute:02d}:{civil.second:02d}{fraction}"
    )


def _zone_text(seconds: int) -> str:
    # Go cuts to minutes before it looks at the sign.
    minutes = abs(seconds) // 60
    sign = "-" if seconds < 0 and minutes else "+"
    return f"{sign}{minutes // 60:02d}{minutes % 60:02d}"


def from_unix(seconds: int) -> GoTime:
    """Do what ``time.Unix`` does, but for UTC instead of the local zone."""
    return GoTime(_wrapped(seconds))


ZERO_TIME: Final = GoTime(_YEAR_ONE)
