"""PEM as Go's encoding/pem reads it, which no other reader does quite alike.

A block begins at the start of a line and ends at the end of one; what is between blocks, and a
block that is not in order, is passed over. There is no mark of an encoding: one before the first
block is a line that does not begin with dashes.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"\n-----END "
_DASHES: Final = b"-----"
_BLANK: Final = b" \t"
_IGNORED: Final = re.compile(rb"[ \t\r\n]+")


class PemBlock(NamedTuple):
    """A block: what it says it is, whether it has headers, and its bytes."""

    label: bytes
    has_headers: bool
    data: bytes


def read_blocks(pem: bytes) -> Iterator[PemBlock]:
    """Yield the blocks that Go sees, in their order."""
    at = 0
    while (found := _next(pem, at)) is not None:
        block, at = found
        yield block


def _next(pem: bytes, start: int) -> tuple[PemBlock, int] | None:
    """Return the next block and where the text goes on; None if there is none.

    A translation of `Decode`: positions are those of the whole text, where Go cuts pieces off.
    """
    at = start
    while True:
        end = pem.find(_END, at)
        if end < 0:
            return None
        trailer = end + len(_END)
        # The last beginning before the end: one without an end of its own is passed over.
        begin = pem.rfind(_BEGIN, at, end)
        if begin < 0 or (begin > at and pem[begin - 1] != 0x0A):
            at = trailer
            continue
        line, at = _line(pem, begin + len(_BEGIN))
        if not line.endswith(_DASHES):
            at = trailer
            continue
        label = line[: -len(_DASHES)]
        first, at = at, _behind_headers(pem, at)
        if at >= len(pem):
            return None
        if at > first and end < at:
            if trailer < at:
                return None
            at = trailer
            continue
        closing = label + _DASHES
        if not pem.startswith(closing, trailer) or _line(pem, trailer + len(closing))[0]:
            at = trailer
            continue
        data = b""
        if end > at:
            try:
                data = _decoded(pem[at:end])
            except (binascii.Error, ValueError):
                at = trailer
                continue
        return PemBlock(label, at > first, data), _line(pem, trailer - 1)[1]


def _behind_headers(pem: bytes, at: int) -> int:
    """Return where the headers of a block end: lines with a colon."""
    while at < len(pem):
        line, after = _line(pem, at)
        if b":" not in line:
            break
        at = after
    return at


def _line(pem: bytes, at: int) -> tuple[bytes, int]:
    """Return a line without the white space at its end, and where the next one begins."""
    end = pem.find(b"\n", at)
    if end < 0:
        end = after = len(pem)
    else:
        after = end + 1
        if end > at and pem[end - 1] == 0x0D:
            end -= 1
    return pem[at:end].rstrip(_BLANK), after


def _decoded(text: bytes) -> bytes:
    """Decode padded standard base64; raises ValueError."""
    text = _IGNORED.sub(b"", text)
    if len(text) % 4:
        raise ValueError
    return base64.b64decode(text, validate=True)
