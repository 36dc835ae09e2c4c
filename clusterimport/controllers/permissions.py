"""Telling a person exactly which right is missing, as the object to apply."""

from clusterimport.model.gvr import GroupResource
from clusterimport.model.names import AGGREGATE_TO_CONTROLLER_MANAGER_LABEL


def role_hint(group_resource: GroupResource, namespace: str = "") -> str:
    """Return the role that grants what an informer and a read need.

    Where only one namespace is read a Role there is enough; else a ClusterRole with the label
    that aggregates it into the controller's.
    """
    name = f"clusterimport-{group_resource}"
    rule = (
        f"rules: [{{apiGroups: ['{group_resource.group}'], "
        f"resources: ['{group_resource.resource}'], verbs: [get, list, watch]}}]"
    )
    label = f"{AGGREGATE_TO_CONTROLLER_MANAGER_LABEL}: 'true'"
    cluster_role = (
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: "
        f"{{name: {name}, labels: {{{label}}}}}, {rule}}}"
    )
    if not namespace:
        return f"Apply: {cluster_role}"
    role = (
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: "
        f"{{name: {name}, namespace: {namespace}}}, {rule}}}"
    )
    return (
        f"Apply, with a RoleBinding to the controller's ServiceAccount: {role} "
        f"(or for all namespaces: {cluster_role})"
    )
