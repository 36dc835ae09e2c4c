"""Where the fields of an object stand in the file it was read from.

Paths are written as messages of the engine write them: ``spec.references[0].nameTemplate``, where
an item of a list goes by its number or its ``key``, and ``metadata.labels[a.b/c]``.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

from clusterimport.authoring.yamlnodes import (
    LITERAL,
    QUOTES,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
)

_STEP: Final = re.compile(r"\[(?P<item>[^\]]*)\]|\.?(?P<name>[^.\[]+)")


class Place(NamedTuple):
    """A field in a file; line and column count characters from 1, and are 0 where unknown."""

    file: str
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        """Return ``file:line:column``, as editors and compilers write it."""
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


class Positions:
    """The fields of one object and their places. What is not in it has that of what is around."""

    def __init__(
        self, file: str = "", load: Callable[[], Node | None] = lambda: None, text: str = ""
    ) -> None:
        self.file = file
        self._load = load
        self._text = text

    @cached_property
    def _root(self) -> Node | None:
        return self._load()

    @cached_property
    def _lines(self) -> list[str]:
        return self._text.split("\n")

    def place(self, path: str = "") -> Place:
        """Return where a field begins; its key, where it has one."""
        line, column = 0, 0
        for key, node in self._way(path):
            at = key or node
            line, column = at.line, at.column
        return Place(self.file, line, column, path)

    def inside(self, path: str, line: int, column: int = 0) -> Place:
        """Return where a line of a text stands that is the value of a field.

        ``line`` counts from 1; ``column`` counts bytes from 1, and is 0 where it is not known.
        Where the text is not written as it is, the place is that of the field.
        """
        way = list(self._way(path))
        node = way[-1][1] if way else None
        if line < 1 or not isinstance(node, ScalarNode):
            return self.place(path)
        lines = node.text.split("\n")
        before = lines[line - 1] if line <= len(lines) else ""
        characters = len(before.encode()[: max(column - 1, 0)].decode(errors="ignore"))
        if node.style == LITERAL:
            row = node.line + line
            written = self._lines[row - 1] if row <= len(self._lines) else ""
            indent = len(written) - len(before) if written.endswith(before) else 0
            return Place(self.file, row, indent + characters + 1 if column else indent + 1, path)
        if line > 1 or not self._is_as_written(node):
            return Place(self.file, node.line, node.column, path)
        quote = int(node.style in QUOTES)
        return Place(self.file, node.line, node.column + quote + characters, path)

    def below(self, *steps: str | int) -> "Positions":
        """Return the positions of an object inside this one."""

        def load() -> Node | None:
            node = self._root
            for step in steps:
                found = _child(node, str(step))
                node = found[1] if found else None
            return node

        return Positions(self.file, load, self._text)

    def _is_as_written(self, node: ScalarNode) -> bool:
        """Whether a scalar of one line stands in the file character by character."""
        line = self._lines[node.line - 1] if node.line <= len(self._lines) else ""
        start = node.column - 1 + int(node.style in QUOTES)
        return line.startswith(node.text, start)

    def _way(self, path: str) -> Iterator[tuple[Node | None, Node]]:
        """Yield key and value of each step of a path, as far as it is there."""
        if self._root is None:
            return
        yield None, self._root
        node: Node = self._root
        for step in _STEP.finditer(path):
            found = _child(node, step["item"] if step["name"] is None else step["name"])
            if found is None:
                return
            yield found
            node = found[1]


NOWHERE: Final = Positions()
"""Of an object that stands in no file."""


def _child(node: Node | None, step: str) -> tuple[Node | None, Node] | None:
    if isinstance(node, MappingNode):
        found = [(key, value) for key, value in node.items if key.text == step]
        return found[-1] if found else None
    if isinstance(node, SequenceNode):
        if step.isdecimal():
            return (None, node.items[int(step)]) if int(step) < len(node.items) else None
        for item in node.items:
            key = _child(item, "key")
            if key is not None and isinstance(key[1], ScalarNode) and key[1].text == step:
                return None, item
    return None
