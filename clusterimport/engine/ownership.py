"""Whose things are: a lifecycle and its name a source's, and a PediaCluster a lifecycle's."""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final, NamedTuple

from clusterimport.model.lifecycle import (
    LifecycleRecord,
    SourceReference,
    policy_of,
    read_source,
    stored_source,
    told_source,
)
from clusterimport.model.meta import (
    Object,
    OwnerReference,
    annotations_of,
    creation_timestamp_of,
    is_deleting,
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

NAME_CONFLICT: Final = "NameConflict"
ORPHAN_LIFECYCLE: Final = "OrphanLifecycle"


class Ownership(Enum):
    """What may be done with the PediaCluster that is there, or not."""

    ABSENT = "absent"
    """There is none: create it."""
    OURS = "ours"
    """It carries our mark: keep it equal."""
    RENEW = "renew"
    """It carries the mark of our lifecycle before that was re-created: renew the mark."""
    ADOPT = "adopt"
    """It has no mark, but a person or our own status says that it is ours: add the mark."""
    CONFLICT = "conflict"
    """It is somebody else's, or nobody's: never write it."""


def ownership(
    pediacluster: Object | None, lifecycle: LifecycleRecord, *, created_at: str
) -> Ownership:
    """Decide by marks, never by content. The mark of another lifecycle outranks every claim.

    The name alone makes no claim, because two sources may render one: a mark that is not this very
    lifecycle's counts only with the name of its source beside it. (The owner reference that
    Clusterpedia leaves has none; the garbage collector ends those whose owner is gone.)

    ``created_at``: when the lifecycle's status began to say ``Created=True``, empty where it does
    not say so. Nobody but a controller can write that, so that an unmarked PediaCluster which was
    there by then is the one it speaks of (the swap); a younger one was made by somebody else after
    that one was deleted. Both times have whole seconds; the first is the API server's, the second
    of a controller, which says so after the creation: a controller whose clock is behind does not
    know its own PediaCluster again once that has lost its mark, and asks a person; one whose clock
    is ahead takes a stranger for its own only if all happens within the difference.
    """
    if pediacluster is None:
        return Ownership.ABSENT
    if name_of(pediacluster) != lifecycle.name or _belongs_to_another(pediacluster, lifecycle):
        return Ownership.CONFLICT
    marks = [owner for owner in lifecycle_owners(pediacluster) if owner.name == lifecycle.name]
    if any(owner.uid == lifecycle.uid for owner in marks):
        return Ownership.OURS
    annotations = annotations_of(pediacluster)
    source = annotations.get(SOURCE_ANNOTATION, "")
    if source == str(lifecycle.source) and LIFECYCLE_ANNOTATION in annotations:
        return Ownership.OURS
    if marks and source in {"", str(lifecycle.source)}:
        return Ownership.RENEW
    if _is_offered(pediacluster, lifecycle):
        return Ownership.ADOPT
    if source in {"", str(lifecycle.source)} and _was_there(pediacluster, created_at):
        return Ownership.ADOPT
    return Ownership.CONFLICT


def conflict_message(pediacluster: Object, lifecycle: LifecycleRecord) -> str:
    """Say that a PediaCluster is somebody else's, and how to have it taken over."""
    policy = lifecycle.policy.name if lifecycle.policy else ""
    source = annotations_of(pediacluster).get(SOURCE_ANNOTATION, "")
    of = f" of source {source}" if source else ""
    return (
        f"a PediaCluster {lifecycle.name}{of} exists that is not this lifecycle's, so it is not "
        "written. Rename or delete it, or annotate it with "
        f"{ADOPT_ANNOTATION}: {policy} to have it taken over"
    )


def owns(lifecycle: Object, pediacluster: Object | None) -> bool:
    """Whether a PediaCluster has this very lifecycle among its owners."""
    return pediacluster is not None and any(
        owner.uid == uid_of(lifecycle) for owner in lifecycle_owners(pediacluster)
    )


def is_leftover(pediacluster: Object, lifecycle: Object | None) -> bool:
    """Whether a PediaCluster was owned by a lifecycle of its name that is gone.

    ``lifecycle`` is the one that has the name now. It may be for another source, which takes over
    nothing; what was its own before it was made again, or may have been, is not left over.
    """
    owners = [
        owner for owner in lifecycle_owners(pediacluster) if owner.name == name_of(pediacluster)
    ]
    if not owners or lifecycle is None:
        return bool(owners)
    if owns(lifecycle, pediacluster):
        return False
    mark = annotations_of(pediacluster).get(SOURCE_ANNOTATION)
    source = source_of(lifecycle, pediacluster)
    return mark is not None and source is not None and mark != str(source)


def witnessed_source(lifecycle: Object, pediacluster: Object | None) -> SourceReference | None:
    """Return the source that a lifecycle is for, if more than its spec says so; without a version.

    Whoever may patch lifecycles can write any source into the spec. He can not write the status,
    nor the mark on the PediaCluster that this very lifecycle owns. (An ``Orphan`` PediaCluster
    names its lifecycle by name, and so tells nothing of one that was made again.)
    """
    told = told_source(lifecycle)
    if told is not None or pediacluster is None:
        return told
    if not owns(lifecycle, pediacluster):
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


def _was_there(pediacluster: Object, moment: str) -> bool:
    """Whether a PediaCluster is not younger than a moment, RFC 3339 in UTC like its own."""
    return bool(moment) and creation_timestamp_of(pediacluster) <= moment


def _is_offered(pediacluster: Object, lifecycle: LifecycleRecord) -> bool:
    offer = annotations_of(pediacluster).get(ADOPT_ANNOTATION, "")
    return bool(offer) and lifecycle.policy is not None and offer == lifecycle.policy.name


class NameClaim(NamedTuple):
    """Why a name is not a source's to use."""

    reason: str
    """Of a condition."""
    message: str


def claim_on(
    current: Object,
    policy: str,
    source: SourceReference,
    pediacluster: Object | None,
    *,
    is_astray: Callable[[str], bool] | None = None,
) -> NameClaim | None:
    """Return why the lifecycle of a name is not for a source of a policy; None if it is.

    Args:
        current: the lifecycle that stands.
        policy: name of the policy.
        source: what renders the name.
        pediacluster: what stands under the name, as a witness of whose the lifecycle is.
        is_astray: whether a lifecycle was given to this other policy, which would never make it.

    """
    name, owner = name_of(current), policy_of(current)
    if is_deleting(current):
        return NameClaim(NAME_CONFLICT, f"lifecycle {name} of this name is still being deleted")
    if owner is None:
        message = (
            f"lifecycle {name} has no policy as its controller, so it is nobody's; "
            "delete it, or make the policy its controller, to have it managed"
        )
        return NameClaim(ORPHAN_LIFECYCLE, message)
    other = source_of(current, pediacluster)
    is_ours = other is not None and other.is_same_object(source)
    if owner.name != policy and not (is_ours and is_astray and is_astray(owner.name)):
        return taken_by_policy(name, owner.name)
    return None if is_ours else taken_by_source(name, other)


def taken_by_policy(name: str, policy: str) -> NameClaim:
    """Say that another policy has the name."""
    message = (
        f"the name {name} is taken by a lifecycle of policy {policy}; "
        "change one of the name templates"
    )
    return NameClaim(NAME_CONFLICT, message)


def taken_by_source(name: str, source: SourceReference | None) -> NameClaim:
    """Say that another source of the same policy has the name."""
    message = (
        f"the name {name} is taken by source {source}; the first keeps it, change the name template"
    )
    return NameClaim(NAME_CONFLICT, message)
