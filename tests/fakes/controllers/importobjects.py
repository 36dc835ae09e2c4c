"""Raw objects of an import: a policy of a made-up platform, its sources, Secrets and lifecycles."""

from typing import Any

from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.names import (
    CLUSTER_API_VERSION,
    LIFECYCLE_KIND,
    PEDIACLUSTER_KIND,
    POLICY_API_VERSION,
    POLICY_KIND,
)
from tests.fakes.engine.evaluating import base64_of
from tests.fakes.pki.material import CA

CLUSTERS = GroupVersionResource("cluster.mcp.io", "v1", "clusters")
MACHINES = GroupVersionResource("cluster.mcp.io", "v1", "machines")
CANARY = "canary4711"
"""The credential that every Secret here holds; it must show up in no text."""

TEMPLATE = """\
spec:
  apiserver: "{{ .source.spec.url }}"
  caData: "{{ .references.auth.data.ca }}"
  tokenData: "{{ .references.auth.data.token }}"
"""
REFERENCE = {
    "key": "auth",
    "group": "",
    "resource": "secrets",
    "namespaceTemplate": "{{ .source.metadata.namespace }}",
    "nameTemplate": "auth-{{ .source.metadata.name }}",
}
LABELLED = REFERENCE | {"labelSelector": {"matchLabels": {"of": "mcp"}}}
"""The same, of which the server is told the label."""


ORPHANED = {
    "policy.clusterpedia.io/lifecycle": "mcp-one",
    "policy.clusterpedia.io/source": "clusters.cluster.mcp.io/team/one",
}
"""What marks the PediaCluster of the source ``one`` under ``deletionPolicy: Orphan``."""


def policy_body(name: str = "mcp", **spec: Any) -> dict[str, Any]:
    """Return a policy that imports every cluster with its Secret, but for these fields."""
    body = {
        "source": {"group": CLUSTERS.group, "resource": CLUSTERS.resource},
        "references": [REFERENCE],
        "nameTemplate": "mcp-{{ .source.metadata.name }}",
        "template": TEMPLATE,
        "creationCondition": "true",
    }
    return {
        "apiVersion": POLICY_API_VERSION,
        "kind": POLICY_KIND,
        "metadata": {"name": name},
        "spec": body | spec,
    }


def source_body(name: str = "one", *, namespace: str = "team", **spec: Any) -> dict[str, Any]:
    """Return a cluster of the platform."""
    return {
        "apiVersion": CLUSTERS.api_version,
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"url": f"https://{name}.example:6443"} | spec,
    }


def secret_body(name: str = "auth-one", *, token: str = CANARY, **fields: Any) -> dict[str, Any]:
    """Return the Secret that a source leads to."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "team", "labels": {"of": "mcp"}},
        "data": {"ca": base64_of(CA), "token": base64_of(token)},
    } | fields


def policy_owner(name: str = "mcp", uid: str = "") -> dict[str, Any]:
    """Return the controller reference that a lifecycle has to its policy."""
    return {
        "apiVersion": POLICY_API_VERSION,
        "kind": POLICY_KIND,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def lifecycle_owner(name: str, uid: str) -> dict[str, Any]:
    """Return the plain reference that a PediaCluster has to its lifecycle."""
    return {
        "apiVersion": POLICY_API_VERSION,
        "kind": LIFECYCLE_KIND,
        "name": name,
        "uid": uid,
    }


def lifecycle_body(name: str = "mcp-one", *, policy_uid: str = "", **spec: Any) -> dict[str, Any]:
    """Return the lifecycle that the policy above gives to the source ``one``."""
    body = {
        "source": {
            "group": CLUSTERS.group,
            "version": CLUSTERS.version,
            "resource": CLUSTERS.resource,
            "namespace": "team",
            "name": name.removeprefix("mcp-"),
        },
        "references": [REFERENCE | {"version": "v1"}],
        "template": TEMPLATE,
        "creationCondition": "true",
    }
    return {
        "apiVersion": POLICY_API_VERSION,
        "kind": LIFECYCLE_KIND,
        "metadata": {"name": name, "ownerReferences": [policy_owner(uid=policy_uid)]},
        "spec": body | spec,
    }


def pediacluster_body(
    name: str = "mcp-one", *, owners: list[dict[str, Any]] | None = None, **spec: Any
) -> dict[str, Any]:
    """Return the PediaCluster that the source ``one`` becomes."""
    body = {
        "apiserver": f"https://{name.removeprefix('mcp-')}.example:6443",
        "caData": base64_of(CA),
        "tokenData": base64_of(CANARY),
        "syncResources": [],
    }
    return {
        "apiVersion": CLUSTER_API_VERSION,
        "kind": PEDIACLUSTER_KIND,
        "metadata": {"name": name, "ownerReferences": owners or []},
        "spec": body | spec,
    }
