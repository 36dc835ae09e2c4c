"""DER, element by element, as strictly as Go's cryptobyte package."""

import datetime as dt
import re
from typing import Final, NamedTuple

from clusterimport.pki.errors import Malformed

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
NUMERIC_STRING: Final = 0x12
PRINTABLE_STRING: Final = 0x13
T61_STRING: Final = 0x14
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
BMP_STRING: Final = 0x1E
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT: Final = 0x80
CONSTRUCTED: Final = 0xA0
"""Class of a tag with a number of its own, and the same for one that holds elements."""

_UTC: Final = re.compile(r"([0-9]{2})([0-9]{8})([0-9]{2})?(Z|[-+][0-9]{4})")
_GENERALIZED: Final = re.compile(r"([0-9]{4})([0-9]{8})([0-9]{2})(Z|[-+][0-9]{4})")


class Element(NamedTuple):
    """Where an element of a text stands, and where its content begins."""

    tag: int
    start: int
    content: int
    end: int


class Reader:
    """Reads the elements of a part of a text, one after another; each method raises Malformed."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self._at = start
        self._end = len(data) if end is None else end

    @property
    def is_empty(self) -> bool:
        """Whether everything was read."""
        return self._at >= self._end

    def comes(self, tag: int) -> bool:
        """Whether the next element has this tag, as far as its first byte says."""
        return self._at < self._end and self._data[self._at] == tag

    def any(self) -> Element:
        """Read an element of any tag below 31, with a length in as few bytes as it needs."""
        return Element(*self._next())

    def _next(self) -> tuple[int, int, int, int]:
        data, start = self._data, self._at
        if start + 2 > self._end or data[start] & 0x1F == 0x1F:
            raise Malformed
        length = data[start + 1]
        content = start + 2
        if length & 0x80:
            size = length & 0x7F
            content += size
            if not 0 < size <= 4 or content > self._end:
                raise Malformed
            length = int.from_bytes(data[start + 2 : content])
            if length < 0x80 or length >> (size - 1) * 8 == 0:
                raise Malformed
        end = content + length
        if end > self._end:
            raise Malformed
        self._at = end
        return data[start], start, content, end

    def of(self, tag: int) -> Element:
        """Read an element that has to have this tag."""
        element = self.any()
        if element.tag != tag:
            raise Malformed
        return element

    def inside(self, tag: int) -> "Reader":
        """Read an element; return the reader of what is in it."""
        found, _, content, end = self._next()
        if found != tag:
            raise Malformed
        return Reader(self._data, content, end)

    def content(self, tag: int) -> bytes:
        """Read an element; return its content."""
        found, _, content, end = self._next()
        if found != tag:
            raise Malformed
        return self._data[content:end]

    def whole(self, tag: int) -> bytes:
        """Read an element; return it with its tag and length."""
        element = self.of(tag)
        return self._data[element.start : element.end]

    def rest(self) -> bytes:
        """Return what was not read yet."""
        return self._data[self._at : self._end]

    def reopened(self, element: Element) -> "Reader":
        """Return a reader that has this element before it, and nothing else."""
        return Reader(self._data, element.start, element.end)

    def integer(self, tag: int = INTEGER) -> int:
        """Read a whole number in as few bytes as it needs."""
        content = self.content(tag)
        if not content:
            raise Malformed
        if len(content) > 1 and (content[0], content[1] >> 7) in {(0, 0), (0xFF, 1)}:
            raise Malformed
        return int.from_bytes(content, signed=True)

    def boolean(self) -> bool:
        """Read a boolean, of which there are just two."""
        content = self.content(BOOLEAN)
        if content not in {b"\0", b"\xff"}:
            raise Malformed
        return content != b"\0"

    def identifier(self) -> bytes:
        """Read an object identifier; return its content."""
        content = self.content(IDENTIFIER)
        if not content or content[-1] & 0x80:
            raise Malformed
        number = length = 0
        for byte in content:
            if length == 0 and byte == 0x80:
                raise Malformed
            length += 1
            if length > 5 or number >= 1 << 24:
                raise Malformed
            number = number << 7 | byte & 0x7F
            if not byte & 0x80:
                number = length = 0
        return content

    def bits(self) -> bytes:
        """Read a bit string; return its bytes, of which the last may be filled up with zeros."""
        content = self.content(BIT_STRING)
        if not content or content[0] > 7:
            raise Malformed
        unused, value = content[0], content[1:]
        if unused and (not value or value[-1] & ((1 << unused) - 1)):
            raise Malformed
        return value

    def time(self) -> None:
        """Read a moment in one of the two forms."""
        element = self.any()
        text = self._data[element.content : element.end].decode("ascii", "replace")
        if element.tag == UTC_TIME:
            # The century is the reader's to guess, and a leap day may depend on it.
            found = _UTC.fullmatch(text)
            century = "19" if found and found[1] >= "69" else "20"
        elif element.tag == GENERALIZED_TIME:
            found, century = _GENERALIZED.fullmatch(text), ""
        else:
            raise Malformed
        if found is None:
            raise Malformed
        year, rest, seconds, zone = found.groups()
        try:
            # Five times as fast as strptime, which also takes long to load.
            month, day, hour, minute = (int(rest[at : at + 2]) for at in range(0, 8, 2))
            dt.datetime(
                int(century + year), month, day, hour, minute, int(seconds or 0), tzinfo=dt.UTC
            )
        except ValueError:
            raise Malformed from None
        if zone[1:] == "0000":
            raise Malformed
