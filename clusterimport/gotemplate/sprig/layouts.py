"""Go's layout language of dates: an example moment, cut into the pieces it shows.

The reference moment is ``Mon Jan 2 15:04:05 -0700 2006``.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

__all__ = ["Chunk", "Piece", "next_chunk"]


class Piece(Enum):
    """What a piece of a layout stands for."""

    LONG_MONTH = auto()
    MONTH = auto()
    NUM_MONTH = auto()
    ZERO_MONTH = auto()
    LONG_WEEKDAY = auto()
    WEEKDAY = auto()
    DAY = auto()
    UNDER_DAY = auto()
    ZERO_DAY = auto()
    UNDER_YEAR_DAY = auto()
    ZERO_YEAR_DAY = auto()
    HOUR = auto()
    HOUR12 = auto()
    ZERO_HOUR12 = auto()
    MINUTE = auto()
    ZERO_MINUTE = auto()
    SECOND = auto()
    ZERO_SECOND = auto()
    LONG_YEAR = auto()
    YEAR = auto()
    UPPER_PM = auto()
    LOWER_PM = auto()
    ZONE_NAME = auto()
    ZONE = auto()
    """A numeric zone; the text itself says its form."""
    FRACTION0 = auto()
    FRACTION9 = auto()


class Chunk(NamedTuple):
    """Plain text before a piece, the piece (None at the end), its text and where it ends."""

    prefix: str
    piece: Piece | None
    text: str
    end: int


# Alternatives in the order in which Go tries them at each place.
_PIECES: Final = (
    (r"January", Piece.LONG_MONTH),
    (r"Jan(?![a-z])", Piece.MONTH),
    (r"Monday", Piece.LONG_WEEKDAY),
    (r"Mon(?![a-z])", Piece.WEEKDAY),
    (r"MST", Piece.ZONE_NAME),
    (r"01", Piece.ZERO_MONTH),
    (r"02", Piece.ZERO_DAY),
    (r"03", Piece.ZERO_HOUR12),
    (r"04", Piece.ZERO_MINUTE),
    (r"05", Piece.ZERO_SECOND),
    (r"06", Piece.YEAR),
    (r"002", Piece.ZERO_YEAR_DAY),
    (r"15", Piece.HOUR),
    (r"1", Piece.NUM_MONTH),
    (r"2006", Piece.LONG_YEAR),
    (r"2", Piece.DAY),
    # In _2006 the underscore is plain text.
    (r"_2(?!006)", Piece.UNDER_DAY),
    (r"__2", Piece.UNDER_YEAR_DAY),
    (r"3", Piece.HOUR12),
    (r"4", Piece.MINUTE),
    (r"5", Piece.SECOND),
    (r"PM", Piece.UPPER_PM),
    (r"pm", Piece.LOWER_PM),
    (r"[-Z]070000|[-Z]07:00:00|[-Z]0700|[-Z]07:00|[-Z]07", Piece.ZONE),
    (r"[.,]0+(?![0-9])", Piece.FRACTION0),
    (r"[.,]9+(?![0-9])", Piece.FRACTION9),
)
_LAYOUT: Final = re.compile("|".join(f"({pattern})" for pattern, _ in _PIECES))


def next_chunk(layout: str, start: int) -> Chunk:
    """Find the next piece of a layout from a place on."""
    match = _LAYOUT.search(layout, start)
    if match is None or match.lastindex is None:
        return Chunk(layout[start:], None, "", len(layout))
    piece = _PIECES[match.lastindex - 1][1]
    return Chunk(layout[start : match.start()], piece, match.group(), match.end())
