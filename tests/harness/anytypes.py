"""CustomResourceDefinitions for whatever objects there are, so that samples can be applied."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from clusterimport.authoring.kinds import Kinds
from development import manifests

BUILT_IN = frozenset(
    (
        *("", "apps", "batch", "rbac.authorization.k8s.io", "networking.k8s.io", "policy"),
        *("apiextensions.k8s.io", "storage.k8s.io", "coordination.k8s.io", "discovery.k8s.io"),
        *("certificates.k8s.io", "admissionregistration.k8s.io", "policy.clusterpedia.io"),
        "cluster.clusterpedia.io",
    )
)
"""Groups that the server has without being told."""
_ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def crds_for(objects: Iterable[Mapping[str, Any]], kinds: Kinds) -> list[dict[str, Any]]:
    """Return a definition for each type of these objects that the server would not know.

    Without a status subresource, so that the status of a sample is kept as it is applied.
    """
    versions: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    namespaced: dict[tuple[str, str, str], bool] = {}
    for obj in objects:
        gvr = kinds.of(obj).gvr
        if gvr.group in BUILT_IN:
            continue
        key = (gvr.group, gvr.resource, obj["kind"])
        versions[key].add(gvr.version)
        namespaced[key] = bool(obj["metadata"].get("namespace"))
    return [
        _crd(*key, sorted(found, reverse=True), is_namespaced=namespaced[key])
        for key, found in versions.items()
    ]


def _crd(
    group: str, resource: str, kind: str, versions: list[str], *, is_namespaced: bool
) -> dict[str, Any]:
    protected = group.endswith((".k8s.io", ".kubernetes.io"))
    approved = {"api-approved.kubernetes.io": "unapproved, for a test"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": manifests.CRD,
        "metadata": {
            "name": f"{resource}.{group}",
            **({"annotations": approved} if protected else {}),
        },
        "spec": {
            "group": group,
            "names": {
                "plural": resource,
                "singular": kind.lower(),
                "kind": kind,
                "listKind": f"{kind}List",
            },
            "scope": "Namespaced" if is_namespaced else "Cluster",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": index == 0,
                    "schema": {"openAPIV3Schema": _ANYTHING},
                }
                for index, version in enumerate(versions)
            ],
        },
    }
