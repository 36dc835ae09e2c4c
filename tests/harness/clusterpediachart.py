"""What Clusterpedia's Helm chart installs of its controller-manager, as it renders it.

Of chart 2.6.0 with the release `clusterpedia` in a namespace of its own; see its templates
`controller-manager-deployment.yaml` and `clusterrolebinding.yaml`.
"""

from typing import Any

NAME = "clusterpedia-controller-manager"
_LABELS = {
    "app.kubernetes.io/name": "clusterpedia",
    "helm.sh/chart": "clusterpedia-2.6.0",
    "app.kubernetes.io/instance": "clusterpedia",
    "app.kubernetes.io/managed-by": "Helm",
}
_SELECTOR = {
    "app.kubernetes.io/name": "clusterpedia",
    "app.kubernetes.io/instance": "clusterpedia",
    "app": NAME,
}


def namespace(name: str) -> dict[str, Any]:
    """Return the namespace of the release."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def service_account(release_namespace: str) -> dict[str, Any]:
    """Return the ServiceAccount, which is bound to everything."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": NAME, "namespace": release_namespace, "labels": _LABELS},
    }


def rights(release_namespace: str) -> list[dict[str, Any]]:
    """Return ClusterRole and ClusterRoleBinding."""
    api_version = "rbac.authorization.k8s.io/v1"
    metadata = {"name": "clusterpedia", "labels": _LABELS}
    components = ("apiserver", "clustersynchro-manager", "controller-manager")
    return [
        {
            "apiVersion": api_version,
            "kind": "ClusterRole",
            "metadata": metadata,
            "rules": [
                {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
                {"nonResourceURLs": ["*"], "verbs": ["get"]},
            ],
        },
        {
            "apiVersion": api_version,
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "clusterpedia",
            },
            "subjects": [
                {
                    "kind": "ServiceAccount",
                    "name": f"clusterpedia-{each}",
                    "namespace": release_namespace,
                }
                for each in components
            ],
        },
    ]


def deployment(release_namespace: str) -> dict[str, Any]:
    """Return the Deployment; its container has the name of the Deployment, and no `args`."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": NAME,
            "namespace": release_namespace,
            "labels": {**_LABELS, "app": NAME},
        },
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": _SELECTOR},
            "template": {
                "metadata": {"labels": {**_LABELS, "app": NAME}},
                "spec": {
                    "containers": [
                        {
                            "name": NAME,
                            "image": "ghcr.io/clusterpedia-io/clusterpedia/"
                            "controller-manager:v0.9.0",
                            "command": [
                                "/usr/local/bin/controller-manager",
                                f"--leader-elect-resource-namespace={release_namespace}",
                            ],
                        }
                    ],
                    "serviceAccountName": NAME,
                },
            },
        },
    }
