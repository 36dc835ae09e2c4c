"""Whose things are: which source a lifecycle is for, and whether a PediaCluster is its to write."""

from collections.abc import Iterator
from enum import Enum

from clusterimport.model.lifecycle import (
    LifecycleRecord,
    SourceReference,
    read_source,
    stored_source,
    told_source,
)
from clusterimport.model.meta import (
    Object,
    OwnerReference,
    annotations_of,
    name_of,
    owner_references_of,
    uid_of,
)
from clusterimport.model.names import (
    ADOPT_ANNOTATION,
    LIFECYCLE_ANNOTATION,
    LIFECYCLE_KIND,
    POLICY_GROUP,
    SOURCE_ANNOTATION,
)


class Ownership(Enum):
    """What may be done with the PediaCluster that is there, or not."""

    ABSENT = "absent"
    """There is none: create it."""
    OURS = "ours"
    """It carries our mark: keep it equal."""
    RENEW = "renew"
    """It carries the mark of a lifecycle of our name that was re-created: renew the mark."""
    ADOPT = "adopt"
    """It has no mark, but a person or our own status says that it is ours: add the mark."""
    CONFLICT = "conflict"
    """It is somebody else's, or nobody's: never write it."""


def ownership(
    pediacluster: Object | None, lifecycle: LifecycleRecord, *, created_before: bool
) -> Ownership:
    """Decide by marks, never by content.

    ``created_before``: the lifecycle's status said ``Created=True`` before this reconcile, which
    nobody but a controller can write; so an unmarked PediaCluster is the one it created.
    The mark of another lifecycle outranks every claim of ours.
    """
    if pediacluster is None:
        return Ownership.ABSENT
    if name_of(pediacluster) != lifecycle.name or _belongs_to_another(pediacluster, lifecycle):
        return Ownership.CONFLICT
    marks = [owner for owner in lifecycle_owners(pediacluster) if owner.name == lifecycle.name]
    annotated = annotations_of(pediacluster).get(LIFECYCLE_ANNOTATION) == lifecycle.name
    if annotated or any(owner.uid == lifecycle.uid for owner in marks):
        return Ownership.OURS
    if marks:
        return Ownership.RENEW
    if created_before or _is_offered(pediacluster, lifecycle):
        return Ownership.ADOPT
    return Ownership.CONFLICT


def witnessed_source(lifecycle: Object, pediacluster: Object | None) -> SourceReference | None:
    """Return the source that a lifecycle is for, if more than its spec says so; without a version.

    Whoever may patch lifecycles can write any source into the spec. He can not write the status,
    nor the mark on the PediaCluster that this very lifecycle owns. (An ``Orphan`` PediaCluster
    names its lifecycle by name, and so tells nothing of one that was made again.)
    """
    told = told_source(lifecycle)
    if told is not None or pediacluster is None:
        return told
    if all(owner.uid != uid_of(lifecycle) for owner in lifecycle_owners(pediacluster)):
        return None
    return read_source(annotations_of(pediacluster).get(SOURCE_ANNOTATION, ""))


def source_of(lifecycle: Object, pediacluster: Object | None) -> SourceReference | None:
    """Return the source that a lifecycle is for, by the best witness; at the worst its own spec."""
    return witnessed_source(lifecycle, pediacluster) or stored_source(lifecycle)


def lifecycle_owners(pediacluster: Object) -> Iterator[OwnerReference]:
    """Yield the owner references to PediaClusterLifecycles, of whatever version."""
    for owner in owner_references_of(pediacluster):
        if owner.kind == LIFECYCLE_KIND and owner.api_version.partition("/")[0] == POLICY_GROUP:
            yield owner


def _belongs_to_another(pediacluster: Object, lifecycle: LifecycleRecord) -> bool:
    annotation = annotations_of(pediacluster).get(LIFECYCLE_ANNOTATION, "")
    names = {owner.name for owner in lifecycle_owners(pediacluster)} | {annotation}
    return bool(names - {lifecycle.name, ""})


def _is_offered(pediacluster: Object, lifecycle: LifecycleRecord) -> bool:
    offer = annotations_of(pediacluster).get(ADOPT_ANNOTATION, "")
    return bool(offer) and lifecycle.policy is not None and offer == lifecycle.policy.name
