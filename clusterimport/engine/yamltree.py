"""One YAML document as a tree that remembers where each piece stood in the text.

Built from libyaml's events instead of a loader: nothing is resolved to a type, and what could
make two readers see two documents (aliases, tags, duplicate or merge keys, a second document,
a byte order mark) is refused. Errors never quote the text.
"""

from typing import Final

import msgspec
import yaml

from clusterimport.errors import ClusterImportError
from clusterimport.libyaml import CSafeLoader
from clusterimport.limits.counted import Limit
from clusterimport.limits.documents import YAML_DEPTH, YAML_NODES

LINE_BREAKS: Final = frozenset("\n\r\x85\u2028\u2029")
"""What libyaml takes for the end of a line."""
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))


class YamlError(ClusterImportError):
    """The text is no acceptable document; ``offset`` is the character where that showed.

    ``limit`` is the bound that was reached, if it was for one.
    """

    def __init__(self, problem: str, offset: int, *, limit: Limit | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset
        self.limit = limit


class Scalar(msgspec.Struct, frozen=True):
    """A scalar: its value, the characters it came from, and its style (empty for plain)."""

    value: str
    start: int
    end: int
    style: str

    @property
    def is_null(self) -> bool:
        """Whether every YAML reader takes it for null."""
        return not self.style and self.value in _NULLS

    def __repr__(self) -> str:
        return f"Scalar({self.start}-{self.end})"


class YamlMapping(msgspec.Struct, frozen=True):
    """A mapping in the order of the text; its keys are distinct scalars."""

    items: "tuple[tuple[Scalar, Node], ...]"
    start: int
    end: int

    def get(self, key: str) -> "Node | None":
        """Return the value of a key."""
        for name, value in self.items:
            if name.value == key:
                return value
        return None


class YamlSequence(msgspec.Struct, frozen=True):
    """A sequence."""

    items: "tuple[Node, ...]"
    start: int
    end: int


Node = Scalar | YamlMapping | YamlSequence


def load_tree(text: str) -> Node | None:
    """Parse one document, None for an empty one; raises YamlError."""
    if text.startswith("\ufeff"):
        raise YamlError("begins with a byte order mark", 0)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise YamlError("contains bytes that are not UTF-8", error.start) from None
    builder = _Builder(text)
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = _known_problem(error.problem)
        raise YamlError(problem, mark.index if mark else 0) from None
    except yaml.YAMLError as error:
        # The reader's own: a character that YAML does not allow, named with its position only.
        position = getattr(error, "position", 0)
        offset = position if isinstance(position, int) else 0
        raise YamlError("contains a character that YAML does not allow", offset) from None


class _Builder:
    """Turns the events of one document into nodes, counting them."""

    def __init__(self, text: str) -> None:
        # Only its event parser is used; nothing is ever constructed.
        self._parser = CSafeLoader(text)
        self._nodes = 0

    def document(self) -> Node | None:
        self._next()  # the start of the stream
        start = self._next()
        if not isinstance(start, yaml.DocumentStartEvent):
            return None
        if start.version is not None or start.tags:
            raise YamlError("contains a YAML directive", _offset(start))
        root = self._node(self._next(), 0)
        self._next()  # the end of the document
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise YamlError("contains more than one document", _offset(after))
        return root

    def _next(self) -> yaml.Event:
        event = self._parser.get_event()
        assert event is not None
        return event

    def _node(self, event: yaml.Event, depth: int) -> Node:
        offset = _offset(event)
        self._nodes += 1
        if self._nodes > YAML_NODES:
            raise YamlError(f"has more than {YAML_NODES} values", offset, limit=Limit.YAML_SIZE)
        if depth > YAML_DEPTH:
            problem = f"is nested deeper than {YAML_DEPTH} levels"
            raise YamlError(problem, offset, limit=Limit.YAML_SIZE)
        assert isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise YamlError("contains a YAML anchor or alias", offset)
        if isinstance(event, yaml.ScalarEvent):
            if event.tag is not None:
                raise YamlError("contains a YAML tag", offset)
            return Scalar(event.value, offset, _end(event), event.style or "")
        assert isinstance(event, yaml.CollectionStartEvent)
        if event.tag is not None:
            raise YamlError("contains a YAML tag", offset)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(offset, depth)
        return self._mapping(offset, depth)

    def _sequence(self, start: int, depth: int) -> YamlSequence:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return YamlSequence(tuple(items), start, _end(event))

    def _mapping(self, start: int, depth: int) -> YamlMapping:
        items: list[tuple[Scalar, Node]] = []
        seen: set[str] = set()
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar) or key.is_null or key.value == "<<":
                raise YamlError("has a key that is not a plain name", key.start)
            if key.value in seen:
                raise YamlError("has the same key twice", key.start)
            seen.add(key.value)
            items.append((key, self._node(self._next(), depth + 1)))
        return YamlMapping(tuple(items), start, _end(event))


def _offset(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return int(event.start_mark.index)


def _end(event: yaml.Event) -> int:
    assert event.end_mark is not None
    return int(event.end_mark.index)


_SAFE_PROBLEMS: Final = {
    "mapping values are not allowed in this context": "has a `: ` where none is allowed",
    "did not find expected key": "is indented so that no key is found",
    "did not find expected '-' indicator": "is indented so that no list item is found",
    "could not find expected ':'": "has a line without the `:` of its key",
    "found character that cannot start any token": "has a character that cannot start a value",
    "found unexpected end of stream": "has a quote that is not closed",
}


def _known_problem(problem: str | None) -> str:
    """Say it in our words; libyaml's could name an anchor or a tag handle of the text."""
    return _SAFE_PROBLEMS.get(problem or "", "is not valid YAML")
