"""Whether the lifecycle that stands under a name is that of the source which renders the name."""

from collections.abc import Callable
from typing import Final, NamedTuple

from clusterimport.engine.ownership import source_of
from clusterimport.model.lifecycle import SourceReference, policy_of
from clusterimport.model.meta import Object, is_deleting, name_of

NAME_CONFLICT: Final = "NameConflict"
ORPHAN_LIFECYCLE: Final = "OrphanLifecycle"


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
