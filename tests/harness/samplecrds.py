"""Types for samples of platforms that are not installed."""

from typing import Any

from clusterimport.authoring.kinds import plural_of
from development import manifests

_BUILT_IN = ("v1", "rbac.authorization.k8s.io/v1")


def crds_of(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make CRDs for the kinds of samples; they have no status subresource and take any field."""
    kinds: dict[tuple[str, str], dict[str, Any]] = {}
    versions: dict[tuple[str, str], dict[str, None]] = {}
    for sample in samples:
        if sample["apiVersion"] in _BUILT_IN:
            continue
        group, _, version = sample["apiVersion"].rpartition("/")
        kind = sample["kind"]
        versions.setdefault((group, kind), {})[version] = None
        names = {"kind": kind, "plural": plural_of(kind), "singular": kind.lower()}
        kinds[group, kind] = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": manifests.CRD,
            "metadata": {"name": f"{names['plural']}.{group}"} | _protected(group),
            "spec": {
                "group": group,
                "scope": "Namespaced" if "namespace" in sample["metadata"] else "Cluster",
                "names": names,
                "versions": [
                    {
                        "name": name,
                        "served": True,
                        "storage": index == 0,
                        "schema": {
                            "openAPIV3Schema": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                            }
                        },
                    }
                    for index, name in enumerate(versions[group, kind])
                ],
            },
        }
    return list(kinds.values())


def _protected(group: str) -> dict[str, Any]:
    """Return what the server asks of CRDs in groups of the Kubernetes project."""
    if not group.endswith((".k8s.io", ".x-k8s.io", ".kubernetes.io")):
        return {}
    return {"annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}}
