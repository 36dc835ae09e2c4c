"""Data that a template looks for at the wrong dot.

Inside ``range`` and ``with`` the dot is the item, so that ``.source`` there is a field of the item,
which prints nothing as a rule. It is no error: an item may have a field of that name.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from msgspec import Struct

from clusterimport.gotemplate import nodes
from clusterimport.gotemplate.template import Template

_ROOTS: Final = frozenset(("source", "references"))


class Shadowed(NamedTuple):
    """A field of an item that is meant as data of the template, and what changed the dot."""

    pos: int
    """Character of the template's text."""
    text: str
    block: str


def shadowed_data(template: Template) -> Iterator[Shadowed]:
    """Yield fields called as the data are where the dot is something else."""
    for tree in template.trees.values():
        for each in _below(tree, ""):
            # Go's place of a chain of fields is that of its second name.
            root = "." + each.text.split(".")[1]
            start = template.text.rfind(root, 0, each.pos + len(root))
            yield each._replace(pos=start)


def _below(node: Any, block: str) -> Iterator[Shadowed]:
    match node:
        case nodes.Range() | nodes.With():
            yield from _below(node.pipe, block)
            yield from _below(node.body, "range" if isinstance(node, nodes.Range) else "with")
            yield from _below(node.orelse, block)
        case nodes.Field(idents=(root, *_)) if block and root in _ROOTS:
            yield Shadowed(node.pos, str(node), block)
        case tuple():
            for item in node:
                yield from _below(item, block)
        case Struct() if type(node).__module__ == nodes.__name__:
            for name in node.__struct_fields__:
                yield from _below(getattr(node, name), block)
