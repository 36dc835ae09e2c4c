"""Telling a person exactly which rights are missing, as the objects to apply."""

import json
from typing import Final

from clusterimport.engine.roles import Read, cluster_role, namespace_role, rights_of
from clusterimport.model.gvr import GroupResource

__all__ = ["MISSING_PERMISSION", "Read", "role_hint"]

MISSING_PERMISSION: Final = "MissingPermission"
"""Reason of a condition where a role is all that is missing."""


def role_hint(*reads: Read) -> str:
    """Return the roles that grant what informers and reads need, as JSON that kubectl takes.

    Where only one namespace is read a Role there is enough; else a ClusterRole with the label
    that aggregates it into the controller's.
    """
    rights = rights_of(reads)
    hints = [f"Apply: {_cluster_role(*rights.wide)}"] if rights.wide else []
    for namespace, types in rights.narrow.items():
        role = json.dumps(namespace_role(types, namespace))
        hints.append(f"Apply, with a RoleBinding to the controller's ServiceAccount: {role}")
    if rights.narrow:
        narrow = sorted({each for types in rights.narrow.values() for each in types})
        hints.append(f"(Or for all namespaces: {_cluster_role(*narrow)})")
    return " ".join(hints)


def _cluster_role(*types: GroupResource) -> str:
    return json.dumps(cluster_role(types))
