"""Parse pipelines: declarations, commands, operands, parentheses."""

from collections.abc import Mapping
from typing import Final

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

# Tuples, not sets: comparing members by identity is faster than hashing an Enum.
_STRINGS: Final = (TokenKind.STRING, TokenKind.RAW_STRING)
_NUMBERS: Final = (TokenKind.NUMBER, TokenKind.CHAR_CONSTANT, TokenKind.COMPLEX)
_OPERANDS: Final = (
    TokenKind.FIELD,
    TokenKind.IDENTIFIER,
    TokenKind.VARIABLE,
    TokenKind.LEFT_PAREN,
    TokenKind.DOT,
    TokenKind.BOOL,
    TokenKind.NIL,
    *_STRINGS,
    *_NUMBERS,
)
_LITERALS: Final = (Bool, StringNode, NumberNode, Nil, Dot)
_AFTER_RANGE_COMMA: Final = (
    TokenKind.VARIABLE,
    TokenKind.RIGHT_DELIMITER,
    TokenKind.RIGHT_PAREN,
)
_CLOSERS: Final = (TokenKind.RIGHT_DELIMITER, TokenKind.RIGHT_PAREN)


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
        pos = stream.peek_word().pos
        declared: list[Variable] = []
        is_assign = self._declarations(declared, context)
        commands: list[Command] = []
        while (token := stream.next_word()).kind is not end:
            if token.kind not in _OPERANDS:
                stream.unexpected(token, context)
            stream.back()
            commands.append(self._command())
        self._check(commands, context)
        return Pipe(pos, tuple(commands), tuple(declared), is_assign)

    def _declarations(self, declared: list[Variable], context: str) -> bool:
        """Read `$x :=`, `$x =` or, for range, `$i, $x :=`."""
        stream = self.stream
        while stream.peek_word().kind is TokenKind.VARIABLE:
            start = stream.position
            variable = stream.next()
            # Reading ahead over spaces: without an operator, the variable is an operand.
            follower = stream.peek_word()
            if follower.kind in (TokenKind.ASSIGN, TokenKind.DECLARE):
                stream.next()
                self._declare(declared, variable)
                return follower.kind is TokenKind.ASSIGN
            if follower.kind is not TokenKind.CHARACTER or follower.value != ",":
                stream.position = start
                return False
            stream.next()
            self._declare(declared, variable)
            if context != "range" or len(declared) > 1:
                stream.fail(f"too many declarations in {context}")
            if stream.peek_word().kind not in _AFTER_RANGE_COMMA:
                stream.fail("range can only initialize variables")
        return False

    def _declare(self, declared: list[Variable], token: Token) -> None:
        declared.append(Variable(token.pos, (token.value,)))
        self.variables.add(token.value)

    def _check(self, commands: list[Command], context: str) -> None:
        if not commands:
            self.stream.fail(f"missing value for {context}")
        for index, command in enumerate(commands[1:]):
            if isinstance(command.args[0], _LITERALS):
                self.stream.fail(f"non executable command in pipeline stage {index + 2}")

    def _command(self) -> Command:
        stream = self.stream
        pos = stream.peek_word().pos
        args: list[Argument] = []
        while True:
            operand = self._operand()
            if operand is not None:
                args.append(operand)
            token = stream.next()
            if token.kind is TokenKind.SPACE:
                continue
            if token.kind in _CLOSERS:
                stream.back()
            elif token.kind is not TokenKind.PIPE:
                stream.unexpected(token, "operand")
            break
        if not args:
            stream.fail("empty command")
        return Command(pos, tuple(args))

    def _operand(self) -> Argument | None:
        """Parse a term and the fields behind it."""
        stream = self.stream
        node = self._term()
        if node is None or stream.peek().kind is not TokenKind.FIELD:
            return node
        pos = stream.peek().pos
        fields: list[str] = []
        while stream.peek().kind is TokenKind.FIELD:
            fields.append(stream.next().value[1:])
        if isinstance(node, Field):
            return Field(pos, (*node.idents, *fields))
        if isinstance(node, Variable):
            return Variable(pos, (*node.idents, *fields))
        if isinstance(node, _LITERALS):
            stream.fail(f"unexpected . after term {quote(str(node))}")
        return Chain(pos, node, tuple(fields))

    def _term(self) -> Argument | None:
        stream = self.stream
        token = stream.next_word()
        kind = token.kind
        if kind is TokenKind.FIELD:
            return Field(token.pos, (token.value[1:],))
        if kind is TokenKind.IDENTIFIER:
            return self._identifier(token)
        if kind in _STRINGS:
            return StringNode(token.pos, token.value, self.string(token))
        if kind is TokenKind.VARIABLE:
            return self._variable(token)
        if kind is TokenKind.DOT:
            return Dot(token.pos)
        if kind in _NUMBERS:
            return NumberNode(token.pos, self._number(token))
        if kind is TokenKind.LEFT_PAREN:
            self.enter()
            pipe = self.pipeline("parenthesized pipeline", TokenKind.RIGHT_PAREN)
            self.nesting -= 1
            return pipe
        if kind is TokenKind.BOOL:
            return Bool(token.pos, token.value == "true")
        if kind is TokenKind.NIL:
            return Nil(token.pos)
        stream.back()
        return None

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
