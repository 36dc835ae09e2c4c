"""The roles that grant what a policy reads, no wider than needed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from clusterimport.model.gvr import GroupResource
from clusterimport.model.names import AGGREGATE_TO_CONTROLLER_MANAGER_LABEL

_GROUP: Final = "rbac.authorization.k8s.io"
_API_VERSION: Final = f"{_GROUP}/v1"
_VERBS: Final = ("get", "list", "watch")


class Read(NamedTuple):
    """A type that has to be read; in all namespaces where the namespace is empty."""

    group_resource: GroupResource
    namespace: str = ""


class Rights(NamedTuple):
    """What has to be granted: types everywhere, and further types in single namespaces."""

    wide: Sequence[GroupResource]
    narrow: Mapping[str, Sequence[GroupResource]]
    """By namespace, in its order."""


def rights_of(reads: Iterable[Read]) -> Rights:
    """Sort reads by what is needed for them; what is read everywhere needs nothing more."""
    given = sorted(reads)
    wide = _types(read for read in given if not read.namespace)
    narrow: dict[str, list[Read]] = {}
    for read in given:
        if read.namespace and read.group_resource not in wide:
            narrow.setdefault(read.namespace, []).append(read)
    return Rights(wide, {namespace: _types(found) for namespace, found in sorted(narrow.items())})


def cluster_role(types: Sequence[GroupResource], *, name: str = "") -> dict[str, Any]:
    """Return the ClusterRole for types everywhere, which its label adds to the controller's."""
    labels = {AGGREGATE_TO_CONTROLLER_MANAGER_LABEL: "true"}
    return _role("ClusterRole", types, name, labels=labels)


def namespace_role(
    types: Sequence[GroupResource], namespace: str, *, name: str = ""
) -> dict[str, Any]:
    """Return the Role for types in one namespace."""
    return _role("Role", types, name, namespace=namespace)


def role_binding(role: Mapping[str, Any], *, account: str, namespace: str) -> dict[str, Any]:
    """Return what gives a Role to a ServiceAccount."""
    return {
        "apiVersion": _API_VERSION,
        "kind": "RoleBinding",
        "metadata": dict(role["metadata"]),
        "roleRef": {"apiGroup": _GROUP, "kind": "Role", "name": role["metadata"]["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


def _types(reads: Iterable[Read]) -> list[GroupResource]:
    return sorted({read.group_resource for read in reads})


def _role(kind: str, types: Sequence[GroupResource], name: str, **metadata: Any) -> dict[str, Any]:
    """Make a role that is called as given, or after what it grants, and so replaces no other."""
    groups: dict[str, list[str]] = {}
    for each in types:
        groups.setdefault(each.group, []).append(each.resource)
    return {
        "apiVersion": _API_VERSION,
        "kind": kind,
        "metadata": {"name": name or "-".join(["clusterimport", *map(str, types)]), **metadata},
        "rules": [
            {"apiGroups": [group], "resources": resources, "verbs": list(_VERBS)}
            for group, resources in groups.items()
        ],
    }
