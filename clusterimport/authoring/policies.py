"""A policy of a file, compiled; or all that keeps it from working."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import InvalidInput, NothingFound
from clusterimport.authoring.inputs import Inputs
from clusterimport.authoring.outcomes import StepKind
from clusterimport.authoring.telling import Failure, failure_of_problems
from clusterimport.engine.errors import InvalidPolicy
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.policy import CompiledPolicy, compile_policy
from clusterimport.engine.references import scope_problems
from clusterimport.model.meta import name_of
from clusterimport.model.names import POLICY_KIND
from clusterimport.model.policy import (
    FieldErrors,
    FieldProblem,
    PolicyRecord,
    ReferenceType,
    parse_policy,
)

_STEPS: Final = (
    ("spec.source", StepKind.SELECTOR),
    ("spec.nameTemplate", StepKind.NAME),
    ("spec.references", StepKind.REFERENCE),
    ("spec.creationCondition", StepKind.CONDITION),
)
"""Which step cannot be made because of a field; else it is the template's."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that has the shape of its kind."""

    document: Document
    record: PolicyRecord
    compiled: CompiledPolicy | None
    invalid: "InvalidFailure | None"
    """Why it can work for no source; None for one that is compiled."""
    reference_versions: Mapping[str, str]
    """The version in which each reference would be read, as far as the inputs tell."""


class InvalidFailure(Failure):
    """All problems of a policy, and the step that the first of them concerns."""

    __slots__ = ()

    @property
    def kind(self) -> StepKind:
        """The step that cannot be made."""
        found = (kind for path, kind in _STEPS if self.field.startswith(path))
        return next(found, StepKind.TEMPLATE)


def chosen(inputs: Inputs, only: Collection[str] = ()) -> list[Document]:
    """Return the policies of some names, with none all; raises NothingFound."""
    names = [name_of(document.obj) for document in inputs.policies]
    if not names:
        kinds = ", ".join(inputs.kinds_given) or "nothing"
        raise NothingFound(f"there is no {POLICY_KIND} among what was given, but {kinds}")
    unknown = [name for name in only if name not in names]
    if unknown:
        raise NothingFound(
            f"there is no policy {', '.join(unknown)} among what was given, but {', '.join(names)}"
        )
    return [each for each in inputs.policies if not only or name_of(each.obj) in only]


def read_policy(document: Document, inputs: Inputs, programs: ProgramCache | None = None) -> Policy:
    """Parse and compile a policy; raises InvalidInput if it has not the shape of its kind."""
    record = read_record(document)
    compiled, error = None, None
    try:
        # An empty cache is false to Python.
        compiled = compile_policy(record, ProgramCache() if programs is None else programs)
    except InvalidPolicy as problems:
        error = problems
    misplaced = _misplaced(record, inputs)
    if error is None and misplaced:
        compiled, error = None, InvalidPolicy(misplaced)
    invalid = None if error is None else failure_of_problems(error, document, InvalidFailure)
    versions = {each.key: _version(each, inputs) for each in record.references}
    return Policy(document, record, compiled, invalid, versions)


def read_record(document: Document) -> PolicyRecord:
    """Parse a policy; raises InvalidInput if it has not the shape of its kind."""
    try:
        return parse_policy(document.obj)
    except FieldErrors as errors:
        told = f"ClusterImportPolicy {name_of(document.obj)}: {errors}"
        raise InvalidInput(told, place=document.place(errors.problems[0].path)) from None


def _misplaced(record: PolicyRecord, inputs: Inputs) -> list[FieldProblem]:
    """Find namespaces that do not fit the types, as far as their scope is known."""
    types = (record.source.group_resource, *(each.group_resource for each in record.references))
    source, *references = [inputs.kinds.is_namespaced(*each) for each in types]
    return scope_problems(record, source=source, references=references)


def _version(reference: ReferenceType, inputs: Inputs) -> str:
    served = inputs.kinds.served(reference.group, reference.resource)
    if reference.versions:
        # The controller's choice: the server's first preference among those that are allowed.
        found = (each for each in served if each in reference.versions)
        return next(found, reference.versions[0])
    for document in inputs.of_type(reference.group_resource).values():
        return inputs.kinds.of(document.obj).gvr.version
    return next(iter(served), "v1")
