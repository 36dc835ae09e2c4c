"""The bodies that are written to lifecycles: a creation, or a merge patch."""

from collections.abc import Mapping
from typing import Any

from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.engine.naming import policy_labels
from clusterimport.model import lifecycle, meta, names
from clusterimport.model.lifecyclespec import spec_equal


def lifecycle_body(name: str, active: ActivePolicy, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Build the lifecycle to create, with its policy as its controller."""
    metadata: dict[str, Any] = {"name": name, "ownerReferences": [_owner(active).to_dict()]}
    if labels := policy_labels(active.record.name):
        metadata["labels"] = labels
    return {
        "apiVersion": names.POLICY_API_VERSION,
        "kind": names.LIFECYCLE_KIND,
        "metadata": metadata,
        "spec": spec,
    }


def lifecycle_patch(
    current: meta.Object, active: ActivePolicy, wanted: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Build the merge patch that puts spec and controller back as they should be.

    It carries ``metadata.resourceVersion``. None where nothing differs.
    """
    patch: dict[str, Any] = {}
    if not spec_equal(current.get("spec") or {}, wanted):
        patch["spec"] = _replacing(current.get("spec") or {}, wanted)
    owner = lifecycle.policy_of(current)
    if owner is None or (owner.name, owner.uid) != (active.record.name, active.record.uid):
        patch["metadata"] = {"ownerReferences": _renewed_owners(current, active)}
    if not patch:
        return None
    patch.setdefault("metadata", {})["resourceVersion"] = meta.resource_version_of(current)
    return patch


def _replacing(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the smallest merge patch that leaves nothing of what is there and not wanted."""
    patch: dict[str, Any] = {name: None for name in present if name not in wanted}
    for name, value in wanted.items():
        there = present.get(name)
        if there == value:
            continue
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            patch[name] = _replacing(there, value)
        else:
            patch[name] = value
    return patch


def _renewed_owners(current: meta.Object, active: ActivePolicy) -> list[dict[str, Any]]:
    """Replace the controller, which is another policy or uid than it should be, keep the others."""
    kept = [owner.to_dict() for owner in meta.owner_references_of(current) if not owner.controller]
    return [*kept, _owner(active).to_dict()]


def _owner(active: ActivePolicy) -> meta.OwnerReference:
    return meta.OwnerReference(
        api_version=names.POLICY_API_VERSION,
        kind=names.POLICY_KIND,
        name=active.record.name,
        uid=active.record.uid,
        controller=True,
        block_owner_deletion=True,
    )
