"""Reads the zones in texts of times: offsets in the form of a layout, and abbreviations."""

import re
from typing import Final

__all__ = ["read_offset", "zone_name_length"]

_PARTS: Final = (("hour", 24), ("minute", 60), ("second", 60))
_SIGNED: Final = re.compile(r"[-+]([0-9]+)")


def read_offset(form: str, text: str) -> int | str | None:
    """Return the seconds east of UTC; what is out of range, as a text; None for no offset.

    The text is as long as the form: ``-07``, ``-0700``, ``-07:00``, ``-070000`` or
    ``-07:00:00``, where the sign may also be a ``Z``.
    """
    if len(text) != len(form) or any(
        text[place] != ":" for place, char in enumerate(form) if char == ":"
    ):
        return None
    digits = "".join(text[place] for place, char in enumerate(form) if char != ":")[1:]
    amounts: list[int] = []
    for start in range(0, len(digits), 2):
        pair = digits[start : start + 2]
        if not (pair.isascii() and pair.isdigit()):
            break
        amounts.append(int(pair))
    # Go looks for these before it looks for digits, and the last of them counts.
    wrong = [name for amount, (name, most) in zip(amounts, _PARTS, strict=False) if amount > most]
    if wrong:
        return f"time zone offset {wrong[-1]}"
    if len(amounts) < len(digits) // 2 or text[0] not in "+-":
        return None
    hours, minutes, seconds = (*amounts, 0, 0)[:3]
    offset = (hours * 60 + minutes) * 60 + seconds
    return -offset if text[0] == "-" else offset


def zone_name_length(text: str) -> int:
    """Return how long the abbreviation at the start of a text is, 0 if there is none."""
    if len(text) < 3:
        return 0
    if text[:4] in {"ChST", "MeST"}:
        return 4
    if text[:3] == "GMT":
        return 3 + _signed_offset_length(text[3:])
    if text[0] in "+-":
        return _signed_offset_length(text)
    capitals = 0
    while capitals < min(6, len(text)) and "A" <= text[capitals] <= "Z":
        capitals += 1
    if capitals == 5 and text[4] == "T":
        return 5
    if capitals == 4 and (text[3] == "T" or text[:4] == "WITA"):
        return 4
    return 3 if capitals == 3 else 0


def _signed_offset_length(text: str) -> int:
    match = _SIGNED.match(text)
    if match is None or len(match[1].lstrip("0")) > 2 or int(match[1]) > 23:
        return 0
    return match.end()
