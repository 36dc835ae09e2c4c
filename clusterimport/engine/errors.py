"""What evaluation can end with, each with the condition reason it becomes.

    EvaluationError
      InvalidPolicy          templates or types that can never work; holds all problems
      ProgramError           a template failed on this data, or printed what is of no use
      ReferenceDenied        a reference that this source may not have
      DocumentError          the rendered text is no PediaCluster
      InvalidConnection      nobody may, or can, connect with what a cluster has
        CredentialRejected     it contains what is not allowed
        IncompleteCredentials  it cannot be used (yet)

Messages quote names, paths and places of a template, never what a template printed.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from clusterimport.errors import ClusterImportError
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.limits.counted import Limit
from clusterimport.model.fields import FieldProblem

INVALID_POLICY: Final = "InvalidPolicy"
FAILED_PARSE_SOURCE_SELECTOR: Final = "FailedParseSourceSelector"
FAILED_PARSE_LIFECYCLE_NAME: Final = "FailedParseLifecycleName"
FAILED_REFERENCE_RESOURCE_PARSE: Final = "FailedReferenceResourceParse"
FAILED_RESOLVE_AND_DECODE: Final = "FailedResolveAndDecodePediaCluster"
WAIT_CREATION_CONDITION: Final = "WaitCreationCondition"
CREDENTIAL_REJECTED: Final = "CredentialRejected"
INCOMPLETE_CREDENTIALS: Final = "IncompleteCredentials"


class EvaluationError(ClusterImportError):
    """Evaluation failed; ``reason`` is Clusterpedia's (or ours), ``message`` is safe to show.

    ``limit`` is the bound that was reached, if it was for one that is not counted yet;
    ``plain_message`` is for policies that can have no field of ours, as on Clusterpedia's CRDs.
    """

    def __init__(
        self, reason: str, message: str, *, limit: Limit | None = None, plain_message: str = ""
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.limit = limit
        self.plain_message = plain_message or message

    def told(self, *, has_extensions: bool) -> str:
        """Return the message whose advice can be followed."""
        return self.message if has_extensions else self.plain_message


class InvalidPolicy(EvaluationError):  # noqa: N818 - named as the condition reason it becomes
    """The policy or lifecycle cannot work for any source; holds every problem found."""

    def __init__(
        self,
        problems: Sequence[FieldProblem],
        *,
        reason: str = INVALID_POLICY,
        causes: Mapping[str, GoTemplateError] | None = None,
    ) -> None:
        super().__init__(reason, "; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.causes = causes or {}
        """The errors of templates that cannot be compiled, by the field they stand in."""


class ProgramError(EvaluationError):
    """The template of ``field`` failed on this data, or printed what is of no use.

    ``cause`` is what the interpreter said, None where it is the output that is at fault; its own
    text may quote data, for which reason it is not in the message.
    """

    def __init__(
        self, reason: str, message: str, *, field: str, cause: GoTemplateError | None = None
    ) -> None:
        super().__init__(reason, message)
        self.field = field
        self.cause = cause


class ReferenceDenied(EvaluationError):  # noqa: N818 - a decision, not a fault
    """The rules of references forbid this one; nothing was read."""

    def __init__(self, message: str, *, plain_message: str = "") -> None:
        super().__init__(FAILED_REFERENCE_RESOURCE_PARSE, message, plain_message=plain_message)


class DocumentError(EvaluationError):
    """The rendered document is refused; ``line`` and ``column`` are the template's, from 1.

    ``line`` is 0 where no place can be named; ``problem`` is the message without the place.
    """

    def __init__(
        self, problem: str, *, line: int = 0, column: int = 0, limit: Limit | None = None
    ) -> None:
        place = f"spec.template, line {line}, column {column}: " if line else "spec.template: "
        super().__init__(FAILED_RESOLVE_AND_DECODE, place + problem, limit=limit)
        self.problem = problem
        self.line = line
        self.column = column


class InvalidConnection(EvaluationError):  # noqa: N818 - its subclasses are reasons
    """A cluster's address and credentials make no connection; ``message`` tells the way out.

    ``field`` is the path of the one field at fault, empty where it is no single one; ``features``
    are the `CredentialFeature` values that would allow it, none where nothing would.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        field: str = "",
        features: Sequence[str] = (),
        limit: Limit | None = None,
        plain_message: str = "",
    ) -> None:
        super().__init__(reason, message, limit=limit, plain_message=plain_message)
        self.field = field
        self.features = tuple(features)


class CredentialRejected(InvalidConnection):
    """A connection contains what is not allowed.

    ``features`` are the switches that would allow it, if there are: the message then says how they
    are set, all of them at once, so that nobody has to come back for the next.
    """

    def __init__(self, field: str, problem: str, *, features: Sequence[str] = ()) -> None:
        message = plain = f"{field}: {problem}"
        if features:
            everywhere = f"--allowed-credential-features={','.join(features)}"
            listed = f"allowedCredentialFeatures: [{', '.join(features)}]"
            it = "them" if len(features) > 1 else "it"
            plain = f"{message}, or allow {it} everywhere by {everywhere}"
            message += f", or allow {it} in the policy by {listed}, or everywhere by {everywhere}"
        super().__init__(
            CREDENTIAL_REJECTED, message, field=field, features=features, plain_message=plain
        )


class IncompleteCredentials(InvalidConnection):
    """What there is cannot connect; often a Secret that is half way through a rotation."""

    def __init__(self, message: str, *, field: str = "", limit: Limit | None = None) -> None:
        super().__init__(INCOMPLETE_CREDENTIALS, message, field=field, limit=limit)
