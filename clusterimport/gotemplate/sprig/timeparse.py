"""Reads a time by a layout of Go's, with Go's error texts.

The zone is UTC where Go would take the local one; an unknown zone name counts as UTC too.
"""

import re
from collections.abc import Callable
from typing import Final

from clusterimport.gotemplate.sprig.instants import (
    LONG_DAYS,
    LONG_MONTHS,
    GoTime,
    days_from_civil,
    days_in_month,
    from_civil,
)
from clusterimport.gotemplate.sprig.layouts import Piece, next_chunk
from clusterimport.gotemplate.sprig.wording import go_time_quote
from clusterimport.gotemplate.sprig.zones import (
    LOCAL,
    UTC,
    Zone,
    fixed_zone,
    read_offset,
    zone_name_length,
)
from clusterimport.gotemplate.values import FunctionError

__all__ = ["parse_time"]

_ONE_OR_TWO: Final = re.compile(r"[0-9]{1,2}")
_TWO: Final = re.compile(r"[0-9]{2}")
_YEAR_TEXT: Final = re.compile(r"[-+]?[0-9]+")
_FRACTION: Final = re.compile(r"[.,][0-9]+")
_SHORT_MONTHS: Final = tuple(name[:3] for name in LONG_MONTHS)
_SHORT_DAYS: Final = tuple(name[:3] for name in LONG_DAYS)


class _BadValueError(Exception):
    """The text does not fit the piece of the layout."""


class _RangeError(Exception):
    """The number of a piece is out of range; carries what it is."""


def parse_time(layout: str, text: str) -> GoTime:
    """Read a time.

    Raises:
        FunctionError: as Go words it.

    """
    return _Parser(layout, text).parse()


class _Parser:
    def __init__(self, layout: str, text: str) -> None:
        self._layout = layout
        self._text = text
        self._rest = text
        self._form = ""
        self._next = 0
        self._year = 0
        self._month = self._day = self._year_day = -1
        self._hour = self._minute = self._second = self._nanos = 0
        self._half: int | None = None
        self._zone: Zone | None = None
        self._offset: int | None = None
        self._zone_name = ""

    def parse(self) -> GoTime:
        while True:
            chunk = next_chunk(self._layout, self._next)
            if not self._skip(chunk.prefix):
                raise self._error(chunk.prefix, self._rest)
            if chunk.piece is None:
                break
            self._form, self._next = chunk.text, chunk.end
            held = self._rest
            try:
                _READERS[chunk.piece](self)
            except _BadValueError as error:
                raise self._error(chunk.text, held) from error
            except _RangeError as error:
                raise self._failure(f"{error} out of range") from error
        if self._rest:
            raise self._failure(f"extra text: {go_time_quote(self._rest)}")
        return self._finish()

    def _skip(self, prefix: str) -> bool:
        """Pass plain text; a space stands for any number of spaces. Tell whether it fits."""
        pos = 0
        while pos < len(prefix):
            if prefix[pos] == " ":
                if self._rest and self._rest[0] != " ":
                    return False
                pos = len(prefix) - len(prefix[pos:].lstrip(" "))
                self._rest = self._rest.lstrip(" ")
                continue
            if self._rest[:1] != prefix[pos]:
                return False
            pos += 1
            self._rest = self._rest[1:]
        return True

    def _error(self, piece: str, value: str) -> FunctionError:
        return FunctionError(
            f"parsing time {go_time_quote(self._text)} as {go_time_quote(self._layout)}: "
            f"cannot parse {go_time_quote(value)} as {go_time_quote(piece)}"
        )

    def _failure(self, message: str) -> FunctionError:
        return FunctionError(f"parsing time {go_time_quote(self._text)}: {message}")

    def _take(self, length: int) -> str:
        if len(self._rest) < length:
            raise _BadValueError
        taken, self._rest = self._rest[:length], self._rest[length:]
        return taken

    def _number(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._rest)
        if match is None:
            raise _BadValueError
        self._rest = self._rest[match.end() :]
        return int(match.group())

    def _name(self, names: tuple[str, ...]) -> int:
        for index, name in enumerate(names):
            if self._rest[: len(name)].lower() == name.lower():
                self._rest = self._rest[len(name) :]
                return index
        raise _BadValueError

    def year(self) -> None:
        text = self._take(2)
        if not _YEAR_TEXT.fullmatch(text):
            raise _BadValueError
        year = int(text)
        self._year = year + (1900 if year >= 69 else 2000)

    def long_year(self) -> None:
        if not self._rest[:1].isdigit() or not self._rest[:1].isascii():
            raise _BadValueError
        text = self._take(4)
        if not _YEAR_TEXT.fullmatch(text):
            raise _BadValueError
        self._year = int(text)

    def month_name(self) -> None:
        self._month = self._name(_SHORT_MONTHS) + 1

    def long_month_name(self) -> None:
        self._month = self._name(LONG_MONTHS) + 1

    def month(self) -> None:
        self._month = self._number(_TWO if self._form == "01" else _ONE_OR_TWO)
        if not 1 <= self._month <= 12:
            raise _RangeError("month")

    def weekday_name(self) -> None:
        self._name(_SHORT_DAYS)

    def long_weekday_name(self) -> None:
        self._name(LONG_DAYS)

    def day(self) -> None:
        if self._form == "_2" and self._rest.startswith(" "):
            self._rest = self._rest[1:]
        self._day = self._number(_TWO if self._form == "02" else _ONE_OR_TWO)

    def year_day(self) -> None:
        if self._form == "__2":
            for _ in range(2):
                self._rest = self._rest.removeprefix(" ")
        match = re.match(r"[0-9]{1,3}", self._rest)
        if match is None or (self._form == "002" and match.end() != 3):
            raise _BadValueError
        self._rest = self._rest[match.end() :]
        self._year_day = int(match.group())

    def hour(self) -> None:
        self._hour = self._number(_ONE_OR_TWO)
        if self._hour >= 24:
            raise _RangeError("hour")

    def hour12(self) -> None:
        self._hour = self._number(_TWO if self._form == "03" else _ONE_OR_TWO)
        if self._hour > 12:
            raise _RangeError("hour")

    def minute(self) -> None:
        self._minute = self._number(_TWO if self._form == "04" else _ONE_OR_TWO)
        if self._minute >= 60:
            raise _RangeError("minute")

    def second(self) -> None:
        self._second = self._number(_TWO if self._form == "05" else _ONE_OR_TWO)
        if self._second >= 60:
            raise _RangeError("second")
        # A fraction may follow even if the layout has none.
        match = _FRACTION.match(self._rest)
        follows = next_chunk(self._layout, self._next).piece
        if match is not None and follows not in {Piece.FRACTION0, Piece.FRACTION9}:
            self._nanoseconds(match.end())

    def half(self) -> None:
        """Read AM or PM, in the case of the layout."""
        halves = ("AM", "PM") if self._form == "PM" else ("am", "pm")
        text = self._take(2)
        if text not in halves:
            raise _BadValueError
        self._half = halves.index(text)

    def zone(self) -> None:
        if self._form[0] == "Z" and self._rest.startswith("Z"):
            self._rest = self._rest[1:]
            self._zone = UTC
            return
        offset = read_offset(self._form, self._take(len(self._form)))
        if offset is None:
            raise _BadValueError
        if isinstance(offset, str):
            raise _RangeError(offset)
        self._offset = offset

    def zone_name(self) -> None:
        if self._rest.startswith("UTC"):
            self._rest = self._rest[3:]
            self._zone = UTC
            return
        length = zone_name_length(self._rest)
        if not length:
            raise _BadValueError
        self._zone_name = self._take(length)

    def fraction(self) -> None:
        """Read exactly as many digits as the layout has zeros."""
        length = len(self._form)
        if len(self._rest) < length or self._rest[0] not in ".,":
            raise _BadValueError
        if not re.fullmatch(r"[-+]?[0-9]+", self._rest[1:length][:9]):
            raise _BadValueError
        if self._rest[1] == "-" and int(self._rest[1:length][:9]) < 0:
            self._rest = self._rest[length:]
            raise _RangeError("fractional second")
        self._nanoseconds(length)

    def any_fraction(self) -> None:
        """Read any number of digits, or nothing."""
        match = _FRACTION.match(self._rest)
        if match is not None:
            self._nanoseconds(match.end())

    def _nanoseconds(self, length: int) -> None:
        digits = self._rest[1:length][:9]
        self._nanos = int(digits) * 10 ** (9 - len(digits))
        self._rest = self._rest[length:]

    def _finish(self) -> GoTime:
        if self._half == 1 and self._hour < 12:
            self._hour += 12
        elif self._half == 0 and self._hour == 12:
            self._hour = 0
        self._settle_date()
        seconds = (self._hour * 60 + self._minute) * 60 + self._second
        midnight = days_from_civil(self._year, self._month, self._day) * 86_400
        if self._zone is None and self._offset is not None:
            zone = LOCAL if self._is_local() else fixed_zone(self._zone_name, self._offset)
            return GoTime(midnight + seconds - self._offset, self._nanos, zone)
        if self._zone is None and self._zone_name:
            # The clock is read as UTC's; only a GMT+N is known to be something else.
            offset = 0
            if self._zone_name.startswith("GMT") and len(self._zone_name) > 3:
                offset = int(self._zone_name[3:]) * 3600
            return GoTime(midnight + seconds, self._nanos, fixed_zone(self._zone_name, offset))
        zone = self._zone or LOCAL
        date = (self._year, self._month, self._day)
        return from_civil(*date, seconds, self._nanos, zone)

    def _is_local(self) -> bool:
        return self._offset == 0 and self._zone_name in {"", "UTC"}

    def _settle_date(self) -> None:
        if self._year_day >= 0:
            self._use_year_day()
        self._month = 1 if self._month < 0 else self._month
        self._day = 1 if self._day < 0 else self._day
        if not 1 <= self._day <= days_in_month(self._year, self._month):
            raise self._failure("day out of range")

    def _use_year_day(self) -> None:
        leap = days_in_month(self._year, 2) == 29
        if not 1 <= self._year_day <= 365 + leap:
            raise self._failure("day-of-year out of range")
        month, day = 1, self._year_day
        while day > days_in_month(self._year, month):
            day -= days_in_month(self._year, month)
            month += 1
        if self._month not in {-1, month}:
            raise self._failure("day-of-year does not match month")
        if self._day not in {-1, day}:
            raise self._failure("day-of-year does not match day")
        self._month, self._day = month, day


_READERS: Final[dict[Piece, Callable[[_Parser], None]]] = {
    Piece.LONG_MONTH: _Parser.long_month_name,
    Piece.MONTH: _Parser.month_name,
    Piece.NUM_MONTH: _Parser.month,
    Piece.ZERO_MONTH: _Parser.month,
    Piece.LONG_WEEKDAY: _Parser.long_weekday_name,
    Piece.WEEKDAY: _Parser.weekday_name,
    Piece.DAY: _Parser.day,
    Piece.UNDER_DAY: _Parser.day,
    Piece.ZERO_DAY: _Parser.day,
    Piece.UNDER_YEAR_DAY: _Parser.year_day,
    Piece.ZERO_YEAR_DAY: _Parser.year_day,
    Piece.HOUR: _Parser.hour,
    Piece.HOUR12: _Parser.hour12,
    Piece.ZERO_HOUR12: _Parser.hour12,
    Piece.MINUTE: _Parser.minute,
    Piece.ZERO_MINUTE: _Parser.minute,
    Piece.SECOND: _Parser.second,
    Piece.ZERO_SECOND: _Parser.second,
    Piece.LONG_YEAR: _Parser.long_year,
    Piece.YEAR: _Parser.year,
    Piece.UPPER_PM: _Parser.half,
    Piece.LOWER_PM: _Parser.half,
    Piece.ZONE_NAME: _Parser.zone_name,
    Piece.ZONE: _Parser.zone,
    Piece.FRACTION0: _Parser.fraction,
    Piece.FRACTION9: _Parser.any_fraction,
}
