"""The tokens that the lexer makes and the parser takes."""

from enum import Enum
from typing import NamedTuple

__all__ = ["KEYWORDS", "Token", "TokenKind"]


class TokenKind(Enum):
    """What a token is; keywords are kinds of their own."""

    ERROR = "error"
    EOF = "EOF"
    TEXT = "text"
    LEFT_DELIMITER = "{{"
    RIGHT_DELIMITER = "}}"
    SPACE = "space"
    ASSIGN = "="
    DECLARE = ":="
    PIPE = "|"
    LEFT_PAREN = "("
    RIGHT_PAREN = ")"
    CHARACTER = "character"
    """A printable character that is nothing else, such as a comma."""
    BOOL = "bool"
    CHAR_CONSTANT = "character constant"
    COMPLEX = "complex"
    NUMBER = "number"
    STRING = "string"
    RAW_STRING = "raw string"
    FIELD = "field"
    VARIABLE = "variable"
    IDENTIFIER = "identifier"
    DOT = "."
    NIL = "nil"
    BLOCK = "block"
    BREAK = "break"
    CONTINUE = "continue"
    DEFINE = "define"
    ELSE = "else"
    END = "end"
    IF = "if"
    RANGE = "range"
    TEMPLATE = "template"
    WITH = "with"


KEYWORDS = {
    kind.value: kind
    for kind in (
        TokenKind.NIL,
        TokenKind.BLOCK,
        TokenKind.BREAK,
        TokenKind.CONTINUE,
        TokenKind.DEFINE,
        TokenKind.ELSE,
        TokenKind.END,
        TokenKind.IF,
        TokenKind.RANGE,
        TokenKind.TEMPLATE,
        TokenKind.WITH,
    )
}


class Token(NamedTuple):
    """One token: where it starts (index of a character), and its text or the error's text."""

    kind: TokenKind
    pos: int
    value: str
