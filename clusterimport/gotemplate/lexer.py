"""Cut a template into tokens: text, delimiters with their trim markers, and what is in actions."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from clusterimport.gotemplate.printf import is_print, quote, unicode_name
from clusterimport.gotemplate.tokens import KEYWORDS, Token, TokenKind

__all__ = ["Lexer"]

_SPACES: Final = " \t\r\n"
_TRIM_MARKERS: Final = frozenset({"- ", "-\t", "-\r", "-\n"})
_RIGHT: Final = re.compile(r"[ \t\r\n]-\}\}|\}\}")
_SPACE_RUN: Final = re.compile(r"[ \t\r\n]*")
_WORD: Final = re.compile(r"\w*")
_NUMBER: Final = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_CHARACTER_CONSTANT: Final = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")
_NAME: Final = r"[A-Za-z_]\w*(?=[ \t\r\n.,|:()]|\}\}|\Z)"
# What nearly all tokens are, and the space before them; everything else, and every error, is
# decided character by character.
_COMMON: Final = re.compile(
    r"[ \t\r\n]+(-\}\})|[ \t\r\n]*(?:(\}\})"
    rf"|((?:\.{_NAME})+)"
    rf"|({_NAME})"
    r'|("(?:[^"\\\n]|\\[^\n])*")'
    r"|(\$\w*(?=[ \t\r\n.,|:()]|\}\}|\Z))"
    r"|(:=|[|()=,])"
    r"|([0-9]+(?=[ \t\r\n,|)]|\}\}))"
    r"|(\.)(?=[ \t\r\n,|)]|\}\}))",
    re.ASCII,
)
# By the number of the group, which counts from 1.
_KINDS: Final = (
    TokenKind.EOF,
    TokenKind.RIGHT_DELIMITER,
    TokenKind.RIGHT_DELIMITER,
    TokenKind.FIELD,
    TokenKind.IDENTIFIER,
    TokenKind.STRING,
    TokenKind.VARIABLE,
    TokenKind.CHARACTER,
    TokenKind.NUMBER,
    TokenKind.DOT,
)
_SPECIAL: Final = {
    **KEYWORDS,
    "true": TokenKind.BOOL,
    "false": TokenKind.BOOL,
    ":=": TokenKind.DECLARE,
    "=": TokenKind.ASSIGN,
    "|": TokenKind.PIPE,
    "(": TokenKind.LEFT_PAREN,
    ")": TokenKind.RIGHT_PAREN,
}
# On Python 3.11, reading a member of an Enum from its class takes as long as making a token.
_TEXT: Final = TokenKind.TEXT
_LEFT_DELIMITER: Final = TokenKind.LEFT_DELIMITER
_RIGHT_DELIMITER: Final = TokenKind.RIGHT_DELIMITER
_IDENTIFIER: Final = TokenKind.IDENTIFIER
_CHARACTER: Final = TokenKind.CHARACTER
_LEFT_PAREN: Final = TokenKind.LEFT_PAREN
_RIGHT_PAREN: Final = TokenKind.RIGHT_PAREN
_TERMINATORS: Final = frozenset(" \t\r\n.,|:()")
_NUMBER_START: Final = frozenset("+-0123456789")
_ASCII_DIGITS: Final = frozenset("0123456789")
_ALPHANUMERIC: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"})


class _TextError(Exception):
    """The text cannot be cut further; holds the error token."""

    def __init__(self, pos: int, message: str) -> None:
        super().__init__(message)
        self.token = Token(TokenKind.ERROR, pos, message)


class Lexer:
    """Cuts one text; has a method for each thing that an action can hold."""

    def __init__(self, text: str, max_tokens: int) -> None:
        self._text = text
        self._max_tokens = max_tokens
        self._tokens: list[Token] = []

    def tokens(self) -> list[Token]:
        """Return the tokens up to EOF or an error.

        If neither of them is the last one, there are more than `max_tokens`.
        """
        pos: int | None = 0
        try:
            while pos is not None:
                pos = self._document(pos)
                if pos is not None:
                    pos = self._action(pos)
        except _TextError as failure:
            self._tokens.append(failure.token)
        return self._tokens

    def _document(self, start: int) -> int | None:
        """Cut text up to the next action; return where its inside starts, None if there is none."""
        text = self._text
        tokens = self._tokens
        while len(tokens) <= self._max_tokens:
            left = text.find("{{", start)
            if left < 0:
                if start < len(text):
                    tokens.append(Token(_TEXT, start, text[start:]))
                tokens.append(Token(TokenKind.EOF, len(text), "EOF"))
                return None
            inside = left + 2
            piece = text[start:left]
            if text[inside : inside + 2] in _TRIM_MARKERS:
                piece = piece.rstrip(_SPACES)
                inside += 2
            if piece:
                tokens.append(Token(_TEXT, start, piece))
            if not text.startswith("/*", inside):
                tokens.append(Token(_LEFT_DELIMITER, left, "{{"))
                return inside
            start = self._comment_end(inside)
        return None

    def _comment_end(self, start: int) -> int:
        end = self._text.find("*/", start + 2)
        if end < 0:
            raise _TextError(start, "unclosed comment")
        match = _RIGHT.match(self._text, end + 2)
        if match is None:
            raise _TextError(start, "comment ends before closing delimiter")
        return self._closed(match.end(), trim=match.group() != "}}")

    def _closed(self, end: int, *, trim: bool) -> int:
        """Return where the text behind an action starts; a trim marker takes its space."""
        return self._space_end(end) if trim else end

    def _space_end(self, pos: int) -> int:
        match = _SPACE_RUN.match(self._text, pos)
        assert match is not None
        return match.end()

    def _action(self, pos: int) -> int | None:
        """Cut an action; return where the text behind it starts, None if there was no room."""
        text = self._text
        tokens = self._tokens
        common = _COMMON.match
        parens = 0
        for _ in range(self._max_tokens - len(tokens)):
            match = common(text, pos)
            if match is None:
                pos = self._uncommon(pos)
                continue
            group = match.lastindex or 0
            kind = _KINDS[group]
            start = match.start(group)
            value = match[group]
            if kind is _IDENTIFIER or kind is _CHARACTER:
                kind = _SPECIAL.get(value, kind)
                if kind is _LEFT_PAREN:
                    parens += 1
                elif kind is _RIGHT_PAREN:
                    parens -= 1
                    if parens < 0:
                        raise _TextError(start, "unexpected right paren")
            elif kind is _RIGHT_DELIMITER:
                trim = value != "}}"
                if parens:
                    # A trim marker begins with the space before it.
                    raise _TextError(start - trim, "unclosed left paren")
                tokens.append(Token(kind, start + trim, "}}", start != pos))
                return self._closed(match.end(), trim=trim)
            tokens.append(Token(kind, start, value, start != pos))
            pos = match.end()
        return None

    def _uncommon(self, before: int) -> int:
        """Cut a token, and the space before it, without the help of `_COMMON`; return its end."""
        text = self._text
        pos = self._space_end(before)
        if pos >= len(text):
            raise _TextError(pos, "unclosed action")
        char = text[pos]
        if char in self._RULES:
            kind, end = self._RULES[char](self, pos)
        elif char in _NUMBER_START:
            kind, end = self._number(pos)
        elif char == ":":
            raise _TextError(pos, "expected :=")
        elif char == '"':
            raise _TextError(pos, "unterminated quoted string")
        else:
            kind, end = self._word_or_character(pos)
        self._tokens.append(Token(kind, pos, text[pos:end], pos != before))
        return end

    def _word_end(self, pos: int) -> int:
        match = _WORD.match(self._text, pos)
        assert match is not None
        word = match.group()
        if word.isascii():
            return match.end()
        for offset, char in enumerate(word):
            # Python's \w has fractions and the like; Go's letters and digits have not.
            if char != "_" and unicodedata.category(char) not in _ALPHANUMERIC:
                return pos + offset
        return match.end()

    def _terminated(self, pos: int) -> bool:
        text = self._text
        return pos >= len(text) or text[pos] in _TERMINATORS or text.startswith("}}", pos)

    def _name_end(self, start: int, pos: int) -> int:
        end = self._word_end(pos)
        if not self._terminated(end):
            raise _TextError(start, f"bad character {unicode_name(self._text[end])}")
        return end

    def _word_or_character(self, start: int) -> tuple[TokenKind, int]:
        if self._word_end(start) > start:
            # Keywords are ASCII, and so what nearly all tokens are.
            return _IDENTIFIER, self._name_end(start, start)
        char = self._text[start]
        if char.isascii() and is_print(char):
            return _CHARACTER, start + 1
        raise _TextError(start, f"unrecognized character in action: {unicode_name(char)}")

    def _variable(self, start: int) -> tuple[TokenKind, int]:
        return TokenKind.VARIABLE, self._name_end(start, start + 1)

    def _dot(self, start: int) -> tuple[TokenKind, int]:
        text = self._text
        # A dot at the very end of the text is a number to Go, and no valid one.
        if start + 1 == len(text) or text[start + 1] in _ASCII_DIGITS:
            return self._number(start)
        if self._terminated(start + 1):
            return TokenKind.DOT, start + 1
        return TokenKind.FIELD, self._name_end(start, start + 1)

    def _scan_number(self, start: int, pos: int) -> int:
        match = _NUMBER.match(self._text, pos)
        assert match is not None
        end = match.end()
        if self._word_end(end) > end:
            raise _bad_number(self._text[start : end + 1], start)
        return end

    def _number(self, start: int) -> tuple[TokenKind, int]:
        text = self._text
        end = self._scan_number(start, start)
        if text[end : end + 1] not in ("+", "-"):
            return TokenKind.NUMBER, end
        end = self._scan_number(start, end)
        if text[end - 1] != "i":
            raise _bad_number(text[start:end], start)
        return TokenKind.COMPLEX, end

    def _character(self, start: int) -> tuple[TokenKind, int]:
        match = _CHARACTER_CONSTANT.match(self._text, start)
        if match is None:
            raise _TextError(start, "unterminated character constant")
        return TokenKind.CHAR_CONSTANT, match.end()

    def _raw(self, start: int) -> tuple[TokenKind, int]:
        end = self._text.find("`", start + 1)
        if end < 0:
            raise _TextError(start, "unterminated raw quoted string")
        return TokenKind.RAW_STRING, end + 1

    _RULES: ClassVar[Mapping[str, Callable[["Lexer", int], tuple[TokenKind, int]]]] = {
        "`": _raw,
        "'": _character,
        ".": _dot,
        "$": _variable,
    }
    """What one character decides."""


def _bad_number(text: str, pos: int) -> _TextError:
    return _TextError(pos, f"bad number syntax: {quote(text)}")
