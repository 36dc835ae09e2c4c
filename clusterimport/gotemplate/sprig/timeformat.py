"""Writes a time by a layout of Go's."""

from collections.abc import Callable
from typing import Final

from clusterimport.gotemplate.sprig.instants import LONG_DAYS, LONG_MONTHS, Civil, GoTime
from clusterimport.gotemplate.sprig.layouts import Piece, next_chunk

__all__ = ["format_time"]


def format_time(time: GoTime, layout: str) -> str:
    """Write the time; what is no piece of the layout language is copied."""
    civil = time.civil()
    out = []
    pos = 0
    while True:
        chunk = next_chunk(layout, pos)
        out.append(chunk.prefix)
        if chunk.piece is None:
            return "".join(out)
        pos = chunk.end
        if chunk.piece is Piece.ZONE:
            out.append(_zone(civil.offset.seconds, chunk.text))
        elif chunk.piece in {Piece.FRACTION0, Piece.FRACTION9}:
            out.append(_fraction(time.nanos, chunk.text))
        else:
            out.append(_WRITERS[chunk.piece](civil))


def _padded(number: int, width: int) -> str:
    return f"-{-number:0{width}d}" if number < 0 else f"{number:0{width}d}"


def _hour12(civil: Civil) -> int:
    return civil.hour % 12 or 12


def _zone_name(civil: Civil) -> str:
    return civil.offset.name or _zone(civil.offset.seconds, "-0700")


def _zone(seconds: int, form: str) -> str:
    """Write an offset in the form of the layout's text, `Z` first if UTC is to be a ``Z``."""
    if form[0] == "Z" and seconds == 0:
        return "Z"
    # Go cuts towards zero before it asks for the sign.
    minutes = abs(seconds) // 60
    text = "-" if seconds < 0 and minutes else "+"
    colon = ":" if ":" in form else ""
    text += f"{minutes // 60:02d}"
    if len(form) > 3:
        text += f"{colon}{minutes % 60:02d}"
    if len(form) in {7, 9}:
        shown = abs(seconds) % 60 if minutes or seconds >= 0 else seconds % -60
        text += colon + _padded(shown, 2)
    return text


def _fraction(nanos: int, form: str) -> str:
    """Write the fraction of a second: all digits for zeros, only those needed for nines."""
    digits = f"{nanos:09d}"[: len(form) - 1]
    if form[1] == "0":
        return form[0] + digits
    digits = digits.rstrip("0")
    return form[0] + digits if digits else ""


_WRITERS: Final[dict[Piece, Callable[[Civil], str]]] = {
    Piece.LONG_MONTH: lambda civil: LONG_MONTHS[civil.month - 1],
    Piece.MONTH: lambda civil: LONG_MONTHS[civil.month - 1][:3],
    Piece.NUM_MONTH: lambda civil: str(civil.month),
    Piece.ZERO_MONTH: lambda civil: f"{civil.month:02d}",
    Piece.LONG_WEEKDAY: lambda civil: LONG_DAYS[civil.weekday],
    Piece.WEEKDAY: lambda civil: LONG_DAYS[civil.weekday][:3],
    Piece.DAY: lambda civil: str(civil.day),
    Piece.UNDER_DAY: lambda civil: f"{civil.day:2d}",
    Piece.ZERO_DAY: lambda civil: f"{civil.day:02d}",
    Piece.UNDER_YEAR_DAY: lambda civil: f"{civil.year_day:3d}",
    Piece.ZERO_YEAR_DAY: lambda civil: f"{civil.year_day:03d}",
    Piece.HOUR: lambda civil: f"{civil.hour:02d}",
    Piece.HOUR12: lambda civil: str(_hour12(civil)),
    Piece.ZERO_HOUR12: lambda civil: f"{_hour12(civil):02d}",
    Piece.MINUTE: lambda civil: str(civil.minute),
    Piece.ZERO_MINUTE: lambda civil: f"{civil.minute:02d}",
    Piece.SECOND: lambda civil: str(civil.second),
    Piece.ZERO_SECOND: lambda civil: f"{civil.second:02d}",
    Piece.LONG_YEAR: lambda civil: _padded(civil.year, 4),
    Piece.YEAR: lambda civil: f"{abs(civil.year) % 100:02d}",
    Piece.UPPER_PM: lambda civil: "PM" if civil.hour >= 12 else "AM",
    Piece.LOWER_PM: lambda civil: "pm" if civil.hour >= 12 else "am",
    Piece.ZONE_NAME: _zone_name,
}
