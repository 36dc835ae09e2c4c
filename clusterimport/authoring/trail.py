"""The steps of an evaluation as they are taken, and how it ends where one cannot be taken."""

from collections.abc import Mapping
from typing import Any

from clusterimport.authoring.documents import Document
from clusterimport.authoring.outcomes import Outcome, Step, StepKind
from clusterimport.authoring.telling import Failure, failure_of
from clusterimport.engine.errors import (
    CredentialRejected,
    DocumentError,
    EvaluationError,
    IncompleteCredentials,
)
from clusterimport.model.meta import Object


class Trail:
    """What one policy did with one source so far."""

    def __init__(self, source: Object, policy: Document) -> None:
        self._source = source
        self._document = policy
        self.steps: list[Step] = []

    def add(
        self,
        kind: StepKind,
        field: str,
        text: str,
        result: str,
        *,
        passed: bool,
        found: Mapping[str, Object] | None = None,
    ) -> None:
        """Record a step; ``found`` are the references that it could read."""
        data: dict[str, Any] = {"source": self._source}
        if kind not in {StepKind.SELECTOR, StepKind.NAME, StepKind.CLAIM}:
            data["references"] = dict(found or {})
        self.steps.append(Step(kind, passed, field, text, result, data))

    def failure(self, field: str, message: str, *, reason: str = "") -> Failure:
        """Return a failure at its place in the policy."""
        return Failure(field, message, reason, place=self._document.place(field))

    def stopped(
        self,
        kind: StepKind,
        field: str,
        message: str,
        *,
        reason: str = "",
        found: Mapping[str, Object] | None = None,
    ) -> "Ended":
        """Record a step that cannot be taken for what was given; raise what is returned."""
        self.add(kind, field, "", message, passed=False, found=found)
        return Ended(kind.error, self.failure(field, message, reason=reason))

    def failed(
        self,
        kind: StepKind,
        field: str,
        text: str,
        error: EvaluationError,
        found: Mapping[str, Object] | None = None,
    ) -> "Ended":
        """Record a step at which a template failed; raise what is returned."""
        failure = failure_of(error, field, self._document)
        self.add(kind, failure.field, text, failure.text, passed=False, found=found)
        match error:
            case CredentialRejected():
                outcome = Outcome.CREDENTIAL_REJECTED
            case IncompleteCredentials():
                outcome = Outcome.INCOMPLETE_CREDENTIALS
            case DocumentError():
                outcome = Outcome.INVALID_PEDIACLUSTER
            case _:
                outcome = kind.error
        return Ended(outcome, failure)


class Ended(Exception):  # noqa: N818 - not an error: an evaluation goes no further
    """The evaluation of one source is at its end."""

    def __init__(self, outcome: Outcome, failure: Failure) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.failure = failure
