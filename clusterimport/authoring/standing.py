"""What stands under a name today, and whether it may become what a policy makes of a source."""

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from clusterimport.authoring.documents import Document
from clusterimport.authoring.inputs import Inputs
from clusterimport.engine.diff import update_patch
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.ownership import (
    NAME_CONFLICT,
    NameClaim,
    Ownership,
    claim_on,
    conflict_message,
    lifecycle_owners,
    ownership,
)
from clusterimport.model.conditions import conditions_of, is_true, true_since
from clusterimport.model.lifecycle import (
    LifecycleRecord,
    SourceReference,
    lifecycle_under,
)
from clusterimport.model.meta import Object, OwnerReference, is_deleting
from clusterimport.model.names import POLICY_API_VERSION, POLICY_KIND
from clusterimport.model.patches import merged
from clusterimport.model.pediacluster import Digest, redact
from clusterimport.model.policy import PolicyRecord

__all__ = ["Destination", "standing_of", "without_unknown_uids"]


class Destination(NamedTuple):
    """What a source's name leads to."""

    lifecycle: LifecycleRecord
    """The one that stands, or that would be made."""
    pediacluster: Document | None
    is_new: bool
    """Whether the creation condition is asked: it never undoes what was created."""
    conflict: NameClaim | None = None
    """Why the name is not the source's to use."""
    waits: str = ""
    """Why nothing can be written now, though the name is the source's."""

    def patch(self, rendered: RenderedCluster) -> dict[str, Any] | None:
        """Return the merge patch of what stands, None where it is as it should be.

        Raises IncompleteCredentials where a credential that is set would become empty.
        """
        assert self.pediacluster is not None
        digest = Digest(os.urandom(16))
        lean = redact(_with_unknown_uids(self.pediacluster.obj), digest)
        return update_patch(rendered, lean, digest=digest, lifecycle=self.lifecycle)

    def after(self, patch: Mapping[str, Any] | None) -> Object:
        """Return what stands once a patch is written."""
        assert self.pediacluster is not None
        if patch is None:
            return self.pediacluster.obj
        metadata = {**patch["metadata"]}
        metadata.pop("resourceVersion", None)
        return without_unknown_uids(merged(self.pediacluster.obj, {**patch, "metadata": metadata}))


def standing_of(
    inputs: Inputs,
    policy: PolicyRecord,
    name: str,
    source: SourceReference,
    reference_versions: Mapping[str, str],
) -> Destination:
    """Look at the lifecycle and the PediaCluster of a name, as far as they were given."""
    pediacluster, current = inputs.pediacluster(name), inputs.lifecycle(name)
    existing = pediacluster.obj if pediacluster else None
    body = current.obj if current else _assumed(policy, name, existing)
    record = lifecycle_under(policy, body, source, reference_versions)
    conflict, waits, created_at, is_new = None, "", "", True
    if current is not None:
        conflict = claim_on(current.obj, policy.name, source, existing)
        created_at = true_since(conditions_of(current.obj), "Created")
        is_new = not is_true(conditions_of(current.obj), "Created")
    whose = ownership(existing, record, created_at=created_at)
    if existing is not None and not conflict:
        if whose is Ownership.CONFLICT:
            conflict = NameClaim(NAME_CONFLICT, conflict_message(existing, record))
        elif is_deleting(existing):
            waits = f"PediaCluster {name} is being deleted and is made again when it is gone"
    return Destination(record, pediacluster, is_new and existing is None, conflict, waits)


def without_unknown_uids(obj: Object) -> dict[str, Any]:
    """Leave out the uids of owners that only a server knows."""
    return _with_owners(
        obj, lambda owner: {k: value for k, value in owner.items() if k != "uid" or value}
    )


def _with_unknown_uids(obj: Object) -> dict[str, Any]:
    """Put them back, so that what was made here is known again."""
    return _with_owners(obj, lambda owner: {"uid": "", **owner})


def _with_owners(
    obj: Object, changed: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    metadata = dict(obj["metadata"])
    if metadata.get("ownerReferences"):
        metadata["ownerReferences"] = [changed(owner) for owner in metadata["ownerReferences"]]
    return {**obj, "metadata": metadata}


def _assumed(policy: PolicyRecord, name: str, existing: Object | None) -> Object:
    """Return the lifecycle of a name that was not given: the one that its PediaCluster names."""
    owner = OwnerReference(
        POLICY_API_VERSION, POLICY_KIND, policy.name, policy.uid, controller=True
    )
    metadata: dict[str, Any] = {"name": name, "ownerReferences": [owner.to_dict()]}
    for mark in lifecycle_owners(existing or {}):
        if mark.name == name:
            metadata["uid"] = mark.uid
    return {"metadata": metadata}
