"""The encoding family: base64 and base32, standard alphabets with padding.

Sprig returns the text of a decoding error as if it were the result, and so do we.
"""

import base64
import binascii
import contextlib
import re
from typing import Final

from clusterimport.gotemplate.functions import STRING, Entry
from clusterimport.gotemplate.gostrings import from_bytes, to_bytes
from clusterimport.gotemplate.sprig.texts import text_function
from clusterimport.gotemplate.values import FunctionError

_NEWLINES: Final = b"\r\n"
_BASE64_RUN: Final = re.compile(rb"[A-Za-z0-9+/\r\n]*")
_BASE32_QUANTA: Final = re.compile(rb"(?:[A-Z2-7]{8})*")
_BASE32_CHARS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_PAD: Final = 0x3D


def base64_encode(text: str) -> str:
    """Encode the bytes of a text."""
    return base64.b64encode(to_bytes(text)).decode("ascii")


def base64_decode(text: str) -> str:
    """Decode to text of any bytes, or to the text of the error."""
    try:
        return decode_base64(text)
    except FunctionError as error:
        return error.message


def decode_base64(text: str) -> str:
    """Decode to text of any bytes; line breaks are skipped.

    Raises:
        FunctionError: anything else foreign stands in the text, or its end is missing.

    """
    data = to_bytes(text)
    packed = data.translate(None, _NEWLINES)
    # Python takes a quantum of padding alone for none.
    if len(packed) % 4 == 0 and not packed.endswith(b"==="):
        with contextlib.suppress(binascii.Error):
            return from_bytes(binascii.a2b_base64(packed, strict_mode=True))
    raise FunctionError(
        f"illegal base64 data at input byte {_base64_error(data)}", safe="illegal base64 data"
    )


def base32_encode(text: str) -> str:
    """Encode the bytes of a text."""
    return base64.b32encode(to_bytes(text)).decode("ascii")


def base32_decode(text: str) -> str:
    """Decode to text of any bytes; line breaks are skipped."""
    data = to_bytes(text).translate(None, _NEWLINES)
    quanta = _BASE32_QUANTA.match(data)
    whole = quanta.end() if quanta else 0
    decoded = base64.b32decode(data[:whole])
    if whole == len(data):
        return from_bytes(decoded)
    tail = _base32_tail(data, whole)
    if isinstance(tail, int):
        return f"illegal base32 data at input byte {tail}"
    return from_bytes(decoded + tail)


def _base64_error(data: bytes) -> int:
    """Return the offset that Go reports for bytes that are no base64."""
    run = _BASE64_RUN.match(data)
    pos = run.end() if run else 0
    in_quantum = len(data[:pos].translate(None, _NEWLINES)) % 4
    if pos == len(data):
        return pos - in_quantum
    if data[pos] != _PAD or in_quantum < 2:
        return pos
    pos += 1
    if in_quantum == 2:
        after = _skip_newlines(data, pos)
        if after == len(data):
            return after
        if data[after] != _PAD:
            return after - 1
        pos = after + 1
    return _skip_newlines(data, pos)


def _skip_newlines(data: bytes, pos: int) -> int:
    while pos < len(data) and data[pos] in _NEWLINES:
        pos += 1
    return pos


def _base32_tail(data: bytes, start: int) -> bytes | int:
    """Decode the last, padded quantum, or return the offset that Go reports.

    As in Go a little rubbish after complete padding is overlooked.
    """
    tail = data[start:]
    used = next((i for i, char in enumerate(tail) if char not in _BASE32_CHARS), len(tail))
    if used == len(tail):
        return len(data) - used
    after = len(tail) - used - 1
    if tail[used] != _PAD or used < 2 or after >= 8:
        return start + used
    if after + used < 7:
        return len(data)
    for index, char in enumerate(tail[used + 1 : 8]):
        if char != _PAD:
            return start + used + index
    if used in {3, 6}:
        return start + used
    return base64.b32decode(tail[:8])


_ENTRIES: Final = (
    text_function("b64enc", base64_encode, STRING),
    text_function("b64dec", base64_decode, STRING, shift=6),
    text_function("b32enc", base32_encode, STRING, shift=2, weight=2),
    text_function("b32dec", base32_decode, STRING, shift=2, weight=2),
)

FUNCTIONS: Final[dict[str, Entry]] = {entry.name: entry for entry in _ENTRIES}
