"""Parse pipelines: declarations, commands, operands, parentheses."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from clusterimport.gotemplate.functions import Entry, Refused
from clusterimport.gotemplate.literals import (
    Number,
    parse_character,
    parse_complex,
    parse_number,
    unquote,
)
from clusterimport.gotemplate.nodes import (
    Argument,
    Bool,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Nil,
    NumberNode,
    Pipe,
    StringNode,
    Variable,
)
from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.stream import TokenStream
from clusterimport.gotemplate.tokens import Token, TokenKind

__all__ = ["Names", "PipelineParser"]

_LITERALS: Final = (Bool, StringNode, NumberNode, Nil, Dot)
_AFTER_RANGE_COMMA: Final = (
    TokenKind.VARIABLE,
    TokenKind.RIGHT_DELIMITER,
    TokenKind.RIGHT_PAREN,
)
_CLOSERS: Final = (TokenKind.RIGHT_DELIMITER, TokenKind.RIGHT_PAREN)
# On Python 3.11, reading a member of an Enum from its class takes as long as making a node.
_FIELD: Final = TokenKind.FIELD
_PIPE: Final = TokenKind.PIPE
_VARIABLE: Final = TokenKind.VARIABLE


class Names:
    """The variables in scope, innermost last; `$` always is."""

    def __init__(self) -> None:
        self._names = ["$"]
        self._counts = {"$": 1}

    def __contains__(self, name: str) -> bool:
        return self._counts.get(name, 0) > 0

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str) -> None:
        """Declare one, which may hide another."""
        self._names.append(name)
        self._counts[name] = self._counts.get(name, 0) + 1

    def release(self, count: int) -> None:
        """Forget all but the first so many."""
        for name in self._names[count:]:
            self._counts[name] -= 1
        del self._names[count:]


class PipelineParser:
    """Parses what stands inside an action; knows the variables in scope and the functions."""

    def __init__(
        self, stream: TokenStream, functions: Mapping[str, Entry], max_nesting: int
    ) -> None:
        self.stream = stream
        self.variables = Names()
        self.nesting = 0
        self._functions = functions
        self._max_nesting = max_nesting

    def enter(self) -> None:
        """Go one level down; the caller subtracts it from `nesting` again."""
        self.nesting += 1
        if self.nesting > self._max_nesting:
            self.stream.limit(f"nested deeper than {self._max_nesting}")

    def pipeline(self, context: str, end: TokenKind = TokenKind.RIGHT_DELIMITER) -> Pipe:
        """Parse up to and with the closing token."""
        stream = self.stream
        token = stream.next()
        pos = token.pos
        declared: list[Variable] = []
        is_assign = False
        if token.kind is _VARIABLE:
            is_assign, token = self._declarations(token, declared, context)
        commands: list[Command] = []
        while token.kind is not end:
            if token.kind not in self._TERMS:
                stream.unexpected(token, context)
            command, token = self._command(token)
            commands.append(command)
        self._check(commands, context)
        return Pipe(pos, tuple(commands), tuple(declared), is_assign)

    def _declarations(
        self, token: Token, declared: list[Variable], context: str
    ) -> tuple[bool, Token]:
        """Read `$x :=`, `$x =` or, for range, `$i, $x :=`; return also the token behind it."""
        stream = self.stream
        while token.kind is _VARIABLE:
            position = stream.position
            follower = stream.next()
            if follower.kind in (TokenKind.ASSIGN, TokenKind.DECLARE):
                self._declare(declared, token)
                return follower.kind is TokenKind.ASSIGN, stream.next()
            if follower.kind is not TokenKind.CHARACTER or follower.value != ",":
                # Without an operator, the variable is an operand.
                stream.back_to(position)
                break
            self._declare(declared, token)
            if context != "range" or len(declared) > 1:
                stream.fail(f"too many declarations in {context}")
            token = stream.next()
            if token.kind not in _AFTER_RANGE_COMMA:
                stream.fail("range can only initialize variables")
        return False, token

    def _declare(self, declared: list[Variable], token: Token) -> None:
        declared.append(Variable(token.pos, (token.value,)))
        self.variables.add(token.value)

    def _check(self, commands: list[Command], context: str) -> None:
        if not commands:
            self.stream.fail(f"missing value for {context}")
        for index, command in enumerate(commands[1:]):
            if isinstance(command.args[0], _LITERALS):
                self.stream.fail(f"non executable command in pipeline stage {index + 2}")

    def _command(self, token: Token) -> tuple[Command, Token]:
        """Parse operands with space between them; return also the token behind the command."""
        stream = self.stream
        pos = token.pos
        args: list[Argument] = []
        while not args or (token.spaced and token.kind in self._TERMS):
            node = self._TERMS[token.kind](self, token)
            token = stream.next()
            if token.kind is _FIELD and not token.spaced:
                node, token = self._with_fields(node, token)
            args.append(node)
        if token.kind is _PIPE:
            token = stream.next()
        elif token.kind not in _CLOSERS:
            stream.unexpected(token, "operand")
        return Command(pos, tuple(args)), token

    def _with_fields(self, node: Argument, token: Token) -> tuple[Argument, Token]:
        """Put the fields behind a term into it; return also the token behind them."""
        stream = self.stream
        if isinstance(node, _LITERALS):
            stream.fail(f"unexpected . after term {quote(str(node))}")
        pos = token.pos
        fields: list[str] = []
        while token.kind is _FIELD and not token.spaced:
            fields += token.value[1:].split(".")
            token = stream.next()
        if isinstance(node, Field):
            pos = pos if len(node.idents) == 1 else node.pos
            return Field(pos, (*node.idents, *fields)), token
        if isinstance(node, Variable):
            return Variable(pos, (*node.idents, *fields)), token
        return Chain(pos, node, tuple(fields)), token

    def _field(self, token: Token) -> Field:
        idents = tuple(token.value[1:].split("."))
        # Errors place a chain at its second field.
        pos = token.pos if len(idents) == 1 else token.pos + 1 + len(idents[0])
        return Field(pos, idents)

    def _identifier(self, token: Token) -> Identifier:
        entry = self._functions.get(token.value)
        if entry is None:
            self.stream.fail(f"function {quote(token.value)} not defined")
        if isinstance(entry, Refused):
            self.stream.refuse(entry)
        return Identifier(token.pos, token.value)

    def _variable(self, token: Token) -> Variable:
        if token.value not in self.variables:
            self.stream.fail(f"undefined variable {quote(token.value)}")
        return Variable(token.pos, (token.value,))

    def _parenthesized(self, _token: Token) -> Pipe:
        self.enter()
        pipe = self.pipeline("parenthesized pipeline", TokenKind.RIGHT_PAREN)
        self.nesting -= 1
        return pipe

    def _string(self, token: Token) -> StringNode:
        return StringNode(token.pos, token.value, self.string(token))

    def _number_node(self, token: Token) -> NumberNode:
        return NumberNode(token.pos, self._number(token))

    def _number(self, token: Token) -> Number:
        text = token.value
        if token.kind is TokenKind.NUMBER:
            number = parse_number(text)
            if isinstance(number, str):
                self.stream.fail(f"{number}: {quote(text)}")
            return number
        is_complex = token.kind is TokenKind.COMPLEX
        number = parse_complex(text) if is_complex else parse_character(text)
        if isinstance(number, str):
            self.stream.fail(number)
        return number

    def string(self, token: Token) -> str:
        """Return the content of a string token."""
        text = unquote(token.value)
        if text is None:
            self.stream.fail("invalid syntax")
        return text

    _TERMS: ClassVar[Mapping[TokenKind, Callable[["PipelineParser", Token], Argument]]] = {
        TokenKind.FIELD: _field,
        TokenKind.IDENTIFIER: _identifier,
        TokenKind.VARIABLE: _variable,
        TokenKind.STRING: _string,
        TokenKind.RAW_STRING: _string,
        TokenKind.LEFT_PAREN: _parenthesized,
        TokenKind.NUMBER: _number_node,
        TokenKind.CHAR_CONSTANT: _number_node,
        TokenKind.COMPLEX: _number_node,
        TokenKind.DOT: lambda _parser, token: Dot(token.pos),
        TokenKind.NIL: lambda _parser, token: Nil(token.pos),
        TokenKind.BOOL: lambda _parser, token: Bool(token.pos, token.value == "true"),
    }
    """What can be an operand, and how each is parsed."""
