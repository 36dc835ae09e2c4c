"""Go's strconv.Quote and what it counts as printable.

Python's `repr` escapes the same characters in nearly the same way, a hundred times as fast as a
loop over them: so it does the work, and what it has otherwise is put right behind it.
"""

import re
from typing import Final

from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.unicodes import category

__all__ = ["can_backquote", "is_print", "quote", "quote_rune", "unicode_name"]

_BYTE_SURROGATES: Final = range(0xDC80, 0xDD00)
_BACKSLASH: Final = "\0"
_ESCAPE: Final = re.compile(r"\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")
_NOT_RAW: Final = re.compile("[`\x7f\ufeff\udc80-\udcff\x00-\x08\x0a-\x1f]")
# What repr writes, and what Go does. A byte's escape is a character's in repr, so bytes come last.
_OF_CHARACTERS: Final = (
    ("\\x07", "\\a"),
    ("\\x08", "\\b"),
    ("\\x0b", "\\v"),
    ("\\x0c", "\\f"),
    *((f"\\x{digit}", f"\\u00{digit}") for digit in "89abcdef"),
)
_OF_BYTES: Final = tuple((f"\\udc{digit}", f"\\x{digit}") for digit in "89abcdef")


def is_print(char: str) -> bool:
    """Tell whether Go prints the character: letters, marks, numbers, symbols, ASCII space."""
    if char < "\x80":
        return " " <= char <= "~"
    return category(char)[0] not in "CZ"


def quote(text: str, meter: Meter | None = None, *, ascii_only: bool = False) -> str:
    """Return the text as a double-quoted Go string literal (`%q`, or `%+q`).

    A text of any length is charged by the work there is, before it is done.
    """
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    written = (ascii(text) if ascii_only else repr(text))[1:-1]
    if meter is not None and len(written) > meter.limits.free_bytes:
        meter.size(len(written))
    # No control character is left, so that one can stand for a backslash.
    written = written.replace("\\\\", _BACKSLASH).replace("\\'", "'").replace('"', '\\"')
    for mark, rewritten in (("\\x", _OF_CHARACTERS), ("\\udc", _OF_BYTES)):
        if mark in written:
            for ours, of_go in rewritten:
                written = written.replace(ours, of_go)
    if not ascii_only:
        written = _printed(written, meter)
    return '"' + written.replace(_BACKSLASH, "\\\\") + '"'


def _printed(written: str, meter: Meter | None) -> str:
    """Undo the escapes of characters that are younger than this Python, and that Go prints."""
    count = written.count("\\u") + written.count("\\U")
    if not count:
        return written
    if meter is not None:
        meter.spend(count >> 2)
    escapes = set(_ESCAPE.findall(written))
    if meter is not None:
        meter.spend(len(escapes))
    characters = {escape: chr(int(escape.lstrip("\\uU"), 16)) for escape in escapes}
    younger = {escape: char for escape, char in characters.items() if is_print(char)}
    if not younger:
        return written
    if meter is not None:
        meter.spend(count >> 1)
    return _ESCAPE.sub(lambda found: younger.get(found[0], found[0]), written)


def quote_rune(char: str, *, ascii_only: bool = False) -> str:
    """Return the character as a single-quoted Go literal."""
    if char in {"'", '"'}:
        return "'\\''" if char == "'" else "'\"'"
    return f"'{quote(char, ascii_only=ascii_only)[1:-1]}'"


def can_backquote(text: str) -> bool:
    """Tell whether a raw string literal can hold the text."""
    return _NOT_RAW.search(text) is None


def unicode_name(char: str) -> str:
    """Return Go's `%#U`: `U+005B '['`."""
    if ord(char) in _BYTE_SURROGATES:
        char = "\ufffd"
    code = f"U+{ord(char):04X}"
    return f"{code} '{char}'" if is_print(char) else code
