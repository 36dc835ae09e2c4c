"""Cut a template into tokens: text, delimiters with their trim markers, and what is in actions."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from clusterimport.gotemplate.printf import is_print, quote, unicode_name
from clusterimport.gotemplate.tokens import KEYWORDS, Token, TokenKind

__all__ = ["Lexer"]

_SPACES: Final = " \t\r\n"
_TRIM_MARKERS: Final = frozenset({"- ", "-\t", "-\r", "-\n"})
_RIGHT: Final = re.compile(r"[ \t\r\n]-\}\}|\}\}")
_SPACE_RUN: Final = re.compile(r"[ \t\r\n]+")
_WORD: Final = re.compile(r"\w*")
_NUMBER: Final = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|0[oO][0-7_]*(?:\.[0-7_]*)?"
    r"|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
_QUOTED: Final = r'"(?:[^"\\\n]|\\[^\n])*"'
_CHARACTER: Final = re.compile(r"'(?:[^'\\\n]|\\[^\n])*'")
_TERMINATED: Final = r"(?=[ \t\r\n.,|:()]|\}\}|\Z)"
# What nearly all tokens are; everything else, and every error, is decided character by character.
# A space that belongs to a trim marker is left to the closing delimiter.
_COMMON: Final = re.compile(
    r"([ \t\r\n]-\}\}|\}\})|([ \t\r\n]+?(?=[ \t\r\n]-\}\})|[ \t\r\n]+)"
    rf"|(\.[A-Za-z_]\w*{_TERMINATED})|([A-Za-z_]\w*{_TERMINATED})|({_QUOTED})"
    rf"|(\$\w*{_TERMINATED})|(\|)|(:=)|(=)",
    re.ASCII,
)
_COMMON_KINDS: Final = (
    TokenKind.EOF,  # groups count from 1
    TokenKind.RIGHT_DELIMITER,
    TokenKind.SPACE,
    TokenKind.FIELD,
    TokenKind.IDENTIFIER,
    TokenKind.STRING,
    TokenKind.VARIABLE,
    TokenKind.PIPE,
    TokenKind.DECLARE,
    TokenKind.ASSIGN,
)
_WORDS: Final = {**KEYWORDS, "true": TokenKind.BOOL, "false": TokenKind.BOOL}
_TERMINATORS: Final = frozenset(" \t\r\n.,|:()")
_NUMBER_START: Final = frozenset("+-0123456789")
_ASCII_DIGITS: Final = frozenset("0123456789")
_ALPHANUMERIC: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"})
_RIGHT_DELIMITER_LENGTH: Final = len("}}")
_BATCH: Final = 64


class _TextError(Exception):
    """The text cannot be cut further; holds the error token."""

    def __init__(self, pos: int, message: str) -> None:
        super().__init__(message)
        self.token = Token(TokenKind.ERROR, pos, message)


class Lexer:
    """A position in the text, and one method for each thing that can start there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = 0
        self._parens = 0
        self._inside = False
        self._rules: dict[str, Callable[[], Token]] = {
            "`": self._raw,
            "'": self._character,
            ".": self._dot,
            "(": self._left_paren,
            ")": self._right_paren,
        }

    def refill(self, tokens: list[Token]) -> None:
        """Append the next few tokens; after EOF or an error (the last token) there are none."""
        goal = len(tokens) + _BATCH
        try:
            while len(tokens) < goal:
                if self._inside:
                    self._action(tokens, goal)
                elif not self._document(tokens):
                    return
        except _TextError as failure:
            tokens.append(failure.token)

    def _document(self, tokens: list[Token]) -> bool:
        """Cut text up to the next action or the end; tell whether there is an action."""
        text = self._text
        start = self._pos
        left = text.find("{{", start)
        if left < 0:
            if start < len(text):
                tokens.append(Token(TokenKind.TEXT, start, text[start:]))
            tokens.append(Token(TokenKind.EOF, len(text), "EOF"))
            return False
        inside = left + 2
        piece = text[start:left]
        if text[inside : inside + 2] in _TRIM_MARKERS:
            piece = piece.rstrip(_SPACES)
            inside += 2
        if piece:
            tokens.append(Token(TokenKind.TEXT, start, piece))
        self._pos = inside
        if text.startswith("/*", inside):
            self._comment()
        else:
            tokens.append(Token(TokenKind.LEFT_DELIMITER, left, "{{"))
            self._inside = True
            self._parens = 0
        return True

    def _comment(self) -> None:
        start = self._pos
        end = self._text.find("*/", start + 2)
        if end < 0:
            raise _TextError(start, "unclosed comment")
        match = _RIGHT.match(self._text, end + 2)
        if match is None:
            raise _TextError(start, "comment ends before closing delimiter")
        self._close(match.start(), match.end())

    def _close(self, start: int, end: int) -> None:
        """Pass a closing delimiter; a trim marker takes the following space with it."""
        self._pos = end
        if end - start > _RIGHT_DELIMITER_LENGTH:
            spaces = _SPACE_RUN.match(self._text, end)
            if spaces is not None:
                self._pos = spaces.end()

    def _action(self, tokens: list[Token], goal: int) -> None:
        text = self._text
        pos = self._pos
        while len(tokens) < goal:
            match = _COMMON.match(text, pos)
            if match is None:
                self._pos = pos
                tokens.append(self._uncommon())
                pos = self._pos
                continue
            group = match.lastindex or 0
            end = match.end()
            kind = _COMMON_KINDS[group]
            if kind is TokenKind.RIGHT_DELIMITER:
                if self._parens:
                    raise _TextError(pos, "unclosed left paren")
                self._close(pos, end)
                tokens.append(Token(kind, end - _RIGHT_DELIMITER_LENGTH, "}}"))
                self._inside = False
                return
            value = match.group()
            if kind is TokenKind.IDENTIFIER:
                kind = _WORDS.get(value, kind)
            tokens.append(Token(kind, pos, value))
            pos = end
        self._pos = pos

    def _uncommon(self) -> Token:
        pos = self._pos
        if pos >= len(self._text):
            raise _TextError(pos, "unclosed action")
        char = self._text[pos]
        if char in self._rules:
            return self._rules[char]()
        if char in _NUMBER_START:
            return self._number()
        if char == "$":
            self._pos = self._name_end(pos, pos + 1)
            return Token(TokenKind.VARIABLE, pos, self._text[pos : self._pos])
        if char == ":":
            raise _TextError(pos, "expected :=")
        if char == '"':
            raise _TextError(pos, "unterminated quoted string")
        return self._word_or_character()

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

    def _word_or_character(self) -> Token:
        start = self._pos
        end = self._word_end(start)
        if end == start:
            return self._other()
        end = self._name_end(start, start)
        self._pos = end
        # Keywords are ASCII, and so what nearly all tokens are.
        return Token(TokenKind.IDENTIFIER, start, self._text[start:end])

    def _other(self) -> Token:
        start = self._pos
        char = self._text[start]
        if char.isascii() and is_print(char):
            self._pos = start + 1
            return Token(TokenKind.CHARACTER, start, char)
        raise _TextError(start, f"unrecognized character in action: {unicode_name(char)}")

    def _dot(self) -> Token:
        start = self._pos
        text = self._text
        # A dot at the very end of the text is a number to Go, and no valid one.
        if start + 1 == len(text) or text[start + 1] in _ASCII_DIGITS:
            return self._number()
        if self._terminated(start + 1):
            self._pos = start + 1
            return Token(TokenKind.DOT, start, ".")
        self._pos = self._name_end(start, start + 1)
        return Token(TokenKind.FIELD, start, text[start : self._pos])

    def _left_paren(self) -> Token:
        start = self._pos
        self._parens += 1
        self._pos = start + 1
        return Token(TokenKind.LEFT_PAREN, start, "(")

    def _right_paren(self) -> Token:
        start = self._pos
        self._parens -= 1
        if self._parens < 0:
            raise _TextError(start, "unexpected right paren")
        self._pos = start + 1
        return Token(TokenKind.RIGHT_PAREN, start, ")")

    def _scan_number(self, start: int, pos: int) -> int:
        match = _NUMBER.match(self._text, pos)
        assert match is not None
        end = match.end()
        if self._word_end(end) > end:
            raise _bad_number(self._text[start : end + 1], start)
        return end

    def _number(self) -> Token:
        start = self._pos
        text = self._text
        end = self._scan_number(start, start)
        kind = TokenKind.NUMBER
        if text[end : end + 1] in ("+", "-"):
            end = self._scan_number(start, end)
            if text[end - 1] != "i":
                raise _bad_number(text[start:end], start)
            kind = TokenKind.COMPLEX
        self._pos = end
        return Token(kind, start, text[start:end])

    def _character(self) -> Token:
        start = self._pos
        match = _CHARACTER.match(self._text, start)
        if match is None:
            raise _TextError(start, "unterminated character constant")
        self._pos = match.end()
        return Token(TokenKind.CHAR_CONSTANT, start, match.group())

    def _raw(self) -> Token:
        start = self._pos
        end = self._text.find("`", start + 1)
        if end < 0:
            raise _TextError(start, "unterminated raw quoted string")
        self._pos = end + 1
        return Token(TokenKind.RAW_STRING, start, self._text[start : end + 1])


def _bad_number(text: str, pos: int) -> _TextError:
    return _TextError(pos, f"bad number syntax: {quote(text)}")
