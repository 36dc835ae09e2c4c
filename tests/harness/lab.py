"""A platform with tenants: in each namespace its clusters, and the Secrets with their kubeconfigs.

One policy imports all of them, so that a tenant shares with the others whatever is shared.
"""

from typing import Any

from development import manifests
from development.controlplane.identities import Access
from development.world import POLICY, POLICY_API, World, encode

GROUP = "lab.example"
API = f"{GROUP}/v1"
KIND = "LabCluster"
POLICY_NAME = "lab"
TEMPLATE = """metadata:
  annotations:
    lab.example/note: {{ .source.spec.note | default "" | quote }}
spec:
  kubeconfig: {{ .references.secret.data.value }}
"""
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def install(world: World, *namespaces: str) -> None:
    """Install the platform, its policy and the rights for it; each namespace is a tenant."""
    world.apply(crd())
    for namespace in namespaces:
        world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    world.grant(
        "lab",
        {"apiGroups": [GROUP], "resources": ["clusters"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]},
    )
    world.apply(policy())


def crd() -> dict[str, Any]:
    """Return the CRD of the platform's clusters, which takes whatever somebody puts into them."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": manifests.CRD,
        "metadata": {"name": f"clusters.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "clusters", "kind": KIND, "listKind": f"{KIND}List"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": _ANY}}},
                }
            ],
        },
    }


def policy(name: str = POLICY_NAME, **spec: Any) -> dict[str, Any]:
    """Return the policy: a source names the Secret of its namespace that it is imported with."""
    reference = {
        "key": "secret",
        "group": "",
        "resource": "secrets",
        "namespaceTemplate": "{{ .source.metadata.namespace }}",
        "nameTemplate": "{{ .source.spec.secret }}",
    }
    return {
        "apiVersion": POLICY_API,
        "kind": POLICY,
        "metadata": {"name": name},
        "spec": {
            "source": {"group": GROUP, "resource": "clusters"},
            "references": [reference],
            # A dot, which no namespace has: two tenants never mean the same name.
            "nameTemplate": "{{ .source.metadata.namespace }}.{{ .source.metadata.name }}",
            "template": TEMPLATE,
            "creationCondition": "true",
            **spec,
        },
    }


def cluster(namespace: str, name: str, *, secret: str = "", **spec: Any) -> dict[str, Any]:
    """Return a cluster of a tenant; its Secret has its name unless another is given."""
    return {
        "apiVersion": API,
        "kind": KIND,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"secret": secret or name, **spec},
    }


def secret(namespace: str, name: str, kubeconfig: str | bytes) -> dict[str, Any]:
    """Return the Secret with the kubeconfig of a cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {"value": encode(kubeconfig)},
    }


def imported(world: World, namespace: str, name: str, access: Access) -> None:
    """Create a cluster of a tenant that leads to ``access``."""
    world.admin.apply(secret(namespace, name, access.kubeconfig()))
    world.admin.apply(cluster(namespace, name))


def pediacluster_name(namespace: str, name: str) -> str:
    """Return the name under which a cluster of a tenant is imported."""
    return f"{namespace}.{name}"
