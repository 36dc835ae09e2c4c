"""Tokens with look-ahead, and the errors of the parser, which name the last line read."""

from typing import NoReturn

from clusterimport.gotemplate.errors import LimitError, ParseError, RefusedFunctionError
from clusterimport.gotemplate.functions import Refused
from clusterimport.gotemplate.gostrings import byte_len, to_bytes
from clusterimport.gotemplate.lexer import Lexer
from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.tokens import KEYWORDS, Token, TokenKind

__all__ = ["TokenStream"]

_KEYWORD_KINDS = frozenset({TokenKind.DOT, *KEYWORDS.values()})
_SHOWN = 10


class TokenStream:
    """What the parser may ask of the tokens; it can go back to a position that it noted."""

    def __init__(self, name: str, text: str, max_tokens: int) -> None:
        self._name = name
        self._text = text
        self._tokens = Lexer(text, max_tokens).tokens()
        self._max_tokens = max_tokens
        self._seen = 0
        self.position = 0
        self.action_pos: int | None = None

    def next(self) -> Token:
        """Take the next token."""
        try:
            token = self._tokens[self.position]
        except IndexError:
            self.limit(f"more than {self._max_tokens} tokens")
        self.position += 1
        return token

    def peek(self) -> Token:
        """Return the next token and leave it there."""
        token = self.next()
        self.back_to(self.position - 1)
        return token

    def back_to(self, position: int) -> None:
        """Put the tokens since this position back; they still count as read."""
        self._seen = max(self._seen, self.position)
        self.position = position

    def expect(self, context: str, *kinds: TokenKind) -> Token:
        """Take the next token, which must be one of these kinds."""
        token = self.next()
        if token.kind not in kinds:
            self.unexpected(token, context)
        return token

    def line_at(self, pos: int) -> int:
        """Return the line of a position, counted from 1."""
        return self._text.count("\n", 0, pos) + 1

    def fail(self, message: str, *, line: int = 0) -> NoReturn:
        """Raise Go's parse error for a line, that of the last token read if none is given."""
        line = line or self.line()
        text = f"template: {self._name}:{line}: {message}"
        # A parse error quotes the template, never the data.
        raise ParseError(
            text, text, name=self._name, line=line, source_line=self._source_line(line)
        )

    def refuse(self, refused: Refused) -> NoReturn:
        """Raise the error for a function that exists and is refused, at the last token read."""
        token = self._tokens[self._read() - 1]
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
        line = self.line()
        text = f"template: {self._name}:{line}: {what}"
        raise LimitError(what, stage="parse").at(
            text,
            text,
            name=self._name,
            line=line,
            column=None,
            source_line=self._source_line(line),
        )

    def _read(self) -> int:
        """Return how many tokens were read, those put back included."""
        return max(self._seen, self.position)

    def line(self) -> int:
        """Return the line of the last token read."""
        read = self._read()
        return self.line_at(self._tokens[read - 1].pos) if read else 0

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
    value = token.value
    if token.kind is TokenKind.FIELD:
        # To Go, each field is a token.
        value = "." + value.split(".", 2)[1]
    if len(to_bytes(value)) > _SHOWN:
        return quote(value[:_SHOWN]) + "..."
    return quote(value)
