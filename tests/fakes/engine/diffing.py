"""A PediaCluster as it is rendered and as it stands, and what is written for the difference."""

from collections.abc import Iterable
from typing import Any

from clusterimport.engine.diff import update_patch
from clusterimport.engine.document import RenderedCluster
from clusterimport.model.lifecycle import LifecycleRecord
from clusterimport.model.pediacluster import CONNECTION_FIELDS, Digest, redact
from clusterimport.model.policy import DeletionPolicy, ImportOptions, UpdatePolicy
from tests.fakes.engine.evaluating import base64_of, lifecycle_record

Object = dict[str, Any]

DIGEST = Digest(b"key")
OWNER: Object = {
    "apiVersion": "policy.clusterpedia.io/v1alpha1",
    "kind": "PediaClusterLifecycle",
    "name": "one",
    "uid": "l1",
}
OTHER: Object = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "name": "x",
    "uid": "c1",
    "controller": True,
}
MARK = "policy.clusterpedia.io/lifecycle"
SOURCE = "policy.clusterpedia.io/source"
KEYS = "policy.clusterpedia.io/template-keys"
OURS = {SOURCE: "clusters.cluster.mcp.io/team-a/one"}
LIFECYCLE = lifecycle_record()
ORPHAN = lifecycle_record(options=ImportOptions(deletion_policy=DeletionPolicy.ORPHAN))
ALL = lifecycle_record(options=ImportOptions(update_policy=UpdatePolicy.ALL))
SPEC: Object = {
    "apiserver": "https://a:6443",
    "caData": base64_of("ca"),
    "tokenData": base64_of("token"),
    "syncResources": [{"group": "", "resources": ["pods"]}],
    "syncResourcesRefName": "ref",
}


def rendered(
    named: Iterable[str] = (),
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> RenderedCluster:
    content = {key: value for key, value in (SPEC | spec).items() if value is not None}
    names = (set(content) | set(named)) & set(CONNECTION_FIELDS)
    return RenderedCluster(labels or {}, annotations or {}, content, frozenset(names))


def existing(
    *,
    owners: Iterable[Object] = (OWNER,),
    labels: Object | None = None,
    annotations: Object | None = None,
    **spec: Any,
) -> Object:
    metadata: Object = {
        "name": "one",
        "uid": "u",
        "resourceVersion": "9",
        "ownerReferences": list(owners),
    }
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    return redact({"metadata": metadata, "spec": SPEC | spec}, DIGEST)


OF_POLICY = {"policy.clusterpedia.io/policy": "mcp"}
MARKED = existing(annotations=OURS)
"""Made by us: Clusterpedia's, like the others here, do not name their source."""


def patch(cluster: RenderedCluster, there: Object, lifecycle: LifecycleRecord = LIFECYCLE) -> Any:
    return update_patch(cluster, there, digest=DIGEST, lifecycle=lifecycle)
