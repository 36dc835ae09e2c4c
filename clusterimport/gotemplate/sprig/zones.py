"""Time zones: UTC, fixed offsets and the names of the IANA database, and how texts name them.

The database is read whole, once, from the tzdata package, so that all controllers agree. The
controller does so at its start, by `read_database`, and no template makes it open a file; a command
on files does so when the first template names a zone, since 600 files are a tenth of its time.
"""

import functools
import importlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC as _PYTHON_UTC
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final, NamedTuple

from clusterimport.gotemplate.sprig.jsonwriter import JsonRecord
from clusterimport.gotemplate.values import wrap_int64

__all__ = [
    "LOCAL",
    "UTC",
    "Offset",
    "Zone",
    "fixed_zone",
    "load_zone",
    "read_database",
    "read_offset",
    "zone_name_length",
]

_CYCLE_SECONDS: Final = 146_097 * 86_400
"""The calendar, and with it the rules of summer time, repeat every 400 years."""
_FIRST: Final = int(datetime(2, 1, 1, tzinfo=_PYTHON_UTC).timestamp())
_LAST: Final = int(datetime(9998, 1, 1, tzinfo=_PYTHON_UTC).timestamp())
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=_PYTHON_UTC)
_PARTS: Final = (("hour", 24), ("minute", 60), ("second", 60))
_SIGNED: Final = re.compile(r"[-+]([0-9]+)")


@functools.cache
def read_database() -> Mapping[str, bytes]:
    """Return the files of all zones by their names; reads them the first time."""
    from importlib import resources  # noqa: PLC0415 - as slow as the files themselves

    # What load_zone has to import then opens no file any more.
    importlib.import_module("zoneinfo")
    package = resources.files("tzdata")
    names = (package / "zones").read_text("ascii").split()
    return MappingProxyType({name: (package / "zoneinfo" / name).read_bytes() for name in names})


class Offset(NamedTuple):
    """What is in force at one moment: abbreviation, seconds east of UTC, summer time."""

    name: str
    seconds: int
    is_dst: bool = False


@dataclass(frozen=True)
class Zone(JsonRecord):
    """Go's ``*time.Location``."""

    go_type_name = "*time.Location"
    go_kind = "ptr"
    go_unexported = frozenset({"name", "zone", "tx", "extend", "cacheStart", "cacheEnd"})

    name: str
    fixed: Offset | None = None
    rules: tzinfo | None = field(default=None, compare=False, repr=False)

    def go_string(self) -> str:
        """Return its name."""
        return self.name

    def at(self, unix_seconds: int) -> Offset:
        """Return what is in force at a moment of any year, whose seconds wrap around as Go's."""
        if self.fixed is not None:
            return self.fixed
        seconds = max(wrap_int64(unix_seconds), _FIRST)
        if seconds > _LAST:
            seconds = _LAST - _CYCLE_SECONDS + (seconds - _LAST) % _CYCLE_SECONDS
        moment = (_EPOCH + timedelta(seconds=seconds)).astimezone(self.rules)
        offset = moment.utcoffset() or timedelta()
        return Offset(moment.tzname() or "", offset // timedelta(seconds=1), bool(moment.dst()))


UTC: Final = Zone("UTC", Offset("UTC", 0))
LOCAL: Final = Zone("Local", Offset("UTC", 0))
"""The controller's own zone; here that is UTC wherever the controller runs."""


def fixed_zone(name: str, seconds: int) -> Zone:
    """Return a zone that a text named only by its offset."""
    return Zone(name, Offset(name, seconds))


@functools.lru_cache(maxsize=64)
def load_zone(name: str) -> Zone | None:
    """Return the zone that Go's time.LoadLocation finds, or None."""
    if name in {"", "UTC"}:
        return UTC
    if name == "Local":
        return LOCAL
    data = read_database().get(name)
    if data is None:
        return None
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only here, and slow to load

    return Zone(name, None, ZoneInfo.from_file(io.BytesIO(data), key=name))


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
