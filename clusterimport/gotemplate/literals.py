"""Go's string, rune and number literals as templates write them."""

import re
from dataclasses import dataclass
from typing import Final

from clusterimport.gotemplate.gostrings import from_bytes, to_bytes
from clusterimport.gotemplate.numbers import float_error, parse_float, parse_int, parse_uint
from clusterimport.gotemplate.printf import quote

__all__ = ["Number", "parse_character", "parse_complex", "parse_number", "unquote"]

_SIMPLE: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}
_CODE_DIGITS: Final = {"x": 2, "u": 4, "U": 8}
_PIECE: Final = re.compile(r"[^\\]+|\\(?:x.{0,2}|u.{0,4}|U.{0,8}|[0-7].{0,2}|.)", re.DOTALL)
_FLOAT: Final = (
    r"(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eEpP][+-]?[0-9_]*)?)"
)
# Go takes an i where a number should start for the start of "Inf".
_PAIR: Final = re.compile(rf"((?>[+-]?i?{_FLOAT}))((?>[+-]i?{_FLOAT}))i")
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_OCTAL: Final = frozenset("01234567")
_MAX_RUNE: Final = 0x10FFFF
_MAX_BYTE: Final = 0xFF
_SURROGATES: Final = range(0xD800, 0xE000)
_INT64_LIMIT: Final = float(1 << 63)
_UINT64_LIMIT: Final = float(1 << 64)


@dataclass(frozen=True, slots=True)
class Number:
    """A number literal under every type that can hold it; None where one cannot."""

    text: str
    int_value: int | None = None
    uint_value: int | None = None
    float_value: float | None = None
    complex_value: complex | None = None


def unquote(literal: str) -> str | None:
    """Return the content of a `"..."` or raw string literal; None for Go's `invalid syntax`."""
    if literal[0] == "`":
        return literal[1:-1].replace("\r", "")
    body = literal[1:-1]
    if "\\" not in body:
        return body
    # A literal of nothing but escapes may be as long as a template.
    read: dict[str, bytes] = {}
    parts: list[bytes] = []
    for piece in _PIECE.findall(body):
        content = read.get(piece)
        if content is None:
            if piece[0] != "\\":
                content = to_bytes(piece)
            else:
                escape = _unescape(piece, 0, '"')
                if escape is None:
                    return None
                content, _ = escape
            read[piece] = content
        parts.append(content)
    return from_bytes(b"".join(parts))


def _unescape(text: str, at: int, delimiter: str) -> tuple[bytes, int] | None:
    """Read the escape whose backslash stands at `at`: its bytes and where it ends."""
    char = text[at + 1 : at + 2]
    if char in _SIMPLE and char:
        return _SIMPLE[char].encode(), at + 2
    if char == delimiter:
        return char.encode(), at + 2
    if char in _CODE_DIGITS:
        end = at + 2 + _CODE_DIGITS[char]
        digits = text[at + 2 : end]
        if len(digits) < _CODE_DIGITS[char] or not _HEX.issuperset(digits):
            return None
        code = int(digits, 16)
        if char == "x":
            return bytes([code]), end
        if code > _MAX_RUNE or code in _SURROGATES:
            return None
        return chr(code).encode(), end
    digits = text[at + 1 : at + 4]
    if len(digits) < 3 or not _OCTAL.issuperset(digits):
        return None
    code = int(digits, 8)
    return None if code > _MAX_BYTE else (bytes([code]), at + 4)


def parse_character(literal: str) -> Number | str:
    """Return the code of `'a'`, or Go's error text."""
    body = literal[1:-1]
    if body.startswith("\\"):
        escape = _unescape(body, 0, "'")
        if escape is None:
            return "invalid syntax"
        content, end = escape
        # \xff and \377 stand for the code 255, not for a byte of UTF-8.
        code = content[0] if len(content) == 1 else ord(content.decode())
    elif body:
        end = 1
        code = 0xFFFD if _is_byte(body[0]) else ord(body[0])
    else:
        return "invalid syntax"
    if end != len(body):
        return f"malformed character constant: {literal}"
    return Number(literal, code, code, float(code))


def _is_byte(char: str) -> bool:
    return ord(char) in _SURROGATES


def _of_float(text: str, value: float, complex_value: complex | None = None) -> Number:
    int_value = uint_value = None
    if value == int(value) if abs(value) < _UINT64_LIMIT else False:
        if -_INT64_LIMIT <= value < _INT64_LIMIT:
            int_value = int(value)
        if 0 <= value < _UINT64_LIMIT:
            uint_value = int(value)
    return Number(text, int_value, uint_value, value, complex_value)


def _of_complex(text: str, value: complex) -> Number:
    if value.imag:
        return Number(text, complex_value=value)
    return _of_float(text, value.real, value)


def parse_complex(text: str) -> Number | str:
    """Return `1+2i`, or Go's error text: it reads the pair as fmt.Sscan does."""
    pair = _PAIR.match(text)
    if pair is None:
        return "syntax error scanning complex number"
    parts: list[float] = []
    for part in pair.groups():
        number = parse_float(part)
        if number is None:
            return f"strconv.ParseFloat: parsing {quote(part)}: {float_error(part)}"
        parts.append(number)
    return _of_complex(text, complex(*parts))


def parse_number(text: str) -> Number | str:
    """Return the number, or Go's error text."""
    if text.endswith("i"):
        imaginary = parse_float(text[:-1])
        if imaginary is not None:
            return _of_complex(text, complex(0.0, imaginary))
    uint_value = parse_uint(text, 0)
    int_value = parse_int(text, 0)
    if int_value == 0:
        uint_value = 0
    if int_value is not None:
        return Number(text, int_value, uint_value, float(int_value))
    if uint_value is not None:
        return Number(text, None, uint_value, float(uint_value))
    value = parse_float(text)
    if value is None:
        return "illegal number syntax"
    if not any(char in ".eEpP" for char in text):
        return "integer overflow"
    return _of_float(text, value)
