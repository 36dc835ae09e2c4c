"""The functions that cut and wrap text by its bytes, as sprig and goutils 1.1.1 do.

None of them knows runes: cutting inside one leaves bytes that are no UTF-8, and `nospace` and
`initials` read every byte as a Latin-1 character.
"""

from typing import Final

from clusterimport.gotemplate.functions import INT, STRING, Entry, Function
from clusterimport.gotemplate.gostrings import byte_len, from_bytes, to_bytes
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.sprig import casing
from clusterimport.gotemplate.sprig.texts import LOOP_SPEED, slice_bytes, text_function
from clusterimport.gotemplate.values import wrap_int64

_MARKER: Final = b"..."


def trunc(count: int, text: str) -> str:
    """Keep the first bytes, or with a negative count the last ones."""
    if text.isascii():
        return text[:count] if count >= 0 else text[max(len(text) + count, 0) :]
    data = to_bytes(text)
    return from_bytes(data[:count] if count >= 0 else data[max(len(data) + count, 0) :])


def substr(start: int, end: int, text: str) -> str:
    """Cut out bytes; a negative start means the beginning, a negative or large end the end."""
    if start < 0:
        return from_bytes(slice_bytes(text, 0, end))
    length = byte_len(text)
    if end < 0 or end > length:
        end = length
    return from_bytes(slice_bytes(text, start, end))


def abbrev(width: int, text: str) -> str:
    """Shorten to a number of bytes, the last three of which are dots."""
    return text if width < 4 else _abbreviate(text, 0, width)


def abbrevboth(left: int, right: int, text: str) -> str:
    """Shorten at both ends, keeping what stands at byte `left`."""
    if right < 4 or (left > 0 and right < 7):
        return text
    return _abbreviate(text, left, right)


def _abbreviate(text: str, offset: int, width: int) -> str:
    data = to_bytes(text)
    length = len(data)
    if length <= width:
        return text
    offset = min(offset, length)
    # Of a far negative offset Go's int wraps around.
    if wrap_int64(length - offset) < width - 3:
        offset = length - (width - 3)
    if offset <= 4:
        return from_bytes(data[: width - 3] + _MARKER)
    if width < 7:
        return ""
    if offset + width - 3 < length:
        return from_bytes(_MARKER + data[offset : offset + width - 6] + _MARKER)
    return from_bytes(_MARKER + data[length - (width - 3) :])


def initials(text: str) -> str:
    """Take the first byte of every word, as a Latin-1 character."""
    out = []
    after_gap = True
    for char in to_bytes(text).decode("latin-1"):
        if casing.is_space(char):
            after_gap = True
        elif after_gap:
            out.append(char)
            after_gap = False
    return "".join(out)


def nospace(text: str) -> str:
    """Drop all space; text that had some comes back with every byte read as Latin-1."""
    latin = to_bytes(text).decode("latin-1")
    kept = "".join(char for char in latin if not casing.is_space(char))
    return text if len(kept) == len(latin) else kept


def wrap(meter: Meter, width: int, text: str) -> str:
    """Break lines at spaces; longer words stay whole."""
    return _wrap(meter, text, width, b"\n", break_words=False)


def wrap_with(meter: Meter, width: int, separator: str, text: str) -> str:
    """Break lines at spaces with a separator of one's own; longer words are broken."""
    return _wrap(meter, text, width, to_bytes(separator) or b"\n", break_words=True)


def _wrap(meter: Meter, text: str, width: int, separator: bytes, *, break_words: bool) -> str:
    data = to_bytes(text)
    meter.spend(len(data) >> LOOP_SPEED)
    width = max(width, 1)
    out: list[bytes] = []
    offset = 0
    while len(data) - offset > width:
        if data[offset] == 0x20:
            offset += 1
            continue
        meter.spend(1)
        end = data.rfind(b" ", offset, offset + width + 1)
        if end >= 0:
            out.append(data[offset:end])
            offset = end + 1
        elif break_words:
            out.append(data[offset : offset + width])
            offset += width
        else:
            end = data.find(b" ", offset + width)
            if end < 0:
                break
            out.append(data[offset:end])
            offset = end + 1
    out.append(data[offset:])
    meter.size(len(data) + len(separator) * len(out))
    return from_bytes(separator.join(out))


_ENTRIES: Final = (
    text_function("trunc", trunc, INT, STRING),
    text_function("substr", substr, INT, INT, STRING),
    text_function("abbrev", abbrev, INT, STRING),
    text_function("abbrevboth", abbrevboth, INT, INT, STRING),
    text_function("initials", initials, STRING, shift=LOOP_SPEED),
    text_function("nospace", nospace, STRING, shift=LOOP_SPEED),
    Function("wrap", wrap, (INT, STRING), needs_meter=True),
    Function("wrapWith", wrap_with, (INT, STRING, STRING), needs_meter=True),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
