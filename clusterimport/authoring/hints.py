"""What a template reads in vain: what is not there, and data that it looks for at the wrong dot.

The first is most often why it prints less than was meant. The second is no error: inside ``range``
and ``with`` the dot is the item, so that ``.source`` there is a field of the item, which prints
nothing as a rule; but an item may have a field of that name.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct

from clusterimport.authoring.outcomes import Step
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.usage import Path, paths_read
from clusterimport.gotemplate import nodes
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.template import Template

_SHOWN: Final = 3
_ROOTS: Final = frozenset(("source", "references"))


def absent_data(step: Step, programs: ProgramCache) -> str:
    """Return a sentence about what a step reads in vain, empty where that is nothing."""
    try:
        template = programs.compile(step.expression, step.field)
    except GoTemplateError:
        return ""
    absent = dict(_absent(paths_read(template), step.data))
    if not absent:
        return ""
    names = list(absent)[:_SHOWN]
    more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
    verb = "are" if len(absent) > 1 else "is"
    near = ", ".join(dict.fromkeys(filter(None, (absent[name] for name in names))))
    meant = f"; did you mean {near}?" if near else ""
    return f"it reads {', '.join(names)}{more}, which {verb} not there{meant}"


def _absent(paths: tuple[Path, ...], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each path as far as it leads, and what is there that has nearly the name."""
    for path in paths:
        value: Any = data
        for depth, name in enumerate(path):
            if not isinstance(value, Mapping):
                break
            if name not in value:
                near = difflib.get_close_matches(name, map(str, value), n=1)
                yield f".{'.'.join(path[: depth + 1])}", "".join(near)
                break
            value = value[name]


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
