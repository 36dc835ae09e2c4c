"""How actions print: data that must stay one text, a quoted text, or structure (YAML or JSON).

The outermost function of a pipeline decides. `indent`, `nindent` and `trim` move a text and leave
its content alone; a variable is what all pipelines that set it are.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from clusterimport.gotemplate.functions import Entry, Function, Structure
from clusterimport.gotemplate.nodes import (
    Action,
    Argument,
    Chain,
    Command,
    Identifier,
    If,
    NodeList,
    NumberNode,
    Pipe,
    Range,
    StringNode,
    TemplateCall,
    Variable,
    With,
)

__all__ = ["Printing", "Printings"]

_INDENTING: Final = {"indent": "", "nindent": "\n"}
_MAX_INDENT: Final = 256
_QUOTING_FORMATS: Final = frozenset(("%q", "%+q"))


class Printing(NamedTuple):
    """What an action prints, and the white space that `indent` or `nindent` puts before it."""

    structure: Structure
    layout: str


class Printings:
    """Judges the pipelines of one template and of those it defines."""

    def __init__(self, trees: Mapping[str, NodeList], functions: Mapping[str, Entry]) -> None:
        self._trees = trees
        self._functions = functions
        self._known: dict[str, Structure] = {}

    def of(self, pipe: Pipe) -> Printing:
        """Return how an action with this pipeline prints."""
        return Printing(self._of_pipe(pipe), _layout(pipe))

    def _of_pipe(self, pipe: Pipe) -> Structure:
        for index in range(len(pipe.commands) - 1, -1, -1):
            command = pipe.commands[index]
            structure = self._of_command(command, piped=index > 0)
            if structure is not Structure.KEEPS:
                return structure
            if index == 0:
                return self._of_argument(command.args[-1]) if len(command.args) > 1 else _SCALAR
        return _SCALAR

    def _of_command(self, command: Command, *, piped: bool) -> Structure:
        first = command.args[0]
        if not isinstance(first, Identifier):
            return self._of_argument(first) if len(command.args) == 1 else _SCALAR
        if first.name == "printf":
            quoting = len(command.args) + piped == 3 and _is_quoting(command.args[1])
            return Structure.QUOTES if quoting else _SCALAR
        entry = self._functions.get(first.name)
        return entry.structure if isinstance(entry, Function) else _SCALAR

    def _of_argument(self, node: Argument) -> Structure:
        if isinstance(node, Pipe):
            return self._of_pipe(node)
        if isinstance(node, Variable) and len(node.idents) == 1:
            return self._of_variable(node.idents[0])
        return _SCALAR

    def _of_variable(self, name: str) -> Structure:
        if name not in self._known:
            # A variable that is set from itself may have grown by anything.
            self._known[name] = _SCALAR
            found = {self._of_pipe(pipe) if pipe else _SCALAR for pipe in self._set[name]}
            self._known[name] = found.pop() if len(found) == 1 else _SCALAR
        return self._known[name]

    @cached_property
    def _set(self) -> dict[str, list[Pipe | None]]:
        """The pipelines that set each variable; None for a range, which sets elements."""
        found: dict[str, list[Pipe | None]] = {"$": [None]}
        for tree in self._trees.values():
            for pipe, ranges in _pipes_of(tree):
                for variable in pipe.variables:
                    found.setdefault(variable.idents[0], []).append(None if ranges else pipe)
        return found


_SCALAR: Final = Structure.SCALAR


def _is_quoting(node: Argument) -> bool:
    return isinstance(node, StringNode) and node.text in _QUOTING_FORMATS


def _layout(pipe: Pipe) -> str:
    """Return the white space that the last functions put before the text, as far as written out."""
    layout = ""
    for command in reversed(pipe.commands):
        first = command.args[0]
        if isinstance(first, Pipe) and len(command.args) == 1:
            return layout + _layout(first)
        if not isinstance(first, Identifier) or first.name not in _INDENTING:
            break
        spaces = command.args[1] if len(command.args) > 1 else None
        count = spaces.number.int_value if isinstance(spaces, NumberNode) else None
        if count is None or not 0 <= count <= _MAX_INDENT:
            break
        layout += _INDENTING[first.name] + " " * count
    return layout


def _pipes_of(nodes: NodeList | None) -> Iterator[tuple[Pipe, bool]]:
    """Yield all pipelines, and whether a range goes through what they give."""
    for node in nodes.nodes if nodes else ():
        if isinstance(node, (Action, If, With, Range, TemplateCall)) and node.pipe is not None:
            yield node.pipe, isinstance(node, Range)
            yield from _pipes_in(node.pipe)
        if isinstance(node, (If, With, Range)):
            yield from _pipes_of(node.body)
            yield from _pipes_of(node.orelse)


def _pipes_in(pipe: Pipe) -> Iterator[tuple[Pipe, bool]]:
    for command in pipe.commands:
        for node in command.args:
            inner = node.node if isinstance(node, Chain) else node
            if isinstance(inner, Pipe):
                yield inner, False
                yield from _pipes_in(inner)
