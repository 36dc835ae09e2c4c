"""What a template reads and its data have not: most often why it prints less than was meant."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from clusterimport.authoring.outcomes import Step
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.usage import Path, paths_read
from clusterimport.gotemplate.errors import GoTemplateError

_SHOWN: Final = 3


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
