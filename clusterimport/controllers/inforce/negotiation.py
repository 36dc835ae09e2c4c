"""The types that a policy names, as the server has them, or all that stands in the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from clusterimport.controllers.inforce.types import TypeRegistry
from clusterimport.engine.references import scope_problems
from clusterimport.kube.discovery import DiscoveredResource, GroupVersion
from clusterimport.model.fields import FieldProblem
from clusterimport.model.gvr import GroupResource
from clusterimport.model.policy import PolicyRecord

FAILED_SOURCE = "FailedNegotiateSourceResource"
FAILED_REFERENCE = "FailedNegotiateReferenceResource"
_SOURCE: Final = "spec.source"
_GOES_ON: Final = ". Nothing is changed or deleted; it goes on by itself once the type is installed"


class _Wanted(NamedTuple):
    path: str
    group_resource: GroupResource
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Negotiation:
    """What came of the look at all types of a policy."""

    found: tuple[DiscoveredResource | None, ...]
    """The source's type, then those of the references."""
    missing: Sequence[FieldProblem]
    """Types that the server does not have."""
    misplaced: Sequence[FieldProblem]
    """Namespaces that do not fit the types."""
    unanswered: Mapping[GroupVersion, str]
    """Group versions whose server did not say what it has, of types that are not found."""

    @property
    def types(self) -> tuple[DiscoveredResource, ...] | None:
        """All types, None unless all are known."""
        types = tuple(each for each in self.found if each is not None)
        return types if len(types) == len(self.found) else None

    @property
    def problems(self) -> list[FieldProblem]:
        """What a person has to mend."""
        return [*self.misplaced, *self.missing]

    @property
    def reason(self) -> str:
        """The reason where nothing but types is missing."""
        is_source = any(problem.path == _SOURCE for problem in self.missing)
        return FAILED_SOURCE if is_source else FAILED_REFERENCE


def negotiate(record: PolicyRecord, types: TypeRegistry) -> Negotiation:
    """Look at the source and at every reference, whatever is found of the others."""
    found: list[DiscoveredResource | None] = []
    missing: list[FieldProblem] = []
    unanswered: dict[GroupVersion, str] = {}
    for wanted in _wanted(record):
        resource = types.negotiate(wanted.group_resource, wanted.versions)
        found.append(resource)
        if resource is not None:
            continue
        silent = types.unanswered(wanted.group_resource.group, wanted.versions)
        unanswered |= silent
        if not silent:
            why = types.explain_missing(wanted.group_resource, wanted.versions)
            missing.append(FieldProblem(wanted.path, f"{why}{_GOES_ON}"))
    source, *references = [each.namespaced if each is not None else None for each in found]
    misplaced = scope_problems(record, source=source, references=references)
    return Negotiation(tuple(found), missing, misplaced, unanswered)


def _wanted(record: PolicyRecord) -> Iterator[_Wanted]:
    source = record.source
    yield _Wanted(_SOURCE, source.group_resource, source.versions)
    for index, each in enumerate(record.references):
        yield _Wanted(f"spec.references[{index}]", each.group_resource, each.versions)
