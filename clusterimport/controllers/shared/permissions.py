"""Telling a person exactly which rights are missing, as the objects to apply."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from clusterimport.model.gvr import GroupResource
from clusterimport.model.names import AGGREGATE_TO_CONTROLLER_MANAGER_LABEL

MISSING_PERMISSION = "MissingPermission"
"""Reason of a condition where a role is all that is missing."""


class Read(NamedTuple):
    """A type that has to be read; in all namespaces where the namespace is empty."""

    group_resource: GroupResource
    namespace: str = ""


def role_hint(*reads: Read) -> str:
    """Return the roles that grant what informers and reads need, as JSON that kubectl takes.

    Where only one namespace is read a Role there is enough; else a ClusterRole with the label
    that aggregates it into the controller's.
    """
    wide = _types(read for read in reads if not read.namespace)
    by_namespace: dict[str, list[GroupResource]] = {}
    for read in sorted(reads):
        if read.namespace and read.group_resource not in wide:
            by_namespace.setdefault(read.namespace, []).append(read.group_resource)
    hints = [f"Apply: {_cluster_role(wide)}"] if wide else []
    for namespace, types in sorted(by_namespace.items()):
        hints.append(
            f"Apply, with a RoleBinding to the controller's ServiceAccount: "
            f"{_role(_types(map(Read, types)), namespace)}"
        )
    if by_namespace:
        narrow = _types(Read(each) for types in by_namespace.values() for each in types)
        hints.append(f"(Or for all namespaces: {_cluster_role(narrow)})")
    return " ".join(hints)


def _types(reads: Iterable[Read]) -> list[GroupResource]:
    return sorted({read.group_resource for read in reads})


def _cluster_role(types: Sequence[GroupResource]) -> str:
    labels = {AGGREGATE_TO_CONTROLLER_MANAGER_LABEL: "true"}
    return _written("ClusterRole", types, labels=labels)


def _role(types: Sequence[GroupResource], namespace: str) -> str:
    return _written("Role", types, namespace=namespace)


def _written(kind: str, types: Sequence[GroupResource], **metadata: Any) -> str:
    """Write a role whose name tells what it grants, so that it replaces no other one."""
    groups: dict[str, list[str]] = {}
    for each in types:
        groups.setdefault(each.group, []).append(each.resource)
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "-".join(["clusterimport", *map(str, types)]), **metadata},
        "rules": [
            {"apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"]}
            for group, resources in groups.items()
        ],
    }
    return json.dumps(role)
