"""People who ask the API server themselves, with rights of their own."""

from development.world import World

READ_POLICIES = {
    "apiGroups": ["policy.clusterpedia.io"],
    "resources": ["clusterimportpolicies", "pediaclusterlifecycles"],
    "verbs": ["list", "watch"],
}


def person(world: World, name: str, *rules: object) -> str:
    """Write the kubeconfig of a person who may do what the rules say."""
    rbac = "rbac.authorization.k8s.io/v1"
    role = {"apiVersion": rbac, "kind": "ClusterRole", "metadata": {"name": name}}
    world.apply(
        role | {"rules": list(rules)},
        {
            "apiVersion": rbac,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": name,
            },
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
        },
    )
    path = world.folder / f"{name}.kubeconfig"
    path.write_text(world.control_plane.user_access(name).kubeconfig())
    return str(path)
