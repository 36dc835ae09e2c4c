"""Why a source is or is not imported: every step, what decided it, and the values that it read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import Evaluated, Step
from clusterimport.authoring.positions import Place
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.usage import Path, paths_read
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.model.meta import Object, name_of

__all__ = ["ExplainedImport", "StepExplained", "ValueRead", "explained"]

_SELECTORS: Final = frozenset(("spec.source.labelSelector", "spec.source.fieldSelector"))
"""Fields that hold no template."""
_SECRET_FIELDS: Final = ("data", "stringData")


class ValueRead(NamedTuple):
    """A value that an expression may have read. Holds credentials; never log one."""

    path: str
    """As in a template: ``.source.status.phase``."""
    value: Any
    is_there: bool
    is_secret: bool
    """Whether it stands in the data of a Secret."""


class StepExplained(NamedTuple):
    """One step, where its expression stands, and what it read."""

    step: Step
    place: Place | None
    """None where the policy was not read from a file."""
    readings: Sequence[ValueRead]


class ExplainedImport(NamedTuple):
    """One policy and one source."""

    evaluated: Evaluated
    steps: Sequence[StepExplained]
    lifecycle: Object | None
    """The one that stands under the name today, if what stands is known."""
    pediacluster: Object | None
    """The same."""


def explained(evaluated: Evaluated, inputs: Inputs) -> ExplainedImport:
    """Explain what came of a policy and a source."""
    name = evaluated.name
    lifecycle, pediacluster = inputs.lifecycle(name), inputs.pediacluster(name)
    return ExplainedImport(
        evaluated,
        [_step(step, evaluated, inputs) for step in evaluated.steps],
        lifecycle.obj if lifecycle else None,
        pediacluster.obj if pediacluster else None,
    )


def _step(step: Step, evaluated: Evaluated, inputs: Inputs) -> StepExplained:
    policy = next(each for each in inputs.policies if name_of(each.obj) == evaluated.policy)
    place = policy.place(step.field) if policy.file else None
    return StepExplained(step, place, list(_readings(step)))


def _readings(step: Step) -> Iterator[ValueRead]:
    if step.field in _SELECTORS:
        part = "labels" if "label" in step.field else "name"
        yield _reading(step.data, ("source", "metadata", part))
        return
    if not step.expression:
        return
    try:
        template = ProgramCache().compile(step.expression, step.field)
    except GoTemplateError:
        return
    for path in dict.fromkeys(paths_read(template)):
        if len(path) > 1 and not _is_inside_another(path, paths_read(template)):
            yield _reading(step.data, path)


def _is_inside_another(path: Path, others: Sequence[Path]) -> bool:
    """Whether a path only leads to a longer one that is read, too: a guard around it."""
    return any(len(other) > len(path) and other[: len(path)] == path for other in others)


def _reading(data: Mapping[str, Any], path: Path) -> ValueRead:
    value: Any = data
    is_secret = False
    for index, name in enumerate(path):
        if isinstance(value, Mapping):
            if value.get("kind") == "Secret" and name in _SECRET_FIELDS:
                is_secret = True
            if name in value:
                value = value[name]
                continue
        shown = "." + ".".join(path)
        return ValueRead(shown, None, False, is_secret and index < len(path))
    return ValueRead("." + ".".join(path), value, True, is_secret)
