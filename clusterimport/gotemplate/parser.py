"""Parse a template: text, actions, control structures, definitions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from clusterimport.gotemplate.functions import Entry
from clusterimport.gotemplate.limits import Limits
from clusterimport.gotemplate.nodes import (
    Action,
    Break,
    Continue,
    If,
    NodeList,
    Pipe,
    Range,
    Statement,
    TemplateCall,
    Text,
    With,
)
from clusterimport.gotemplate.pipelines import Names, PipelineParser
from clusterimport.gotemplate.printf import quote
from clusterimport.gotemplate.stream import TokenStream
from clusterimport.gotemplate.tokens import Token, TokenKind

__all__ = ["is_blank", "parse"]

# What Go's bytes.TrimSpace removes (its unicode.IsSpace).
_GO_SPACES: Final = "\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def parse(
    name: str, text: str, functions: Mapping[str, Entry], limits: Limits
) -> dict[str, NodeList]:
    """Return the trees by template name, the main one under `name`.

    Raises ParseError with Go's text, RefusedFunctionError, or LimitError.
    """
    parser = _Parser(TokenStream(name, text, limits.tokens), functions, limits)
    parser.document(name)
    return parser.trees


def is_blank(nodes: NodeList) -> bool:
    """Tell whether a body holds nothing but space; such a body never replaces another."""
    return all(isinstance(n, Text) and not n.text.strip(_GO_SPACES) for n in nodes.nodes)


class _Mark(Enum):
    END = "{{end}}"
    ELSE = "{{else}}"


@dataclass(frozen=True, slots=True)
class _Closing:
    """The `end` or `else` that closed a list of statements."""

    mark: _Mark
    pos: int


class _Parser:
    """One parse; definitions share its tokens but not its variables or open ranges."""

    def __init__(self, stream: TokenStream, functions: Mapping[str, Entry], limits: Limits) -> None:
        self.trees: dict[str, NodeList] = {}
        self._stream = stream
        self._pipelines = PipelineParser(stream, functions, limits.nesting)
        self._open_ranges = 0

    def document(self, name: str) -> None:
        """Parse to the end of the text; `define` is allowed only here."""
        stream = self._stream
        pos = stream.peek().pos
        nodes: list[Statement] = []
        while (token := stream.peek()).kind is not TokenKind.EOF:
            if token.kind is TokenKind.LEFT_DELIMITER:
                start = stream.position
                stream.next()
                if stream.next_word().kind is TokenKind.DEFINE:
                    self._definition()
                    continue
                stream.position = start
            node = self._text_or_action()
            if isinstance(node, _Closing):
                stream.fail(f"unexpected {node.mark.value}")
            nodes.append(node)
        self._add(name, NodeList(pos, tuple(nodes)))

    def _add(self, name: str, body: NodeList) -> None:
        known = self.trees.get(name)
        if known is None or is_blank(known):
            self.trees[name] = body
        elif not is_blank(body):
            self._stream.fail(f"template: multiple definition of template {quote(name)}")

    def _definition(self) -> None:
        context = "define clause"
        stream = self._stream
        token = stream.expect(context, TokenKind.STRING, TokenKind.RAW_STRING)
        name = self._pipelines.string(token)
        stream.expect(context, TokenKind.RIGHT_DELIMITER)
        self._body_of(name, context)

    def _body_of(self, name: str, context: str) -> None:
        """Parse the body of a define or block: a template of its own."""
        variables, self._pipelines.variables = self._pipelines.variables, Names()
        open_ranges, self._open_ranges = self._open_ranges, 0
        action_pos, self._stream.action_pos = self._stream.action_pos, None
        self._pipelines.enter()
        body, closing = self._list()
        if closing.mark is not _Mark.END:
            self._stream.fail(f"unexpected {closing.mark.value} in {context}")
        self._add(name, body)
        self._pipelines.nesting -= 1
        self._stream.action_pos = action_pos
        self._open_ranges = open_ranges
        self._pipelines.variables = variables

    def _list(self) -> tuple[NodeList, _Closing]:
        stream = self._stream
        pos = stream.peek_word().pos
        nodes: list[Statement] = []
        while True:
            if stream.peek_word().kind is TokenKind.EOF:
                stream.fail("unexpected EOF")
            node = self._text_or_action()
            if isinstance(node, _Closing):
                return NodeList(pos, tuple(nodes)), node
            nodes.append(node)

    def _text_or_action(self) -> Statement | _Closing:
        stream = self._stream
        token = stream.next_word()
        if token.kind is TokenKind.TEXT:
            return Text(token.pos, token.value)
        if token.kind is not TokenKind.LEFT_DELIMITER:
            stream.unexpected(token, "input")
        stream.action_pos = token.pos
        node = self._action()
        stream.action_pos = None
        return node

    def _action(self) -> Statement | _Closing:
        stream = self._stream
        token = stream.next_word()
        kind = token.kind
        if kind is TokenKind.IF:
            return self._if()
        if kind is TokenKind.END:
            return _Closing(_Mark.END, stream.expect("end", TokenKind.RIGHT_DELIMITER).pos)
        if kind is TokenKind.ELSE:
            return self._else()
        if kind is TokenKind.RANGE:
            pipe, body, orelse = self._control("range")
            return Range(pipe.pos, pipe, body, orelse)
        if kind is TokenKind.WITH:
            return self._with()
        if kind is TokenKind.TEMPLATE:
            return self._template()
        if kind is TokenKind.BLOCK:
            return self._block()
        if kind in (TokenKind.BREAK, TokenKind.CONTINUE):
            return self._jump(token)
        stream.back()
        return Action(token.pos, self._pipelines.pipeline("command"))

    def _jump(self, token: Token) -> Statement:
        shown = f"{{{{{token.value}}}}}"
        closing = self._stream.next_word()
        if closing.kind is not TokenKind.RIGHT_DELIMITER:
            self._stream.unexpected(closing, shown)
        if not self._open_ranges:
            self._stream.fail(f"{shown} outside {{{{range}}}}")
        return Break(token.pos) if token.kind is TokenKind.BREAK else Continue(token.pos)

    def _if(self) -> If:
        pipe, body, orelse = self._control("if")
        return If(pipe.pos, pipe, body, orelse)

    def _with(self) -> With:
        pipe, body, orelse = self._control("with")
        return With(pipe.pos, pipe, body, orelse)

    def _control(self, context: str) -> tuple[Pipe, NodeList, NodeList | None]:
        self._pipelines.enter()
        known = len(self._pipelines.variables)
        pipe = self._pipelines.pipeline(context)
        self._open_ranges += context == "range"
        body, closing = self._list()
        self._open_ranges -= context == "range"
        orelse = None if closing.mark is _Mark.END else self._orelse(context, closing.pos)
        self._pipelines.variables.release(known)
        self._pipelines.nesting -= 1
        return pipe, body, orelse

    def _orelse(self, context: str, pos: int) -> NodeList:
        """Parse what follows `else`; its `if` or `with` closes together with the outer one."""
        kind = self._stream.peek().kind
        if context == "if" and kind is TokenKind.IF:
            self._stream.next()
            return NodeList(pos, (self._if(),))
        if context == "with" and kind is TokenKind.WITH:
            self._stream.next()
            return NodeList(pos, (self._with(),))
        body, closing = self._list()
        if closing.mark is not _Mark.END:
            self._stream.fail(f"expected end; found {closing.mark.value}")
        return body

    def _else(self) -> _Closing:
        token = self._stream.peek_word()
        if token.kind not in (TokenKind.IF, TokenKind.WITH):
            token = self._stream.expect("else", TokenKind.RIGHT_DELIMITER)
        return _Closing(_Mark.ELSE, token.pos)

    def _name(self, token: Token, context: str) -> str:
        if token.kind not in (TokenKind.STRING, TokenKind.RAW_STRING):
            self._stream.unexpected(token, context)
        return self._pipelines.string(token)

    def _template(self) -> TemplateCall:
        context = "template clause"
        stream = self._stream
        token = stream.next_word()
        name = self._name(token, context)
        pipe = None
        if stream.next_word().kind is not TokenKind.RIGHT_DELIMITER:
            stream.back()
            pipe = self._pipelines.pipeline(context)
        return TemplateCall(token.pos, name, pipe)

    def _block(self) -> TemplateCall:
        context = "block clause"
        token = self._stream.next_word()
        name = self._name(token, context)
        pipe = self._pipelines.pipeline(context)
        self._body_of(name, context)
        return TemplateCall(token.pos, name, pipe)
