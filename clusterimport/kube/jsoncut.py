"""Finds the parts of a JSON text without decoding it, at any depth, in slices of work.

The fast decoder skips what it does not need, too, but by recursion: on Python 3.11 it gives up at
about a thousand levels, and the API server takes ten thousand. This scanner counts brackets, so
that of a text of any depth the identity is found, and a list falls into its items. It is slower by
a factor of five and used for nothing else.

It never raises, it looks at each byte once, and it is lenient: what it finds in a text that is not
JSON may be nonsense, and is used to name an object that cannot be read, never to read one.
"""

import re
from collections.abc import Generator

import msgspec

SLICE_BYTES = 256 * 1024
"""Scanned between two pauses; about 5 ms on a slow core."""

STEP_BYTES = 40
"""What one step of a loop in Python counts for."""

SHALLOW_LEVELS = 8
"""Nesting that is skipped by the regular expression alone; beyond it, brackets are counted."""


Pauses = Generator[None, None, None]
"""Yields wherever others should have their turn; ``finished`` runs it at one go."""


class Level:
    """Walks over the members of one object, or the items of one list, of a text.

    ``advance`` goes to the next one, and ``pass_by`` over its value, which is needed before the
    next ``advance`` and to know its ``end``; who has seen enough just stops. A member begins at
    ``first`` with its name, its value at ``start``.
    """

    def __init__(self, text: bytes, start: int) -> None:
        self._text = text
        self._position = start + 1
        opening = text[start : start + 1]
        self._closing = {b"{": b"}", b"[": b"]"}.get(opening, b"")
        self._is_object = opening == b"{"
        self._is_first = True
        self.name = ""
        self.first = self.start = self.end = start
        self.is_complete = False
        """Whether the closing bracket was reached; ``end`` is then behind it."""

    def advance(self) -> bool:
        """Go to the next member; False at the end, and where the text is no JSON."""
        if not self._closing:
            return False
        text = self._text
        position = _gap(text, self._position)
        if text[position : position + 1] == self._closing:
            self._closing = b""
            self.is_complete = True
            self.end = position + 1
            return False
        if not self._is_first:
            if text[position : position + 1] != b",":
                return False
            position = _gap(text, position + 1)
        self._is_first = False
        self.first = position
        if self._is_object:
            found = _NAME.match(text, position)
            if found is None:
                self._closing = b""
                return False
            self.name = _text(found[1])
            position = found.end()
        self.start = position
        return True

    def pass_by(self) -> Pauses:
        """Find the end of the present value; where there is none, ``advance`` says False."""
        self.end = self._position = yield from _value_end(self._text, self.start)
        if self.end < 0:
            self._closing = b""

    def leave(self, inner: "Level") -> None:
        """Take over the end of the present value from who walked over its members."""
        self.end = self._position = inner.end
        if not inner.is_complete:
            self._closing = b""

    @property
    def value(self) -> bytes:
        """The JSON of the value that was passed by."""
        return self._text[self.start : self.end]

    @property
    def string(self) -> str:
        """The value that was passed by, if it is a string; else empty."""
        return _text(self.value)

    def without(self) -> bytes:
        """Return the text without the member that was passed by."""
        text, end = self._text, _gap(self._text, self.end)
        if text[end : end + 1] == b",":
            return text[: self.first] + text[end + 1 :]
        # The last one: the comma before it goes, if there is one.
        return text[: self.first].rstrip(_WHITE).removesuffix(b",") + text[end:]


def finished(work: Pauses) -> None:
    """Do all of some work without a pause."""
    for _ in work:
        pass


def _value_end(text: bytes, start: int) -> Generator[None, None, int]:
    """Return where the value that begins at ``start`` ends, negative if it does not."""
    if text[start : start + 1] not in {b"{", b"["}:
        found = _SCALAR.match(text, start)
        return found.end() if found else -1
    depth, work, position = 0, 0, start
    while True:
        before = position
        found = _BRACKETS.match(text, position)
        if found is not None:
            length = found.end() - position
            if found.lastindex == 1:
                depth += length
            elif length >= depth:
                return position + depth
            else:
                depth -= length
            position = found.end()
        # Up to the next bracket that belongs to something deep, in one step of the regexp.
        position = _FLAT.match(text, position).end()  # type: ignore[union-attr]  # also of nothing
        if position == before:
            return -1
        work += STEP_BYTES + position - before
        if work >= SLICE_BYTES:
            work = 0
            yield None


def _gap(text: bytes, position: int) -> int:
    found = _GAP.match(text, position)
    return found.end() if found else position


def _text(literal: bytes) -> str:
    try:
        return _DECODER.decode(literal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


_DECODER = msgspec.json.Decoder(str)
_WHITE = b" \t\r\n"
_GAP = re.compile(rb"[ \t\r\n]*+")
_QUOTED = rb'"(?:[^"\\]++|\\.)*+"'
_NAME = re.compile(rb"(" + _QUOTED + rb")[ \t\r\n]*+:[ \t\r\n]*+", re.DOTALL)
_SCALAR = re.compile(_QUOTED + rb'|[^"\[\]{},: \t\r\n]++', re.DOTALL)
_PLAIN = rb'[^"\[\]{}]++|' + _QUOTED
_SHALLOW = rb"[\[{](?:" + _PLAIN + rb"){0,999}+[\]}]"
for _ in range(SHALLOW_LEVELS - 1):
    _SHALLOW = rb"[\[{](?:" + _PLAIN + rb"|" + _SHALLOW + rb"){0,999}+[\]}]"
_FLAT = re.compile(rb"(?:" + _PLAIN + rb"|" + _SHALLOW + rb"){0,999}+", re.DOTALL)
_BRACKETS = re.compile(rb"([\[{]++)|([\]}]++)")
