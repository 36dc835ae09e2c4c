"""What a template reads, as far as its tree tells without running it; and so of a source."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct

from clusterimport.engine.evaluation import Program
from clusterimport.gotemplate import nodes
from clusterimport.gotemplate.template import Template
from clusterimport.limits.templates import COMPILED_TEMPLATES
from clusterimport.model.fields import FieldProblem, Rule
from clusterimport.model.meta import Object
from clusterimport.model.objects import content_of

Path = tuple[str, ...]
"""Field names from the data down; empty for the data itself."""

_MAX_CALLS: Final = 32
"""Calls of templates that are followed; those that call themselves would make very many."""
_DIGEST_BYTES: Final = 16
_VERSION: Final[Sequence[Path]] = (("metadata", "uid"), ("metadata", "resourceVersion"))


def unknown_data(
    program: Program | None, references: Sequence[str], *, has_references: bool = True
) -> list[FieldProblem]:
    """Find what is read and never there: it would print nothing, for ever.

    ``references`` are the keys that are found before, ``has_references`` whether the template
    gets any at all.
    """
    if program is None:
        return []
    found: dict[str, FieldProblem] = {}
    for path in dict.fromkeys(paths_read(program.template)):
        problem = _problem(path, references, has_references=has_references)
        if problem and problem not in found:
            place = _place(program.template.text, path)
            found[problem] = FieldProblem(program.field, problem, Rule.UNKNOWN_DATA, *place)
    return list(found.values())


@lru_cache(maxsize=COMPILED_TEMPLATES)
def paths_read(template: Template) -> tuple[Path, ...]:
    """Return every path that a template may read, in the order of its text.

    A path may be longer than what is read of it in truth, and never leads past something that is
    read as a whole. What the tree does not tell, as of an element of a list, is left out where the
    list itself is among the paths.
    """
    try:
        return tuple(_Reader(template.trees).tree(template.name, ()))
    except RecursionError:
        # Deep templates that call deep ones: all may be read.
        return ((),)


def references_read(template: Template) -> frozenset[str] | None:
    """Return the keys of the references that a template reads; None where it may read any."""
    found = [path for path in paths_read(template) if path[:1] != ("source",)]
    if any(len(path) < 2 for path in found):
        return None
    return frozenset(path[1] for path in found if path[0] == "references") or None


def _place(text: str, path: Path) -> tuple[int, int]:
    """Return line and column of a path where it is written out; 0 where it is not."""
    written = re.search(rf"\.{re.escape('.'.join(path[:2]))}(?![\w])", text)
    if written is None:
        return 0, 0
    line_start = text.rfind("\n", 0, written.start()) + 1
    column = len(text[line_start : written.start()].encode("utf-8", "surrogatepass")) + 1
    return text.count("\n", 0, line_start) + 1, column


def _problem(path: Path, references: Sequence[str], *, has_references: bool) -> str:
    if not path or path[0] == "source":
        return ""
    root = path[0]
    if root != "references":
        near = root.lower()
        if near in {"source", "references"}:
            return f"reads .{root}, and there is none; did you mean .{near}?"
        return f"reads .{root}, and there are only .source and .references"
    if not has_references:
        return "reads .references, which are found later; only .source is there"
    if len(path) < 2 or path[1] in references:
        return ""
    return f"uses .references.{path[1]}, and no reference before it has that key"


class _Reader:
    """Walks trees, following the dot and variables as long as they are paths."""

    def __init__(self, trees: Mapping[str, nodes.NodeList]) -> None:
        self._trees = trees
        # Variables that are assigned somewhere may be anything afterwards.
        self._assigned = frozenset(name for tree in trees.values() for name in _assigned(tree))
        self._entered: set[tuple[str, Path | None]] = set()

    def tree(self, name: str, dot: Path | None) -> Iterator[Path]:
        """Yield what one tree reads; `$` is what its dot is at first."""
        tree = self._trees.get(name)
        if tree is None or (name, dot) in self._entered:
            return
        self._entered.add((name, dot))
        if len(self._entered) > _MAX_CALLS:
            # Of one that calls itself with ever more, all may be read.
            yield ()
        else:
            yield from self._node(tree, dot, {"$": dot})

    def _node(self, node: Any, dot: Path | None, known: dict[str, Path | None]) -> Iterator[Path]:
        match node:
            case nodes.With() | nodes.Range() | nodes.If():
                yield from self._block(node, dot, dict(known))
            case nodes.TemplateCall():
                yield from self._node(node.pipe, dot, known)
                yield from self.tree(node.name, self._path(node.pipe, dot, known))
            case nodes.Pipe():
                yield from self._node(node.commands, dot, known)
                value = self._path(node, dot, known)
                known |= {variable.idents[0]: value for variable in node.variables}
            case nodes.Field() | nodes.Variable() | nodes.Dot() | nodes.Chain() | nodes.Command():
                yield from self._operand(node, dot, known)
            case tuple():
                for item in node:
                    yield from self._node(item, dot, known)
            case Struct() if type(node).__module__ == nodes.__name__:
                for name in node.__struct_fields__:
                    yield from self._node(getattr(node, name), dot, known)

    def _block(
        self,
        node: nodes.With | nodes.Range | nodes.If,
        dot: Path | None,
        known: dict[str, Path | None],
    ) -> Iterator[Path]:
        outer = dict(known)
        yield from self._node(node.pipe, dot, known)
        inner = dot
        if isinstance(node, nodes.With):
            inner = self._path(node.pipe, dot, outer)
        elif isinstance(node, nodes.Range):
            inner = None
            known |= {variable.idents[0]: None for variable in node.pipe.variables}
        yield from self._node(node.body, inner, known)
        yield from self._node(node.orelse, dot, outer)

    def _operand(
        self, node: Any, dot: Path | None, known: dict[str, Path | None]
    ) -> Iterator[Path]:
        path = self._path(node, dot, known)
        if path is not None:
            yield path
        elif isinstance(node, nodes.Command):
            yield from self._node(node.args, dot, known)
        elif isinstance(node, nodes.Chain):
            yield from self._node(node.node, dot, known)

    def _path(self, node: Any, dot: Path | None, known: Mapping[str, Path | None]) -> Path | None:
        """Return the path that a value is, None where the tree does not tell."""
        match node:
            case nodes.Dot():
                return dot
            case nodes.Field(idents=idents):
                return None if dot is None else (*dot, *idents)
            case nodes.Variable(idents=(name, *fields)):
                start = known.get(name) if name not in self._assigned else None
                return None if start is None else (*start, *fields)
            case nodes.Pipe(commands=(command,)):
                return self._path(command, dot, known)
            case nodes.Command(args=(operand,)):
                return self._path(operand, dot, known)
            case nodes.Command(args=(nodes.Identifier(name="index" | "get"), of, *keys)) if keys:
                return _below(self._path(of, dot, known), keys)
            case nodes.Command(args=(nodes.Identifier(name="dig"), *keys, _, of)) if keys:
                return _below(self._path(of, dot, known), keys)
            case nodes.Chain(node=of, fields=fields):
                start = self._path(of, dot, known)
                return None if start is None else (*start, *fields)
        return None


def _assigned(node: Any) -> Iterator[str]:
    match node:
        case nodes.Pipe(is_assign=True, variables=variables):
            yield from (variable.idents[0] for variable in variables)
        case tuple():
            for item in node:
                yield from _assigned(item)
        case Struct() if type(node).__module__ == nodes.__name__:
            for name in node.__struct_fields__:
                yield from _assigned(getattr(node, name))


def _below(start: Path | None, keys: Sequence[Any]) -> Path | None:
    if start is None or not all(isinstance(key, nodes.StringNode) for key in keys):
        return None
    return (*start, *(key.text for key in keys))


class SourceInputs:
    """The part of a source that some templates read, compared and as a digest.

    One that takes it whole reads everything.

    Of a Secret it is the version alone: nothing that is made of its content leaves this process.
    """

    def __init__(self, programs: Iterable[Program], *, is_secret: bool) -> None:
        self._paths = _VERSION if is_secret else _source_paths(programs)

    def digest(self, source: Object) -> str:
        """Return what is equal as long as templates find the same in a source."""
        return _digest(self._encoded(source)).hex()

    def is_same(self, one: Object, other: Object) -> bool:
        """Whether templates find the same in two versions of a source."""
        if () in self._paths:
            # Its resourceVersion is read, too.
            return False
        return self._encoded(one) == self._encoded(other)

    def _encoded(self, source: Object) -> bytes:
        content = content_of(source)
        return _encoded(found_at(content, path) for path in self._paths)


def digest_of(values: Iterable[Any]) -> bytes:
    """Return a digest of values as JSON has them; equal for equal ones in every process."""
    return _digest(_encoded(values))


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()


def _encoded(values: Iterable[Any]) -> bytes:
    return msgspec.json.encode(list(values), order="deterministic")


def found_at(data: Any, path: Path) -> list[Any]:
    """Return how far a path leads, and to what: the whole of something that has no fields.

    To nothing where the next field is not there: templates tell that from a null, and a field that
    is not there from one of something that is not.
    """
    for followed, name in enumerate(path):
        if not isinstance(data, Mapping):
            # A method of it may be called.
            return [followed, data]
        if name not in data:
            return [followed]
        data = data[name]
    return [len(path), data]


def _source_paths(programs: Iterable[Program]) -> Sequence[Path]:
    found: set[Path] = set()
    for program in programs:
        for path in paths_read(program.template):
            if path[:1] in {(), ("source",)}:
                found.add(path[1:])
    return ((),) if () in found else tuple(sorted(found))
