"""What came of one policy and one source."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from clusterimport.authoring.documents import Document
from clusterimport.authoring.positions import Place
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.references import ReferenceTarget
from clusterimport.model.lifecycle import LifecycleRecord, SourceReference


class Outcome(StrEnum):
    """How an evaluation ends."""

    IMPORT = "Import"
    WAITING = "Waiting"
    NOT_SELECTED = "NotSelected"
    REFERENCE_NOT_FOUND = "ReferenceNotFound"
    SELECTOR_ERROR = "SelectorError"
    NAME_ERROR = "NameError"
    REFERENCE_ERROR = "ReferenceError"
    CONDITION_ERROR = "ConditionError"
    TEMPLATE_ERROR = "TemplateError"
    INVALID_PEDIACLUSTER = "InvalidPediaCluster"
    INCOMPLETE_CREDENTIALS = "IncompleteCredentials"
    CREDENTIAL_REJECTED = "CredentialRejected"
    NAME_CONFLICT = "NameConflict"

    @property
    def is_error(self) -> bool:
        """Whether a person has to mend something; waiting for the world is none."""
        return self not in _FINE

    @property
    def meaning(self) -> str:
        """What it says, for the documentation."""
        return _MEANINGS[self]


_FINE = frozenset(
    (Outcome.IMPORT, Outcome.WAITING, Outcome.NOT_SELECTED, Outcome.REFERENCE_NOT_FOUND)
)

_MEANINGS: Final = {
    Outcome.IMPORT: "a PediaCluster is made, or kept as it should be",
    Outcome.WAITING: (
        "`creationCondition` does not print `true`, or the PediaCluster of the name is still being "
        "deleted"
    ),
    Outcome.NOT_SELECTED: "a selector does not take the source",
    Outcome.REFERENCE_NOT_FOUND: "a reference is not there",
    Outcome.SELECTOR_ERROR: "a selector fails, or the source is too large to be read",
    Outcome.NAME_ERROR: "`nameTemplate` fails, or prints no name of an object",
    Outcome.REFERENCE_ERROR: (
        "the name or namespace of a reference fails, may not be read, or leads to what is too large"
    ),
    Outcome.CONDITION_ERROR: "`creationCondition` fails",
    Outcome.TEMPLATE_ERROR: "`template` fails",
    Outcome.INVALID_PEDIACLUSTER: "what `template` prints is no PediaCluster",
    Outcome.INCOMPLETE_CREDENTIALS: "what is rendered could not connect",
    Outcome.CREDENTIAL_REJECTED: "a credential has a property that is refused",
    Outcome.NAME_CONFLICT: "another source, policy or person has the name",
}


class StepKind(StrEnum):
    """The steps of an evaluation, in their order."""

    SELECTOR = "selector"
    NAME = "name"
    CLAIM = "claim"
    REFERENCE = "reference"
    CONDITION = "condition"
    TEMPLATE = "template"

    @property
    def error(self) -> Outcome:
        """What an error of the step is called."""
        return _ERRORS[self]


_ERRORS: Final = {
    StepKind.SELECTOR: Outcome.SELECTOR_ERROR,
    StepKind.NAME: Outcome.NAME_ERROR,
    StepKind.CLAIM: Outcome.NAME_CONFLICT,
    StepKind.REFERENCE: Outcome.REFERENCE_ERROR,
    StepKind.CONDITION: Outcome.CONDITION_ERROR,
    StepKind.TEMPLATE: Outcome.TEMPLATE_ERROR,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what was asked, what was seen, what came of it. Holds credentials: never log it."""

    kind: StepKind
    passed: bool
    """Whether the import could go on."""
    field: str
    """The path of the field that decided, such as ``spec.creationCondition``."""
    expression: str
    """Its text; empty where it has none."""
    result: str
    """What it printed or found, or why it failed."""
    data: Mapping[str, Any]
    """What the expression could read."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One policy and one source whose type it selects from. Holds credentials; never log one."""

    policy: str
    source: SourceReference
    outcome: Outcome
    name: str = ""
    """Of the PediaCluster; empty where it has none (yet)."""
    message: str = ""
    """For a person; may quote data."""
    excerpt: str = ""
    """The line of a template at fault, with a caret under the place; empty where there is none."""
    pedia_cluster: Mapping[str, Any] | None = None
    """The object that would be created, where the outcome is Import."""
    place: Place | None = None
    """Where in the policy's file it was decided; None where nothing failed."""
    reason: str = ""
    """The reason that the controller gives in a condition; empty where it gives none."""
    rendered: RenderedCluster | None = None
    """What the template made of it; goes with ``pedia_cluster``."""
    lifecycle: LifecycleRecord | None = None
    """What the controller would keep of it, from the step of the name on."""
    observed: Document | None = None
    """The PediaCluster that stands under the name today, if what stands was given."""
    after: Mapping[str, Any] | None = None
    """What will stand under the name, where the outcome is Import."""
    patch: Mapping[str, Any] | None = None
    """The merge patch between the two; None where nothing stands, or it is as it should be."""
    missing: ReferenceTarget | None = None
    """The reference that is not among the inputs."""
    steps: tuple[Step, ...] = ()

    def __repr__(self) -> str:
        return f"Evaluated({self.policy}, {self.source}, {self.outcome}, {self.name})"

    @property
    def text(self) -> str:
        """Message and excerpt."""
        return f"{self.message}\n{self.excerpt}" if self.excerpt else self.message
