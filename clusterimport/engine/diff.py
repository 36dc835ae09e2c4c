"""The bodies that are written to PediaClusters: a creation, or the smallest merge patch.

Every update makes clustersynchro-manager rebuild that cluster's synchronisation, so only real
differences are ever sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from clusterimport.engine.addresses import complete_address
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import IncompleteCredentials
from clusterimport.engine.naming import policy_labels
from clusterimport.model.lifecycle import LifecycleRecord
from clusterimport.model.meta import (
    Object,
    OwnerReference,
    annotations_of,
    labels_of,
    metadata_of,
    resource_version_of,
)
from clusterimport.model.names import (
    CLUSTER_API_VERSION,
    LIFECYCLE_ANNOTATION,
    LIFECYCLE_KIND,
    PEDIACLUSTER_KIND,
    POLICY_API_VERSION,
    POLICY_GROUP,
    SOURCE_ANNOTATION,
    TEMPLATE_KEYS_ANNOTATION,
)
from clusterimport.model.pediacluster import (
    AUTHENTICATION_FROM,
    BYTE_FIELDS,
    CONNECTION_FIELDS,
    Digest,
    field_digest,
)
from clusterimport.model.policy import DeletionPolicy, UpdatePolicy

_LABELS: Final = "labels"
_ANNOTATIONS: Final = "annotations"
_KEPT_EQUAL: Final = ("syncResources", "syncAllCustomResources", "syncResourcesRefName")
"""Removed with `All` where the template does not name them; a shard may be set by hand."""


def create_body(
    rendered: RenderedCluster, *, name: str, lifecycle: LifecycleRecord
) -> dict[str, Any]:
    """Build the PediaCluster to create, with its mark of ownership."""
    metadata: dict[str, Any] = {"name": name}
    policy = lifecycle.policy.name if lifecycle.policy else ""
    labels = {**policy_labels(policy), **rendered.labels}
    if labels:
        metadata["labels"] = labels
    annotations = dict(rendered.annotations) | {SOURCE_ANNOTATION: str(lifecycle.source)}
    keys = {kind: sorted(wanted) for kind, wanted in _kinds(rendered) if wanted}
    if keys:
        annotations[TEMPLATE_KEYS_ANNOTATION] = _written(keys)
    if lifecycle.options.deletion_policy is DeletionPolicy.ORPHAN:
        annotations[LIFECYCLE_ANNOTATION] = lifecycle.name
    else:
        metadata["ownerReferences"] = [_owner(lifecycle).to_dict()]
    metadata["annotations"] = annotations
    return {
        "apiVersion": CLUSTER_API_VERSION,
        "kind": PEDIACLUSTER_KIND,
        "metadata": metadata,
        "spec": dict(rendered.spec),
    }


def update_patch(
    rendered: RenderedCluster, existing: Object, *, digest: Digest, lifecycle: LifecycleRecord
) -> dict[str, Any] | None:
    """Build one merge patch of all that differs, to tell what would be written.

    It is written in two, by ``connection_patch`` and ``content_patch``; raises as they do.
    """
    spec, metadata = _connection(rendered, existing, digest, lifecycle)
    more_spec, more_metadata = _content(rendered, existing, lifecycle)
    for name, value in more_metadata.items():
        metadata[name] = metadata.get(name, {}) | value
    return _patch(spec | more_spec, metadata, existing, lifecycle)


def connection_patch(
    rendered: RenderedCluster, existing: Object, *, digest: Digest, lifecycle: LifecycleRecord
) -> dict[str, Any] | None:
    """Build the merge patch (``application/merge-patch+json``) of connection and mark.

    It goes alone, so that no label that the server refuses holds a rotation back. ``existing`` is
    redacted. It carries ``metadata.resourceVersion``. None where nothing differs. Raises
    IncompleteCredentials where a byte field that is set would become empty.
    """
    spec, metadata = _connection(rendered, existing, digest, lifecycle)
    return _patch(spec, metadata, existing, lifecycle)


def content_patch(
    rendered: RenderedCluster, existing: Object, *, lifecycle: LifecycleRecord
) -> dict[str, Any] | None:
    """Build the merge patch of what `updatePolicy: All` adds: labels, annotations, sync fields.

    It carries ``metadata.resourceVersion``. None where nothing differs, or with another policy.
    Labels and annotations that the server would refuse are left as they are, all of them.
    """
    return _patch(*_content(rendered, existing, lifecycle), existing, lifecycle)


def _patch(
    spec: dict[str, Any], metadata: dict[str, Any], existing: Object, lifecycle: LifecycleRecord
) -> dict[str, Any] | None:
    if not spec and not metadata:
        return None
    patch: dict[str, Any] = {"metadata": _completed(metadata, existing, lifecycle)}
    if spec:
        patch["spec"] = spec
    return patch


def _connection(
    rendered: RenderedCluster, existing: Object, digest: Digest, lifecycle: LifecycleRecord
) -> tuple[dict[str, Any], dict[str, Any]]:
    present = existing.get("spec") or {}
    spec = dict(_connection_changes(rendered, present, digest))
    return spec, dict(_mark_changes(existing, lifecycle))


def _content(
    rendered: RenderedCluster, existing: Object, lifecycle: LifecycleRecord
) -> tuple[dict[str, Any], dict[str, Any]]:
    if lifecycle.options.update_policy is not UpdatePolicy.ALL:
        return {}, {}
    spec = _sync_changes(rendered, existing.get("spec") or {})
    return spec, {} if rendered.metadata_problems else _metadata_changes(rendered, existing)


def _metadata_changes(rendered: RenderedCluster, existing: Object) -> dict[str, Any]:
    """Return the changes of labels and annotations, and the memory of whose they are."""
    remembered = _remembered(existing)
    metadata: dict[str, Any] = {}
    keys: dict[str, list[str]] = {}
    for kind, wanted in _kinds(rendered):
        there = labels_of(existing) if kind == _LABELS else annotations_of(existing)
        ours = remembered.get(kind, frozenset())
        changed = {key: value for key, value in wanted.items() if there.get(key) != value}
        gone = dict.fromkeys(sorted(ours - wanted.keys() & there.keys()))
        if changed or gone:
            metadata[kind] = changed | gone
        kept = sorted(ours & wanted.keys() | changed.keys())
        if kept:
            keys[kind] = kept
    if {kind: frozenset(kept) for kind, kept in keys.items()} != remembered:
        memory = {TEMPLATE_KEYS_ANNOTATION: _written(keys) if keys else None}
        metadata[_ANNOTATIONS] = metadata.get(_ANNOTATIONS, {}) | memory
    return metadata


def _kinds(rendered: RenderedCluster) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return (_LABELS, rendered.labels), (_ANNOTATIONS, rendered.annotations)


def _remembered(existing: Object) -> dict[str, frozenset[str]]:
    """Return which labels and annotations of a PediaCluster were set by the template.

    What cannot be read is no memory; a key of our own group is never the template's.
    """
    text = annotations_of(existing).get(TEMPLATE_KEYS_ANNOTATION, "{}")
    try:
        read = msgspec.json.decode(text, type=dict[str, list[str]])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return {}
    found = {
        kind: frozenset(key for key in keys if key.partition("/")[0] != POLICY_GROUP)
        for kind, keys in read.items()
        if kind in {_LABELS, _ANNOTATIONS}
    }
    return {kind: keys for kind, keys in found.items() if keys}


def _written(keys: Mapping[str, list[str]]) -> str:
    return msgspec.json.encode(keys, order="deterministic").decode()


def mark_patch(existing: Object, lifecycle: LifecycleRecord) -> dict[str, Any] | None:
    """Build the merge patch that gives our mark the form of the deletion policy, and nothing else.

    It carries ``metadata.resourceVersion``. None where the mark is as it should be.
    """
    changes = dict(_mark_changes(existing, lifecycle))
    if not changes:
        return None
    return {"metadata": _completed(changes, existing, lifecycle)}


def _connection_changes(
    rendered: RenderedCluster, present: Object, digest: Digest
) -> Iterator[tuple[str, Any]]:
    for field in CONNECTION_FIELDS:
        wanted = rendered.spec.get(field, "")
        there = present.get(field) or ""
        if field in BYTE_FIELDS:
            same = there in _digests(rendered, field, digest)
            if there and not wanted and field in rendered.named_fields:
                raise IncompleteCredentials(
                    f"spec.{field} is set and the template would empty it, so nothing is changed; "
                    "often a Secret is being rotated. To remove the field, remove it from the "
                    "template"
                )
        else:
            same = complete_address(wanted) == complete_address(there)
        if not same:
            yield field, wanted or None
    wanted = rendered.spec.get(AUTHENTICATION_FROM)
    if wanted and wanted != present.get(AUTHENTICATION_FROM):
        # A merge patch merges: what is there and not wanted has to go by name.
        gone = dict.fromkeys(present.get(AUTHENTICATION_FROM) or ())
        yield AUTHENTICATION_FROM, gone | wanted


def _digests(rendered: RenderedCluster, field: str, digest: Digest) -> tuple[str, ...]:
    """Return the digests with which a byte field is in order as it stands.

    A kubeconfig that has to be written in another form stands as it was printed where Clusterpedia
    has written it: it was judged, and every update makes Clusterpedia begin anew.
    """
    wanted = field_digest(digest, rendered.spec.get(field, ""))
    if field == "kubeconfig" and rendered.printed_kubeconfig:
        return wanted, field_digest(digest, rendered.printed_kubeconfig)
    return (wanted,)


def _sync_changes(rendered: RenderedCluster, present: Object) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for field in _KEPT_EQUAL:
        wanted = rendered.spec.get(field)
        if _lean(wanted) != _lean(present.get(field)):
            changes[field] = wanted
    shard = rendered.spec.get("shardingName")
    if shard and shard != present.get("shardingName"):
        changes["shardingName"] = shard
    return changes


def _mark_changes(existing: Object, lifecycle: LifecycleRecord) -> Iterator[tuple[str, Any]]:
    """Yield what puts our mark in the form of the deletion policy, and removes the other form."""
    raw = [dict(owner) for owner in metadata_of(existing).get("ownerReferences") or ()]
    others = [owner for owner in raw if not _is_ours(owner, lifecycle)]
    annotated = annotations_of(existing).get(LIFECYCLE_ANNOTATION)
    if lifecycle.options.deletion_policy is DeletionPolicy.ORPHAN:
        if len(others) != len(raw):
            yield "ownerReferences", others or None
        # Without an owner, only both together tell whose it is.
        marks = {LIFECYCLE_ANNOTATION: lifecycle.name, SOURCE_ANNOTATION: str(lifecycle.source)}
        if any(annotations_of(existing).get(key) != value for key, value in marks.items()):
            yield "annotations", marks
        return
    ours = [owner for owner in raw if _is_ours(owner, lifecycle)]
    if len(ours) != 1 or ours[0].get("uid") != lifecycle.uid:
        yield "ownerReferences", [*others, _owner(lifecycle).to_dict()]
    if annotated is not None:
        yield "annotations", {LIFECYCLE_ANNOTATION: None}


def _completed(
    metadata: dict[str, Any], existing: Object, lifecycle: LifecycleRecord
) -> dict[str, Any]:
    """Add to a patch that is made anyway what is not worth a write of its own.

    Clusterpedia's PediaClusters do not name their source, and a swap writes nothing to them.
    """
    source = str(lifecycle.source)
    if annotations_of(existing).get(SOURCE_ANNOTATION) != source:
        annotations = metadata.get("annotations", {}) | {SOURCE_ANNOTATION: source}
        metadata = metadata | {"annotations": annotations}
    return metadata | {"resourceVersion": resource_version_of(existing)}


def _is_ours(owner: Mapping[str, Any], lifecycle: LifecycleRecord) -> bool:
    group = str(owner.get("apiVersion", "")).partition("/")[0]
    return (
        group == POLICY_GROUP
        and owner.get("kind") == LIFECYCLE_KIND
        and owner.get("name") == lifecycle.name
    )


def _owner(lifecycle: LifecycleRecord) -> OwnerReference:
    return OwnerReference(POLICY_API_VERSION, LIFECYCLE_KIND, lifecycle.name, lifecycle.uid)


def _lean(value: Any) -> Any:
    """Return a value in which absent, null and empty are one."""
    if isinstance(value, Mapping):
        return {key: lean for key, item in value.items() if (lean := _lean(item)) is not None}
    if isinstance(value, list | tuple):
        return [_lean(item) for item in value] or None
    return value or None
