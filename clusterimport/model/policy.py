"""ClusterImportPolicy as a record, and which of our own fields an object uses or has lost.

Parsing checks shapes only; whether templates compile and types make sense is the engine's to say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from clusterimport.limits.deletions import DELETIONS_AT_LEAST, DELETIONS_AT_MOST, DELETIONS_PERCENT
from clusterimport.model.fields import FieldErrors, FieldProblem, FieldReader
from clusterimport.model.gvr import GroupResource
from clusterimport.model.labelselector import LabelSelector, read_label_selector
from clusterimport.model.meta import Object, annotations_of, generation_of, name_of, uid_of
from clusterimport.model.names import EXTENSIONS_ANNOTATION

__all__ = [
    "DEFAULT_MAX_DELETIONS",
    "EXTENSION_FIELDS",
    "LIFECYCLE_EXTENSION_FIELDS",
    "OPTION_DEFAULTS",
    "CredentialFeature",
    "DeletionPolicy",
    "FieldErrors",
    "FieldProblem",
    "ImportOptions",
    "MaxDeletions",
    "Mode",
    "PolicyRecord",
    "ReferenceType",
    "SourceType",
    "UpdatePolicy",
    "extensions_annotation",
    "lost_extensions",
    "named_extensions",
    "parse_policy",
    "read_allowed_namespaces",
    "read_options",
    "used_extensions",
]


class Mode(StrEnum):
    """Whether a policy imports, or only computes and reports."""

    IMPORT = "Import"
    OBSERVE = "Observe"


class DeletionPolicy(StrEnum):
    """What becomes of a PediaCluster whose source is gone."""

    DELETE = "Delete"
    ORPHAN = "Orphan"


class UpdatePolicy(StrEnum):
    """What of an existing PediaCluster is kept equal to the template."""

    CREDENTIALS = "Credentials"
    ALL = "All"


class CredentialFeature(StrEnum):
    """What a credential may contain only where a policy or the installation allows it."""

    INSECURE_TLS = "InsecureTLS"
    PROXY_URL = "ProxyURL"
    EXEC_PLUGIN = "ExecPlugin"
    SERVICE_ACCOUNT_TOKEN = "ServiceAccountToken"  # noqa: S105 - the name of a Secret type


@dataclass(frozen=True, slots=True)
class SourceType:
    """The type of object that stands for a cluster; no versions means any, as served."""

    group: str
    resource: str
    versions: tuple[str, ...] = ()
    selector_template: str = ""
    label_selector: str = ""
    field_selector: str = ""

    @property
    def group_resource(self) -> GroupResource:
        """The type without version."""
        return GroupResource(self.group, self.resource)


@dataclass(frozen=True, slots=True)
class ReferenceType:
    """An object that a source leads to; ``allowed_namespaces`` None means no list is given."""

    key: str
    group: str
    resource: str
    versions: tuple[str, ...] = ()
    namespace_template: str = ""
    name_template: str = ""
    allowed_namespaces: tuple[str, ...] | None = None
    label_selector: LabelSelector | None = None
    """What the server selects by; without one the type is watched for names and versions alone."""

    @property
    def group_resource(self) -> GroupResource:
        """The type without version."""
        return GroupResource(self.group, self.resource)


class MaxDeletions(NamedTuple):
    """How many PediaClusters may go within ten minutes without a person: a number, or a share."""

    number: int
    is_percentage: bool = False
    at_least: int = 0
    """Of however few clusters."""

    def of(self, clusters: int) -> int:
        """Return it for so many clusters; a percentage is rounded down, as for Deployments."""
        found = clusters * self.number // 100 if self.is_percentage else self.number
        return min(max(self.at_least, found), DELETIONS_AT_MOST)

    def __str__(self) -> str:
        return f"{self.number}%" if self.is_percentage else str(self.number)


DEFAULT_MAX_DELETIONS: Final = MaxDeletions(
    DELETIONS_PERCENT, is_percentage=True, at_least=DELETIONS_AT_LEAST
)
"""What the absence of ``maxDeletions`` means."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Our own optional fields, with what their absence means."""

    mode: Mode = Mode.IMPORT
    deletion_policy: DeletionPolicy = DeletionPolicy.DELETE
    update_policy: UpdatePolicy = UpdatePolicy.CREDENTIALS
    allowed_credential_features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A ClusterImportPolicy's identity and spec."""

    name: str
    uid: str
    generation: int
    source: SourceType
    references: tuple[ReferenceType, ...]
    name_template: str
    template: str
    creation_condition: str
    options: ImportOptions = field(default_factory=ImportOptions)
    max_deletions: MaxDeletions = DEFAULT_MAX_DELETIONS

    def label_selector(self, key: str) -> LabelSelector | None:
        """Return what the reference of a key is selected by on the server."""
        return next((each.label_selector for each in self.references if each.key == key), None)


LIFECYCLE_EXTENSION_FIELDS: Final = (
    "allowedCredentialFeatures",
    "deletionPolicy",
    "mode",
    "references.allowedNamespaces",
    "updatePolicy",
)
"""Our fields below ``PediaClusterLifecycle.spec``, as paths through its schema."""

EXTENSION_FIELDS: Final = (
    *LIFECYCLE_EXTENSION_FIELDS,
    "maxDeletions",
    "references.labelSelector",
    "source.fieldSelector",
    "source.labelSelector",
)
"""Our fields below ``ClusterImportPolicy.spec``, as paths through its schema."""

OPTION_DEFAULTS: Final[Mapping[str, str]] = {
    "mode": Mode.IMPORT,
    "deletionPolicy": DeletionPolicy.DELETE,
    "updatePolicy": UpdatePolicy.CREDENTIALS,
}
"""What the absence of an option means; a policy that says so aloud uses no extension."""


def parse_policy(obj: Object) -> PolicyRecord:
    """Read a raw ClusterImportPolicy; raises FieldErrors with every problem of shape."""
    problems: list[FieldProblem] = []
    spec = FieldReader(obj.get("spec") or {}, "spec", problems)
    source = spec.child("source", required=True)
    record = PolicyRecord(
        name=name_of(obj),
        uid=uid_of(obj),
        generation=generation_of(obj),
        source=SourceType(
            group=source.text("group"),
            resource=source.text("resource", required=True),
            versions=source.texts("versions"),
            selector_template=source.text("selectorTemplate"),
            label_selector=source.text("labelSelector"),
            field_selector=source.text("fieldSelector"),
        ),
        references=tuple(_read_reference(item) for item in spec.children("references")),
        name_template=spec.text("nameTemplate", required=True),
        template=spec.text("template", required=True),
        creation_condition=spec.text("creationCondition", required=True),
        options=read_options(spec),
        max_deletions=_read_max_deletions(spec),
    )
    if problems:
        raise FieldErrors(problems)
    return record


def read_options(spec: FieldReader) -> ImportOptions:
    """Read our optional fields from the spec of a policy or a lifecycle."""
    features = spec.texts("allowedCredentialFeatures")
    known = [feature.value for feature in CredentialFeature]
    if not set(features) <= set(known):
        spec.problem("allowedCredentialFeatures", f"may hold only {', '.join(known)}")
    return ImportOptions(
        mode=_choice(spec, "mode", Mode.IMPORT),
        deletion_policy=_choice(spec, "deletionPolicy", DeletionPolicy.DELETE),
        update_policy=_choice(spec, "updatePolicy", UpdatePolicy.CREDENTIALS),
        allowed_credential_features=frozenset(features),
    )


def read_allowed_namespaces(reference: FieldReader) -> tuple[str, ...] | None:
    """Read ``allowedNamespaces``; an empty list is refused, since it could mean none or all."""
    if not reference.has("allowedNamespaces"):
        return None
    namespaces = reference.texts("allowedNamespaces")
    if not namespaces:
        reference.problem("allowedNamespaces", "must name at least one namespace, or be left out")
    return namespaces


def used_extensions(obj: Object) -> tuple[str, ...]:
    """Return the names of our own fields that a policy sets to other than their default."""
    return tuple(name for name in EXTENSION_FIELDS if any(map(_matters(name), _values(obj, name))))


def lost_extensions(obj: Object) -> tuple[str, ...]:
    """Return the fields that the ``extensions`` annotation names and the policy lacks.

    A field that says its default aloud is not lost: a person wrote it. Names that this version
    does not know count as lost, since a newer one relied on them.
    """
    return tuple(
        name
        for name in named_extensions(obj)
        if name not in EXTENSION_FIELDS or not _values(obj, name)
    )


def named_extensions(obj: Object) -> tuple[str, ...]:
    """Return the sorted names in the ``extensions`` annotation of a policy."""
    named = annotations_of(obj).get(EXTENSIONS_ANNOTATION, "").split(",")
    return tuple(sorted({name.strip() for name in named} - {""}))


def extensions_annotation(obj: Object) -> str:
    """Return what the ``extensions`` annotation has to say; empty means it should not be there."""
    return ",".join(used_extensions(obj))


_PERCENTAGE: Final = re.compile(r"(100|[0-9]{1,2})%", re.ASCII)
_Choice = TypeVar("_Choice", bound=StrEnum)


def _choice(spec: FieldReader, name: str, default: _Choice) -> _Choice:
    text = spec.text(name)
    if not text:
        return default
    kind = type(default)
    try:
        return kind(text)
    except ValueError:
        spec.problem(name, f"must be one of {', '.join(kind)}")
        return default


def _read_max_deletions(spec: FieldReader) -> MaxDeletions:
    value = spec.raw("maxDeletions")
    if value is None:
        return DEFAULT_MAX_DELETIONS
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= DELETIONS_AT_MOST:
        return MaxDeletions(value)
    if isinstance(value, str) and _PERCENTAGE.fullmatch(value):
        return MaxDeletions(int(value.removesuffix("%")), is_percentage=True)
    message = f"must be a number from 0 to {DELETIONS_AT_MOST}, or a percentage such as 10%"
    spec.problem("maxDeletions", message)
    return DEFAULT_MAX_DELETIONS


def _read_reference(reference: FieldReader) -> ReferenceType:
    return ReferenceType(
        key=reference.text("key", required=True),
        group=reference.text("group"),
        resource=reference.text("resource", required=True),
        versions=reference.texts("versions"),
        namespace_template=reference.text("namespaceTemplate"),
        name_template=reference.text("nameTemplate", required=True),
        allowed_namespaces=read_allowed_namespaces(reference),
        label_selector=read_label_selector(reference, "labelSelector"),
    )


def _values(obj: Object, name: str) -> list[Any]:
    """Return what stands at a schema path below spec, across the items of lists."""
    found: list[Any] = [obj.get("spec")]
    for part in name.split("."):
        found = [
            item.get(part)
            for value in found
            for item in (value if isinstance(value, list) else [value])
            if isinstance(item, Mapping)
        ]
    return [value for value in found if value is not None]


def _matters(name: str) -> Any:
    default = OPTION_DEFAULTS.get(name)
    # A number matters also where it is 0; an empty text or list says nothing.
    return lambda value: (bool(value) or value == 0) and value != default
