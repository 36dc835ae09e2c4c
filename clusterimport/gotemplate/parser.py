"""Parse a template: text, actions, control structures, definitions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Final

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

# On Python 3.11, reading a member of an Enum from its class takes as long as making a node.
_EOF: Final = TokenKind.EOF
_TEXT: Final = TokenKind.TEXT
_LEFT_DELIMITER: Final = TokenKind.LEFT_DELIMITER

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
        token = stream.next()
        pos = token.pos
        nodes: list[Statement] = []
        while token.kind is not _EOF:
            if token.kind is _LEFT_DELIMITER and stream.peek().kind is TokenKind.DEFINE:
                stream.next()
                self._definition()
            else:
                node = self._text_or_action(token)
                if isinstance(node, _Closing):
                    stream.fail(f"unexpected {node.mark.value}")
                nodes.append(node)
            token = stream.next()
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

    def _body_of(self, name: str, context: str, line: int = 0) -> None:
        """Parse the body of a define or block: a template of its own.

        Go looks for the end of a block's at the block itself, whose `line` the error names.
        """
        variables, self._pipelines.variables = self._pipelines.variables, Names()
        open_ranges, self._open_ranges = self._open_ranges, 0
        action_pos, self._stream.action_pos = self._stream.action_pos, None
        self._pipelines.enter()
        body, closing = self._list()
        if closing.mark is not _Mark.END:
            self._stream.fail(f"unexpected {closing.mark.value} in {context}", line=line)
        self._add(name, body)
        self._pipelines.nesting -= 1
        self._stream.action_pos = action_pos
        self._open_ranges = open_ranges
        self._pipelines.variables = variables

    def _list(self) -> tuple[NodeList, _Closing]:
        stream = self._stream
        token = stream.next()
        pos = token.pos
        nodes: list[Statement] = []
        while True:
            if token.kind is _EOF:
                stream.fail("unexpected EOF")
            node = self._text_or_action(token)
            if isinstance(node, _Closing):
                return NodeList(pos, tuple(nodes)), node
            nodes.append(node)
            token = stream.next()

    def _text_or_action(self, token: Token) -> Statement | _Closing:
        stream = self._stream
        if token.kind is _TEXT:
            return Text(token.pos, token.value)
        if token.kind is not _LEFT_DELIMITER:
            stream.unexpected(token, "input")
        stream.action_pos = token.pos
        position = stream.position
        token = stream.next()
        parse = self._ACTIONS.get(token.kind)
        if parse is not None:
            node = parse(self, token)
        else:
            stream.back_to(position)
            node = Action(token.pos, self._pipelines.pipeline("command"))
        stream.action_pos = None
        return node

    def _end(self, _token: Token) -> _Closing:
        return _Closing(_Mark.END, self._stream.expect("end", TokenKind.RIGHT_DELIMITER).pos)

    def _jump(self, token: Token) -> Statement:
        shown = f"{{{{{token.value}}}}}"
        closing = self._stream.next()
        if closing.kind is not TokenKind.RIGHT_DELIMITER:
            self._stream.unexpected(closing, shown)
        if not self._open_ranges:
            self._stream.fail(f"{shown} outside {{{{range}}}}")
        return Break(token.pos) if token.kind is TokenKind.BREAK else Continue(token.pos)

    def _if(self, _token: Token) -> If:
        pipe, body, orelse = self._control("if")
        return If(pipe.pos, pipe, body, orelse)

    def _range(self, _token: Token) -> Range:
        pipe, body, orelse = self._control("range")
        return Range(pipe.pos, pipe, body, orelse)

    def _with(self, _token: Token) -> With:
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
        token = self._stream.peek()
        if context == "if" and token.kind is TokenKind.IF:
            return NodeList(pos, (self._if(self._stream.next()),))
        if context == "with" and token.kind is TokenKind.WITH:
            return NodeList(pos, (self._with(self._stream.next()),))
        body, closing = self._list()
        if closing.mark is not _Mark.END:
            self._stream.fail(f"expected end; found {closing.mark.value}")
        return body

    def _else(self, _token: Token) -> _Closing:
        token = self._stream.peek()
        if token.kind not in (TokenKind.IF, TokenKind.WITH):
            token = self._stream.expect("else", TokenKind.RIGHT_DELIMITER)
        return _Closing(_Mark.ELSE, token.pos)

    def _name(self, token: Token, context: str) -> str:
        if token.kind not in (TokenKind.STRING, TokenKind.RAW_STRING):
            self._stream.unexpected(token, context)
        return self._pipelines.string(token)

    def _template(self, _token: Token) -> TemplateCall:
        context = "template clause"
        stream = self._stream
        token = stream.next()
        name = self._name(token, context)
        if stream.peek().kind is TokenKind.RIGHT_DELIMITER:
            stream.next()
            return TemplateCall(token.pos, name, None)
        return TemplateCall(token.pos, name, self._pipelines.pipeline(context))

    def _block(self, _token: Token) -> TemplateCall:
        context = "block clause"
        token = self._stream.next()
        name = self._name(token, context)
        pipe = self._pipelines.pipeline(context)
        self._body_of(name, context, self._stream.line())
        return TemplateCall(token.pos, name, pipe)

    _ACTIONS: ClassVar[Mapping[TokenKind, Callable[["_Parser", Token], Statement | _Closing]]] = {
        TokenKind.IF: _if,
        TokenKind.END: _end,
        TokenKind.ELSE: _else,
        TokenKind.RANGE: _range,
        TokenKind.WITH: _with,
        TokenKind.TEMPLATE: _template,
        TokenKind.BLOCK: _block,
        TokenKind.BREAK: _jump,
        TokenKind.CONTINUE: _jump,
    }
    """What the keywords of actions start; any other action is a pipeline."""
