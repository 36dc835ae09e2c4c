"""Tokens with look-ahead, and the errors of the parser, which name the last line read."""

from typing import NoReturn

from clusterimport.gotemplate.errors import LimitError, ParseError, RefusedFunctionError
from clusterimport.gotemplate.functions import Refused
from clusterimport.gotemplate.lexer import Lexer
from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.tokens import KEYWORDS, Token, TokenKind
from clusterimport.gotemplate.values import byte_len, to_bytes

__all__ = ["TokenStream"]

_KEYWORD_KINDS = frozenset({TokenKind.DOT, *KEYWORDS.values()})
_SPACE = TokenKind.SPACE
_SHOWN = 10


class TokenStream:
    """What the parser may ask of the tokens; positions can be remembered and restored."""

    def __init__(self, name: str, text: str, max_tokens: int) -> None:
        self._name = name
        self._text = text
        self._lexer = Lexer(text)
        self._tokens: list[Token] = []
        self._max_tokens = max_tokens
        self.position = 0
        self._last = -1
        self.action_pos: int | None = None

    def peek(self) -> Token:
        """Return the next token and leave it there."""
        position = self.position
        if position > self._last:
            self._last = position
            if position == len(self._tokens):
                if position >= self._max_tokens:
                    self._last -= 1
                    self.limit(f"more than {self._max_tokens} tokens")
                self._lexer.refill(self._tokens)
        return self._tokens[position]

    def next(self) -> Token:
        """Take the next token."""
        token = self.peek()
        self.position += 1
        return token

    def back(self) -> None:
        """Put the last token back."""
        self.position -= 1

    def peek_word(self) -> Token:
        """Skip spaces and return the token behind them, leaving it there."""
        token = self.peek()
        while token[0] is _SPACE:
            self.position += 1
            token = self.peek()
        return token

    def next_word(self) -> Token:
        """Skip spaces and take the token behind them."""
        token = self.peek_word()
        self.position += 1
        return token

    def expect(self, context: str, *kinds: TokenKind) -> Token:
        """Take the next token, which must be one of these kinds."""
        token = self.next_word()
        if token.kind not in kinds:
            self.unexpected(token, context)
        return token

    def line_at(self, pos: int) -> int:
        """Return the line of a position, counted from 1."""
        return self._text.count("\n", 0, pos) + 1

    def fail(self, message: str) -> NoReturn:
        """Raise Go's parse error for the line of the last token read."""
        line = self._line()
        text = f"template: {self._name}:{line}: {message}"
        # A parse error quotes the template, never the data.
        raise ParseError(
            text, text, name=self._name, line=line, source_line=self._source_line(line)
        )

    def refuse(self, refused: Refused) -> NoReturn:
        """Raise the error for a function that exists and is refused, at the last token read."""
        token = self._tokens[self._last]
        line = self.line_at(token.pos)
        start = self._text.rfind("\n", 0, token.pos) + 1
        text = (
            f"template: {self._name}:{line}: function {quote(refused.name)} is refused: "
            f"{refused.reason}"
        )
        raise RefusedFunctionError(
            text,
            text,
            function=refused.name,
            reason=refused.reason,
            name=self._name,
            line=line,
            column=byte_len(self._text[start : token.pos]),
            source_line=self._source_line(line),
        )

    def limit(self, what: str) -> NoReturn:
        """Raise the error for a template that is too large or nested too deeply."""
        line = self._line()
        text = f"template: {self._name}:{line}: {what}"
        raise LimitError(what, stage="parse").at(
            text,
            text,
            name=self._name,
            line=line,
            column=None,
            source_line=self._source_line(line),
        )

    def _line(self) -> int:
        return self.line_at(self._tokens[self._last].pos) if self._last >= 0 else 0

    def _source_line(self, line: int) -> str:
        return self._text.split("\n")[line - 1] if line else ""

    def unexpected(self, token: Token, context: str) -> NoReturn:
        """Complain about a token in the words of Go."""
        if token.kind is not TokenKind.ERROR:
            self.fail(f"unexpected {describe(token)} in {context}")
        extra = ""
        if self.action_pos is not None:
            started = self.line_at(self.action_pos)
            if started != self.line_at(token.pos):
                extra = f" in action started at {self._name}:{started}"
                if token.value.endswith(" action"):
                    extra = extra.removeprefix(" in action")
        self.fail(token.value + extra)


def describe(token: Token) -> str:
    """Return the token as Go's error texts show it."""
    if token.kind is TokenKind.EOF:
        return "EOF"
    if token.kind in _KEYWORD_KINDS:
        return f"<{token.value}>"
    if len(to_bytes(token.value)) > _SHOWN:
        return quote(token.value[:_SHOWN]) + "..."
    return quote(token.value)
