"""Words what is wrong with a JSON text as Go 1.27's encoding/json words it.

Decoding itself is Python's; this scan runs only over a text that was found wrong.
"""

import re
from typing import Final

from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.printf.quoting import can_backquote, quote_rune

__all__ = ["syntax_error"]

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_DIGITS: Final = re.compile(r"[0-9]*")
_HEX: Final = re.compile(r"[0-9a-fA-F]*")
_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}
_FIRST_BYTE: Final = 0xDC00
_BYTES: Final = range(0xDC80, 0xDD00)
_END: Final = "unexpected end of JSON input"


class _SyntaxError(Exception):
    """Carries the message out of the scan."""


def syntax_error(text: str) -> str:
    """Return Go's message; nothing if the text is JSON after all."""
    try:
        _Scan(text).run()
    except _SyntaxError as error:
        return str(error)
    return ""


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = 0
        self._open: list[str] = []

    def run(self) -> None:
        while True:
            self._skip(_SPACE)
            if self._value():
                continue
            if self._after_value():
                return

    def _value(self) -> bool:
        """Scan one value; tell whether it opened a list or map whose first value comes next."""
        char = self._peek()
        if char in "[{":
            return self._opened(char)
        if char == '"':
            self._string()
        elif char == "-" or char in "0123456789":
            self._number()
        elif char in _LITERALS:
            self._literal(_LITERALS[char])
        else:
            self._bad("looking for beginning of value")
        return False

    def _opened(self, char: str) -> bool:
        self._pos += 1
        self._skip(_SPACE)
        if self._peek() == ("]" if char == "[" else "}"):
            self._pos += 1
            return False
        self._open.append(char)
        if char == "{":
            self._key()
        return True

    def _after_value(self) -> bool:
        """Close what closes; tell whether the text ended, else a value comes next."""
        while True:
            self._skip(_SPACE)
            if not self._open:
                if self._pos < len(self._text):
                    self._bad("after top-level value")
                return True
            char = self._peek()
            is_list = self._open[-1] == "["
            if char == ",":
                self._pos += 1
                self._skip(_SPACE)
                if not is_list:
                    self._key()
                return False
            if char != ("]" if is_list else "}"):
                self._bad("after array element" if is_list else "after object key:value pair")
            self._pos += 1
            self._open.pop()

    def _key(self) -> None:
        if self._peek() != '"':
            self._bad("looking for beginning of object key string")
        self._string()
        self._skip(_SPACE)
        if self._peek() != ":":
            self._bad("after object key")
        self._pos += 1

    def _string(self) -> None:
        self._pos += 1
        while True:
            self._skip(_PLAIN)
            char = self._peek()
            if char == '"':
                self._pos += 1
                return
            if char != "\\":
                self._bad("in string")
            self._escape()

    def _escape(self) -> None:
        escape = self._text[self._pos : self._pos + 2]
        if len(escape) < 2:
            raise _SyntaxError(_END)
        if escape[1] == "u":
            escape = self._text[self._pos : self._pos + 6]
            digits = _HEX.match(escape, 2)
            if digits is None or digits.end() != len(escape):
                self._bad_escape(escape)
            if len(escape) < 6:
                raise _SyntaxError(_END)
        elif escape[1] not in '"\\/bfnrt':
            self._bad_escape(escape)
        self._pos += len(escape)

    def _number(self) -> None:
        if self._text[self._pos] == "-":
            self._pos += 1
        if self._peek() == "0":
            self._pos += 1
        else:
            self._digits()
        if self._text[self._pos : self._pos + 1] == ".":
            self._pos += 1
            self._digits()
        if self._text[self._pos : self._pos + 1] in {"e", "E"}:
            self._pos += 1
            if self._peek() in "+-":
                self._pos += 1
            self._digits()

    def _digits(self) -> None:
        if self._peek() not in "0123456789":
            self._bad("in numeric literal")
        self._skip(_DIGITS)

    def _literal(self, literal: str) -> None:
        for expected in literal:
            if self._peek() != expected:
                self._bad(f"in literal {literal} (expecting {quote_rune(expected)})")
            self._pos += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._pos)
        self._pos = match.end() if match else self._pos

    def _peek(self) -> str:
        if self._pos >= len(self._text):
            raise _SyntaxError(_END)
        return self._text[self._pos]

    def _bad(self, where: str) -> None:
        char = self._text[self._pos]
        code = ord(char)
        shown = f"'\\x{code - _FIRST_BYTE:x}'" if code in _BYTES else quote_rune(char)
        raise _SyntaxError(f"invalid character {shown} {where}")

    @staticmethod
    def _bad_escape(escape: str) -> None:
        shown = f"`{escape}`" if can_backquote(escape) else quote(escape)
        raise _SyntaxError(f"invalid escape sequence {shown} in string")
