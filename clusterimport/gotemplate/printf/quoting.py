"""Go's strconv.Quote and what it counts as printable."""

from typing import Final

from clusterimport.gotemplate.unicodes import category

__all__ = ["can_backquote", "is_print", "quote", "quote_rune", "unicode_name"]

_ESCAPES: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_BYTE_SURROGATES: Final = range(0xDC80, 0xDD00)
_ASCII_END: Final = 0x80
_DELETE: Final = 0x7F
_BASIC_PLANE_END: Final = 0x10000


def is_print(char: str) -> bool:
    """Tell whether Go prints the character: letters, marks, numbers, symbols, ASCII space."""
    if char < "\x80":
        return " " <= char <= "~"
    return category(char)[0] not in "CZ"


def _escaped(char: str, delimiter: str, *, ascii_only: bool) -> str:
    code = ord(char)
    if code in _BYTE_SURROGATES:
        return f"\\x{code - 0xDC00:02x}"
    if char in (delimiter, "\\"):
        return "\\" + char
    if is_print(char) and not (ascii_only and code >= _ASCII_END):
        return char
    if char in _ESCAPES:
        return _ESCAPES[char]
    if code < ord(" ") or code == _DELETE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _BASIC_PLANE_END else f"\\U{code:08x}"


def quote(text: str, *, ascii_only: bool = False) -> str:
    """Return the text as a double-quoted Go string literal (`%q`, or `%+q`)."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_escaped(c, '"', ascii_only=ascii_only) for c in text) + '"'


def quote_rune(char: str, *, ascii_only: bool = False) -> str:
    """Return the character as a single-quoted Go literal."""
    return "'" + _escaped(char, "'", ascii_only=ascii_only) + "'"


def can_backquote(text: str) -> bool:
    """Tell whether a raw string literal can hold the text."""
    return not any(
        char in "`\x7f\ufeff" or (char < " " and char != "\t") or ord(char) in _BYTE_SURROGATES
        for char in text
    )


def unicode_name(char: str) -> str:
    """Return Go's `%#U`: `U+005B '['`."""
    if ord(char) in _BYTE_SURROGATES:
        char = "\ufffd"
    code = f"U+{ord(char):04X}"
    return f"{code} '{char}'" if is_print(char) else code
