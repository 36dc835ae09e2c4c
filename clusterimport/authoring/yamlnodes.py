"""YAML as a tree that knows lines and columns, and as the data that kubectl would send.

kubectl reads by sigs.k8s.io/yaml: YAML 1.1, where ``yes`` is true and ``010`` is eight, but dates
are texts; anchors and merge keys count, a key that stands twice is an error. What came from an
alias counts as if it were written out, and is bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from clusterimport.errors import ClusterImportError
from clusterimport.libyaml import CSafeLoader
from clusterimport.limits.documents import AUTHORED_ALIASES, AUTHORED_DEPTH

LITERAL: Final = "|"
QUOTES: Final = ("'", '"')
WHOLE_FLOATS: Final = 1e21
"""From here on Go writes a number with an exponent, and does not read it as a whole one again."""

_TAG: Final = "tag:yaml.org,2002:"
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS: Final = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MAY_BE_NUMBER: Final = frozenset("+-.0123456789")
_INTEGER: Final = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)", re.ASCII
)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGERS: Final = range(-(1 << 63), 1 << 64)


class YamlProblem(ClusterImportError):  # noqa: N818 - what is wrong with a text
    """The text cannot be read; line and column count from 1, and are 0 where unknown."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


@dataclass(slots=True, eq=False)
class ScalarNode:
    """A scalar; ``style`` is empty for a plain one, ``tag`` unless one is written."""

    line: int
    column: int
    text: str
    style: str
    tag: str


@dataclass(slots=True, eq=False)
class SequenceNode:
    """A sequence."""

    line: int
    column: int
    items: "list[Node]"


@dataclass(slots=True, eq=False)
class MappingNode:
    """A mapping, in the order of the text."""

    line: int
    column: int
    items: "list[tuple[ScalarNode, Node]]"


Node = ScalarNode | SequenceNode | MappingNode


def read_nodes(text: str) -> Iterator[Node]:
    """Yield the root of each document that is not empty; raises YamlProblem."""
    try:
        yield from _Reader(text).documents()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else ()
        raise YamlProblem(f"is not YAML: {error.problem or error.context}", *place) from None
    except yaml.YAMLError as error:
        offset = getattr(error, "position", None)
        before = text[:offset] if isinstance(offset, int) else ""
        place = (before.count("\n") + 1, len(before) - before.rfind("\n")) if before else ()
        raise YamlProblem("is not YAML: it has a character that is not allowed", *place) from None


def is_text(text: str) -> bool:
    """Whether a plain scalar is the text that it looks like, and nothing else."""
    try:
        return isinstance(_plain(ScalarNode(0, 0, text, "", "")), str)
    except YamlProblem:
        return False


def value_of(root: Node) -> Any:
    """Return the data that a tree stands for; raises YamlProblem."""
    return _Constructor().value(root, ())


class _Reader:
    """Turns the events of a stream into trees; recursion is bounded, which the C code is not."""

    def __init__(self, text: str) -> None:
        # Only its event parser is used; nothing is ever constructed.
        self._parser = CSafeLoader(text)
        self._anchors: dict[str, Node] = {}

    def documents(self) -> Iterator[Node]:
        while True:
            event = self._parser.get_event()
            if isinstance(event, yaml.StreamEndEvent):
                return
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                root = self._node(self._parser.get_event(), 0)
                if not (isinstance(root, ScalarNode) and not root.style and root.text in _NULLS):
                    yield root

    def _node(self, event: Any, depth: int) -> Node:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if depth > AUTHORED_DEPTH:
            raise YamlProblem(f"is nested deeper than {AUTHORED_DEPTH} levels", line, column)
        if isinstance(event, yaml.AliasEvent):
            found = self._anchors.get(event.anchor or "")
            if found is None:
                raise YamlProblem("is not YAML: an alias has no anchor before it", line, column)
            return found
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = ScalarNode(line, column, event.value, event.style or "", event.tag or "")
            self._remember(event, node)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = SequenceNode(line, column, [])
            self._remember(event, node)
            while not isinstance(event := self._parser.get_event(), yaml.SequenceEndEvent):
                node.items.append(self._node(event, depth + 1))
        else:
            node = MappingNode(line, column, [])
            self._remember(event, node)
            while not isinstance(event := self._parser.get_event(), yaml.MappingEndEvent):
                key = self._node(event, depth + 1)
                if isinstance(key, MappingNode):
                    told = "has `{{`, which YAML takes for two mappings; put the template in quotes"
                    raise YamlProblem(told, key.line, key.column)
                if not isinstance(key, ScalarNode):
                    raise YamlProblem("has a key that is not a name", key.line, key.column)
                node.items.append((key, self._node(self._parser.get_event(), depth + 1)))
        return node

    def _remember(self, event: Any, node: Node) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node


class _Constructor:
    """Makes data of one document."""

    def __init__(self) -> None:
        self._made: set[int] = set()
        self._again = 0

    def value(self, node: Node, around: tuple[int, ...]) -> Any:
        if id(node) in around:
            raise YamlProblem("has an alias inside its own anchor", node.line, node.column)
        if id(node) in self._made:
            self._again += 1
            if self._again > AUTHORED_ALIASES:
                problem = f"has aliases that stand for more than {AUTHORED_ALIASES} values"
                raise YamlProblem(problem, node.line, node.column)
        self._made.add(id(node))
        if isinstance(node, ScalarNode):
            return _scalar(node)
        inner = (*around, id(node))
        if isinstance(node, SequenceNode):
            return [self.value(item, inner) for item in node.items]
        return self._mapping(node, inner)

    def _mapping(self, node: MappingNode, inner: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.items:
            if not key.style and key.text == "<<":
                for each in value.items if isinstance(value, SequenceNode) else (value,):
                    more = self.value(each, inner)
                    if not isinstance(more, dict):
                        problem = "has a merge key `<<` whose value is not a mapping"
                        raise YamlProblem(problem, key.line, key.column)
                    merged = more | merged
                continue
            name = _key(key)
            if name in found:
                raise YamlProblem(f"has the key {name!r} twice", key.line, key.column)
            found[name] = self.value(value, inner)
        return merged | found if merged else found


def _key(node: ScalarNode) -> str:
    value = _scalar(node)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise YamlProblem("has a key that is null", node.line, node.column)
    return value if isinstance(value, str) else str(value)


def _scalar(node: ScalarNode) -> Any:
    if node.tag.startswith(_TAG) and node.tag != f"{_TAG}str":
        return _plain(node)
    return node.text if node.style or node.tag else _plain(node)


def _plain(node: ScalarNode) -> Any:
    """Return what a scalar without quotes is in YAML 1.1, as gopkg.in/yaml.v2 resolves it."""
    text = node.text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in _MAY_BE_NUMBER:
        return text
    if _INFINITE.fullmatch(text):
        raise YamlProblem("has a number that JSON has not", node.line, node.column)
    plain = text.replace("_", "")
    if _INTEGER.fullmatch(plain):
        number = _whole(plain)
        if number in _INTEGERS:
            return number
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        # On its way to the server it becomes JSON, in which 1.0 is 1.
        return int(value) if value.is_integer() and abs(value) < WHOLE_FLOATS else value
    return text


def _whole(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-").lower()
    if digits[:1] == "0" and digits[1:].isdigit():
        return sign * int(digits, 8)
    return sign * int(digits, 0)
