"""A problem of a policy, its place and its rule; the names of rules are stable."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from clusterimport.authoring.positions import Place
from clusterimport.model.fields import Rule


class Severity(StrEnum):
    """How bad a problem is; only errors keep a policy from working."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class RuleInfo(NamedTuple):
    """What a rule is about, for the documentation and for SARIF."""

    severity: Severity
    summary: str


FILE: Final = "file"
API_VERSION: Final = "api-version"
UNKNOWN_FIELD: Final = "unknown-field"
RESOURCE_NAME: Final = "resource-name"
VERSION_NOT_SERVED: Final = "version-not-served"
SELECTOR_SYNTAX: Final = "selector-syntax"
UNKNOWN_REFERENCE: Final = "unknown-reference"
REFERENCE_ORDER: Final = "reference-order"
NO_CREDENTIALS: Final = "no-credentials"
INSECURE_TLS: Final = "insecure-tls"
UNUSED_REFERENCE: Final = "unused-reference"
NEVER_SELECTS: Final = "never-selects"
CONSTANT_NAME: Final = "constant-name"
AMBIGUOUS_NAME: Final = "ambiguous-name"
SHADOWED_DATA: Final = "shadowed-data"
EXTENSION_FIELD: Final = "extension-field"
EXTENSION_FUNCTION: Final = "extension-function"

_ERRORS: Final[Mapping[str, str]] = {
    FILE: "A file cannot be read, or holds something else than objects.",
    API_VERSION: "The policy has an apiVersion that no API server knows.",
    Rule.SCHEMA: "A field is missing, or has not the type that it should have.",
    UNKNOWN_FIELD: "A field does not exist; the API server would drop it.",
    Rule.DUPLICATE_KEY: "Two references have one key.",
    Rule.REFUSED_TYPE: "A type cannot be a source or a reference.",
    RESOURCE_NAME: "A resource is written as a kind or in the singular, or a group with a version.",
    VERSION_NOT_SERVED: "The CRD among the inputs serves none of the versions that are named.",
    Rule.SCOPE: "A reference names a namespace where its type has none, or the other way round.",
    Rule.NAMESPACE_NAME: "A literal namespace is no name of a namespace.",
    Rule.ALLOWED_NAMESPACES: "allowedNamespaces leaves out the literal namespace beside it.",
    SELECTOR_SYNTAX: "A label or field selector cannot be read.",
    Rule.TEMPLATE_SYNTAX: "A template cannot be parsed.",
    Rule.UNKNOWN_FUNCTION: "A template calls a function that does not exist.",
    Rule.REFUSED_FUNCTION: "A template calls a function of sprig that is refused here.",
    Rule.TEMPLATE_LIMIT: "A template is too large.",
    Rule.UNKNOWN_DATA: "A template reads what it can never see.",
    UNKNOWN_REFERENCE: "A template reads a reference that the policy does not have.",
    REFERENCE_ORDER: "A reference is read before it is found.",
    Rule.NEVER_TRUE: "The creation condition can never be true.",
    Rule.INVALID_DOCUMENT: "The literal text of the template can never be a PediaCluster.",
    NO_CREDENTIALS: "The template names no credentials at all.",
}
_WARNINGS: Final[Mapping[str, str]] = {
    INSECURE_TLS: "The template gives no CA, which has to be allowed.",
    UNUSED_REFERENCE: "A reference is found and never read; an import waits for it all the same.",
    NEVER_SELECTS: "The selector prints the same for every source, and that is not true.",
    CONSTANT_NAME: "The name does not depend on the source, so that only one has it.",
    SHADOWED_DATA: "Inside range or with, .source is read of the item, and not of the data.",
    AMBIGUOUS_NAME: "Sources of two namespaces may have one name.",
}
_NOTES: Final[Mapping[str, str]] = {
    EXTENSION_FIELD: "A field is not Clusterpedia's, whose controller would not know it.",
    EXTENSION_FUNCTION: "A function is not Clusterpedia's, whose controller would not know it.",
}

RULES: Final[Mapping[str, RuleInfo]] = {
    str(rule): RuleInfo(severity, summary)
    for severity, rules in (
        (Severity.ERROR, _ERRORS),
        (Severity.WARNING, _WARNINGS),
        (Severity.NOTE, _NOTES),
    )
    for rule, summary in rules.items()
}
"""Every rule by its name."""


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One problem of one policy."""

    rule: str
    message: str
    place: Place
    """``path`` in it is that of the field."""
    policy: str = ""
    excerpt: str = ""
    """The line of the template, with a caret."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return RULES[self.rule].severity

    def __str__(self) -> str:
        """Return it as compilers write it."""
        path = f"{self.place.path}: " if self.place.path else ""
        return f"{self.place}: {self.severity}: {path}{self.message} [{self.rule}]"
