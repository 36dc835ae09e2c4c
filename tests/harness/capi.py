"""Cluster API as the example's policy sees it: its CRD in any versions, Clusters, Secrets."""

import base64
from typing import Any

from development import manifests
from development.world import World, encode
from tests.fakes.pki.material import CA

GROUP = "cluster.x-k8s.io"
CRD_NAME = f"clusters.{GROUP}"
POLICY_NAME = "cluster-api"
ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
KUBECONFIG = """apiVersion: v1
kind: Config
clusters:
- name: c
  cluster: {server: "https://192.0.2.1:6443", certificate-authority-data: CA}
users:
- name: u
  user: {token: "%s"}
contexts:
- name: x
  context: {cluster: c, user: u}
current-context: x
""".replace("CA}", f"{encode(CA)}}}")


def crd(*versions: str, unserved: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the CRD of Cluster; the first version is the stored one."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": manifests.CRD,
        "metadata": {"name": CRD_NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": "clusters", "kind": "Cluster", "listKind": "ClusterList"},
            "versions": [
                {
                    "name": version,
                    "served": version not in unserved,
                    "storage": version == versions[0],
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {"spec": ANY, "status": ANY},
                        }
                    },
                }
                for version in versions
            ],
        },
    }


def cluster(name: str, version: str, *, finalizers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return an initialized Cluster in the form of a version."""
    initialized: dict[str, Any] = (
        {"conditions": [{"type": "ControlPlaneInitialized", "status": "True"}]}
        if version == "v1beta1"
        else {"initialization": {"controlPlaneInitialized": True}}
    )
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Cluster",
        "metadata": {"name": name, "namespace": "default", "finalizers": list(finalizers)},
        "spec": {},
        "status": initialized,
    }


def secret(name: str, token: str) -> dict[str, Any]:
    """Return the kubeconfig Secret of a Cluster."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{name}-kubeconfig", "namespace": "default"},
        "type": "cluster.x-k8s.io/secret",
        "data": {"value": encode(KUBECONFIG % token)},
    }


def token_in(world: World, pediacluster: str) -> str:
    """Return the token in the kubeconfig of a PediaCluster."""
    kubeconfig = base64.b64decode(world.pediacluster(pediacluster)["spec"]["kubeconfig"]).decode()
    return kubeconfig.partition('token: "')[2].partition('"')[0]
