"""PediaClusterLifecycle as a record, and what its status tells of the last look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from clusterimport.model import conditions
from clusterimport.model.fields import FieldErrors, FieldProblem, FieldReader
from clusterimport.model.gvr import GroupResource, GroupVersionResource
from clusterimport.model.meta import (
    Object,
    ObjectKey,
    OwnerReference,
    annotations_of,
    controller_of,
    generation_of,
    name_of,
    resource_version_of,
    uid_of,
)
from clusterimport.model.names import POLICY_GROUP, POLICY_KIND, SOURCE_TYPE_ANNOTATION
from clusterimport.model.policy import (
    ImportOptions,
    PolicyRecord,
    read_allowed_namespaces,
    read_options,
)

OBSERVED: Final = "Observed"
"""Condition of a lifecycle whose policy only observes; its spec may still say otherwise."""


SOURCE_TYPE_UID: Final = "sourceTypeUID"
"""Field of a lifecycle's status; not there as long as the lifecycle is younger than the CRD."""


RENDERED: Final = "rendered"
"""Field of a lifecycle's status: what its PediaCluster was rendered from last."""


class RenderedFrom(NamedTuple):
    """Digests of what a look found and left; equal as long as another would do nothing."""

    policy: str
    """Of the policy's texts and options, and of the program that rendered."""
    source: str
    """Of the source, as far as the templates read it."""
    objects: str
    """Of the versions of the references, and of the PediaCluster as it was left."""

    def to_dict(self) -> dict[str, str]:
        """Return the wire form."""
        return self._asdict()


class SourceReference(NamedTuple):
    """The one object that a lifecycle follows."""

    group: str
    version: str
    resource: str
    namespace: str
    name: str

    @property
    def gvr(self) -> GroupVersionResource:
        """Its type."""
        return GroupVersionResource(self.group, self.version, self.resource)

    @property
    def key(self) -> ObjectKey:
        """Its identity within the type."""
        return ObjectKey(self.namespace, self.name)

    def to_dict(self) -> dict[str, str]:
        """Return the wire form; a cluster-scoped source has no namespace."""
        body = {
            "group": self.group,
            "version": self.version,
            "resource": self.resource,
            "namespace": self.namespace,
            "name": self.name,
        }
        if not self.namespace:
            del body["namespace"]
        return body

    def is_same_object(self, other: "SourceReference") -> bool:
        """Whether both name one object, whatever the version it is read in."""
        return self._replace(version="") == other._replace(version="")

    def __str__(self) -> str:
        """Return ``resource.group/namespace/name``, as ``status.source`` shows it."""
        return f"{GroupResource(self.group, self.resource)}/{self.key}"


def read_source(text: str) -> SourceReference | None:
    """Read what ``str`` made of a source, without a version; None for anything else.

    No part of it holds a slash, and no resource a dot.
    """
    type_, *key = text.split("/")
    resource, _, group = type_.partition(".")
    if len(key) not in {1, 2} or not (resource and key[-1]):
        return None
    return SourceReference(group, "", resource, key[0] if key[1:] else "", key[-1])


def told_source(obj: Object) -> SourceReference | None:
    """Return the source that the status of a lifecycle tells of.

    The right to patch lifecycles does not reach the status: only a controller can have said it.
    """
    return read_source(str((obj.get("status") or {}).get("source") or ""))


def told_rendered(obj: Object) -> RenderedFrom | None:
    """Return what the status of a lifecycle says of the last rendering; None where it says none."""
    told = (obj.get("status") or {}).get(RENDERED) or {}
    rendered = RenderedFrom(*(str(told.get(name) or "") for name in RenderedFrom._fields))
    return rendered if all(rendered) else None


def told_references(obj: Object) -> list[tuple[GroupResource, ObjectKey]]:
    """Return what the last look at a lifecycle found that it refers to, by its status."""
    return [
        (
            GroupResource(str(told.get("group") or ""), str(told.get("resource") or "")),
            ObjectKey(str(told.get("namespace") or ""), str(told.get("name") or "")),
        )
        for told in (obj.get("status") or {}).get("references") or ()
    ]


def seen_type(obj: Object, *, keeps_status: bool) -> str:
    """Return the uid of the CRD under which the source of a lifecycle was seen alive last.

    ``keeps_status``: whether its CRD has the field for it; only else the annotation counts, which
    whoever may patch lifecycles can write.
    """
    if keeps_status:
        return str((obj.get("status") or {}).get(SOURCE_TYPE_UID) or "")
    return annotations_of(obj).get(SOURCE_TYPE_ANNOTATION, "")


def stored_source(obj: Object) -> SourceReference | None:
    """Return the source that the spec of a lifecycle names, whoever wrote it there."""
    raw = (obj.get("spec") or {}).get("source") or {}
    if not (raw.get("resource") and raw.get("name")):
        return None
    return SourceReference(
        str(raw.get("group") or ""),
        str(raw.get("version") or ""),
        str(raw.get("resource") or ""),
        str(raw.get("namespace") or ""),
        str(raw.get("name") or ""),
    )


@dataclass(frozen=True, slots=True)
class LifecycleReference:
    """A reference with the version that was negotiated for it."""

    key: str
    group: str
    version: str
    resource: str
    namespace_template: str = ""
    name_template: str = ""
    allowed_namespaces: tuple[str, ...] | None = None

    @property
    def gvr(self) -> GroupVersionResource:
        """Its type."""
        return GroupVersionResource(self.group, self.version, self.resource)


@dataclass(frozen=True, slots=True)
class LifecycleRecord:
    """A PediaClusterLifecycle's identity, and what its policy, or its spec, says of it.

    Without ``policy`` it is nobody's.
    """

    name: str
    uid: str
    generation: int
    resource_version: str
    policy: OwnerReference | None
    source: SourceReference
    references: tuple[LifecycleReference, ...]
    template: str
    creation_condition: str
    options: ImportOptions = field(default_factory=ImportOptions)


def lifecycle_under(
    policy: PolicyRecord,
    obj: Object,
    source: SourceReference,
    reference_versions: Mapping[str, str],
) -> LifecycleRecord:
    """Return what a policy says of a lifecycle; nothing of the lifecycle's own spec is in it.

    ``reference_versions`` maps reference keys to negotiated versions; KeyError for a missing one.
    """
    return LifecycleRecord(
        name=name_of(obj),
        uid=uid_of(obj),
        generation=generation_of(obj),
        resource_version=resource_version_of(obj),
        policy=policy_of(obj),
        source=source,
        references=tuple(
            LifecycleReference(
                key=reference.key,
                group=reference.group,
                version=reference_versions[reference.key],
                resource=reference.resource,
                namespace_template=reference.namespace_template,
                name_template=reference.name_template,
                allowed_namespaces=reference.allowed_namespaces,
            )
            for reference in policy.references
        ),
        template=policy.template,
        creation_condition=policy.creation_condition,
        options=policy.options,
    )


def parse_lifecycle(obj: Object) -> LifecycleRecord:
    """Read what a PediaClusterLifecycle says of itself: a record, and no order to follow.

    Raises FieldErrors with every problem of shape.
    """
    problems: list[FieldProblem] = []
    spec = FieldReader(obj.get("spec") or {}, "spec", problems)
    source = spec.child("source", required=True)
    record = LifecycleRecord(
        name=name_of(obj),
        uid=uid_of(obj),
        generation=generation_of(obj),
        resource_version=resource_version_of(obj),
        policy=policy_of(obj),
        source=SourceReference(
            group=source.text("group"),
            version=source.text("version", required=True),
            resource=source.text("resource", required=True),
            namespace=source.text("namespace"),
            name=source.text("name", required=True),
        ),
        references=tuple(_read_reference(item) for item in spec.children("references")),
        template=spec.text("template"),
        creation_condition=spec.text("creationCondition"),
        options=read_options(spec),
    )
    if problems:
        raise FieldErrors(problems)
    return record


def policy_of(obj: Object) -> OwnerReference | None:
    """Return the controller owner of a lifecycle if it is a ClusterImportPolicy."""
    owner = controller_of(obj)
    if owner is None or owner.kind != POLICY_KIND:
        return None
    return owner if owner.api_version.partition("/")[0] == POLICY_GROUP else None


def is_observed(obj: Object) -> bool:
    """Whether the policy of a lifecycle only observed it when it was looked at last."""
    return conditions.is_true((obj.get("status") or {}).get("conditions") or [], OBSERVED)


def _read_reference(reference: FieldReader) -> LifecycleReference:
    return LifecycleReference(
        key=reference.text("key", required=True),
        group=reference.text("group"),
        version=reference.text("version", required=True),
        resource=reference.text("resource", required=True),
        namespace_template=reference.text("namespaceTemplate"),
        name_template=reference.text("nameTemplate", required=True),
        allowed_namespaces=read_allowed_namespaces(reference),
    )
