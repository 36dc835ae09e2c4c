"""What a template reads, as far as its tree tells without running it."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from clusterimport.engine.evaluation import Program
from clusterimport.gotemplate import nodes
from clusterimport.model.fields import FieldProblem


def unknown_references(program: Program | None, keys: Sequence[str]) -> list[FieldProblem]:
    """Find `.references.<key>` whose key is not among these: it would print nothing, for ever."""
    if program is None:
        return []
    used: dict[str, None] = {}
    for name, tree in program.template.trees.items():
        is_main = name == program.template.name
        used |= dict.fromkeys(_reference_keys(tree, at_root=is_main, in_main=is_main))
    return [
        FieldProblem(
            program.field, f"uses .references.{key}, and no reference before it has that key"
        )
        for key in used
        if key not in keys
    ]


def _reference_keys(node: Any, *, at_root: bool, in_main: bool) -> Iterator[str]:
    """Yield the keys read; ``at_root``: the dot is the data, ``in_main``: `$` is the data."""
    match node:
        case nodes.Field(idents=("references", key, *_)) if at_root:
            yield key
        case nodes.Variable(idents=("$", "references", key, *_)) if in_main:
            yield key
        case nodes.With() | nodes.Range():
            yield from _reference_keys(node.pipe, at_root=at_root, in_main=in_main)
            yield from _reference_keys(node.body, at_root=False, in_main=in_main)
            yield from _reference_keys(node.orelse, at_root=at_root, in_main=in_main)
        case tuple():
            for item in node:
                yield from _reference_keys(item, at_root=at_root, in_main=in_main)
        case Struct() if type(node).__module__ == nodes.__name__:
            for name in node.__struct_fields__:
                value = getattr(node, name)
                yield from _reference_keys(value, at_root=at_root, in_main=in_main)
