"""Discovery documents of a set of served types, in both of the API server's forms."""

from collections.abc import Iterable, Sequence
from typing import Any

from development.apiserver.objectstore import ServedType

VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def group_versions(types: Iterable[ServedType]) -> list[tuple[str, str]]:
    """Return groups and versions in the order in which types were served."""
    return list(dict.fromkeys((each.gvr.group, each.gvr.version) for each in types))


def aggregated_group_list(types: Sequence[ServedType], *, core: bool) -> dict[str, Any]:
    """Return the aggregated form for /api or for /apis."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for group, version in group_versions(types):
        if (group == "") == core:
            served = [each for each in types if each.gvr[:2] == (group, version)]
            is_stale = any(each.is_silent for each in served)
            groups.setdefault(group, []).append(
                {
                    "version": version,
                    "resources": [_aggregated(each) for each in served if not each.is_silent],
                    "freshness": "Stale" if is_stale else "Current",
                }
            )
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": [
            {"metadata": {"name": name} if name else {}, "versions": versions}
            for name, versions in groups.items()
        ],
    }


def group_list(types: Sequence[ServedType]) -> dict[str, Any]:
    """Return what /apis answers without aggregation."""
    groups: dict[str, list[str]] = {}
    for group, version in group_versions(types):
        if group:
            groups.setdefault(group, []).append(version)
    return {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {
                "name": name,
                "versions": [{"groupVersion": f"{name}/{v}", "version": v} for v in versions],
                "preferredVersion": {"version": versions[0]},
            }
            for name, versions in groups.items()
        ],
    }


def resource_list(types: Sequence[ServedType], group: str, version: str) -> dict[str, Any]:
    """Return what the path of a group and version answers without aggregation."""
    resources = []
    for each in types:
        if each.gvr[:2] == (group, version):
            one = {
                "name": each.gvr.resource,
                "singularName": each.kind.lower(),
                "kind": each.kind,
                "namespaced": each.namespaced,
            }
            resources += [
                {**one, "verbs": VERBS},
                {**one, "name": f"{each.gvr.resource}/status", "verbs": ["get", "patch", "update"]},
            ]
    return {
        "kind": "APIResourceList",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": resources,
    }


def _aggregated(served: ServedType) -> dict[str, Any]:
    group, version, resource = served.gvr
    return {
        "resource": resource,
        "responseKind": {"group": group, "version": version, "kind": served.kind},
        "scope": "Namespaced" if served.namespaced else "Cluster",
        "singularResource": served.kind.lower(),
        "verbs": VERBS,
        "subresources": [{"subresource": "status", "verbs": ["get", "patch", "update"]}],
    }
