"""Policies, lifecycles and PediaClusters as they stand on a server that the controller works on."""

from typing import Any

from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from development.apiserver.objectstore import ObjectStore

CANARY = "YzRuYXJ5LTMzYTE="


def serve_ours(store: ObjectStore) -> None:
    """Serve our three types."""
    store.serve(POLICIES, "ClusterImportPolicy", namespaced=False)
    store.serve(LIFECYCLES, "PediaClusterLifecycle", namespaced=False)
    store.serve(PEDIACLUSTERS, "PediaCluster", namespaced=False)


def conditions(**reasons: str) -> list[dict[str, Any]]:
    """Return conditions from ``Type="Status Reason"``."""
    return [
        {"type": type_, "status": text.split()[0], "reason": text.split()[1]}
        for type_, text in reasons.items()
    ]


def policy(name: str = "cluster-api", **status: Any) -> dict[str, Any]:
    """Return a policy that has imported one cluster."""
    return {
        "apiVersion": POLICIES.api_version,
        "kind": "ClusterImportPolicy",
        "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"template": "spec: {}"},
        "status": {
            "selected": 1,
            "imported": 1,
            "waiting": 0,
            "failed": 0,
            "conditions": conditions(Validated="True Success", Ready="True Imported"),
            **status,
        },
    }


def lifecycle(
    name: str = "team-a-blue", policy_name: str = "cluster-api", source: str = "team-a/blue"
) -> dict[str, Any]:
    """Return the lifecycle of a cluster of Cluster API."""
    owner = {
        "apiVersion": POLICIES.api_version,
        "kind": "ClusterImportPolicy",
        "name": policy_name,
        "uid": "uid-policy",
        "controller": True,
    }
    return {
        "apiVersion": LIFECYCLES.api_version,
        "kind": "PediaClusterLifecycle",
        "metadata": {
            "name": name,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [owner],
        },
        "spec": {},
        "status": {
            "source": f"clusters.cluster.x-k8s.io/{source}",
            "conditions": conditions(Created="True PediaClusterCreated", Ready="True Healthy"),
        },
    }


def pediacluster(name: str = "team-a-blue") -> dict[str, Any]:
    """Return a PediaCluster with a credential that must not be shown."""
    return {
        "apiVersion": PEDIACLUSTERS.api_version,
        "kind": "PediaCluster",
        "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"apiserver": "https://10.0.0.1:6443", "tokenData": CANARY, "syncResources": []},
        "status": {
            "apiserver": "https://10.0.0.1:6443",
            "version": "v1.34.1",
            "conditions": conditions(Ready="True Ready", ClusterHealthy="True Healthy"),
        },
    }
