"""The platform that is measured on: Cluster API, with the policy of the catalogue."""

import base64
import copy
import json
from typing import Any, Final

from development import manifests
from development.bench.credentials import kubeconfig
from development.bench.load import MERGE_PATCH, Request

NAMESPACES: Final = tuple(f"team-{number:02}" for number in range(20))
"""Teams share a management cluster; clusters lie in their namespaces by turns."""
FOREIGN_NAMESPACE: Final = "foreign"
FOREIGN_BYTES: Final = 13_000
SELECTOR: Final = {
    "matchExpressions": [{"key": "cluster.x-k8s.io/cluster-name", "operator": "Exists"}]
}
"""What every kubeconfig here has, and the policy of the catalogue tells of in a comment."""
SOURCE_API: Final = "/apis/cluster.x-k8s.io/v1beta2"

Object = dict[str, Any]


def name_of(number: int) -> str:
    """Return the name of a Cluster."""
    return f"cluster-{number:06}"


def namespace_of(number: int) -> str:
    """Return the namespace of a Cluster."""
    return NAMESPACES[number % len(NAMESPACES)]


def pediacluster_of(number: int) -> str:
    """Return the name that the policy gives."""
    return f"{namespace_of(number)}-{name_of(number)}"


def value_of(number: int, generation: int = 0) -> str:
    """Return what the Secret of a Cluster holds, and so its PediaCluster."""
    return base64.b64encode(kubeconfig(name_of(number), generation).encode()).decode()


def setting() -> list[Object]:
    """Return what is applied before there are clusters: type, rights, namespaces."""
    return [
        *manifests.example("cluster-api", "platform-crd"),
        *manifests.example("cluster-api", "clusterrole"),
        *(_namespace(name) for name in (*NAMESPACES, FOREIGN_NAMESPACE)),
    ]


def policy(*, has_selector: bool = True) -> Object:
    """Return the policy of the catalogue, with the label selector that it has as a comment."""
    (found,) = manifests.example("cluster-api", "policy")
    obj = copy.deepcopy(found)
    if has_selector:
        for reference in obj["spec"]["references"]:
            reference["labelSelector"] = SELECTOR
    return obj


def creation(number: int, value: str | None = None) -> tuple[Request, Request]:
    """Return the requests that create a Cluster that is ready, its Secret first."""
    namespace = namespace_of(number)
    return (
        _created(f"/api/v1/namespaces/{namespace}/secrets", _secret(number, value)),
        _created(f"{SOURCE_API}/namespaces/{namespace}/clusters", _cluster(number)),
    )


def rotation(number: int, value: str) -> Request:
    """Return the request that puts another kubeconfig into the Secret of a Cluster."""
    path = f"/api/v1/namespaces/{namespace_of(number)}/secrets/{name_of(number)}-kubeconfig"
    return Request("PATCH", path, _encoded({"data": {"value": value}}), MERGE_PATCH)


def touch(number: int, serial: int) -> Request:
    """Return the request that changes a Cluster's status where no template looks."""
    path = f"{SOURCE_API}/namespaces/{namespace_of(number)}/clusters/{name_of(number)}"
    return Request("PATCH", path, _encoded({"status": {"observedGeneration": serial}}), MERGE_PATCH)


def foreign(number: int) -> Request:
    """Return the request that creates a Secret which no policy asks for."""
    data = base64.b64encode(f"{number:08}".encode() * (FOREIGN_BYTES // 8)).decode()
    obj = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"foreign-{number:06}", "namespace": FOREIGN_NAMESPACE},
        "data": {"value": data},
    }
    return _created(f"/api/v1/namespaces/{FOREIGN_NAMESPACE}/secrets", obj)


def plain(number: int) -> Request:
    """Return the request that creates a PediaCluster which nobody made a policy for."""
    obj = {
        "apiVersion": "cluster.clusterpedia.io/v1alpha2",
        "kind": "PediaCluster",
        "metadata": {"name": f"plain-{number:06}"},
        "spec": {
            "kubeconfig": value_of(number),
            "syncResources": [{"group": "apps", "resources": ["*"]}],
        },
    }
    return _created("/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters", obj)


def _secret(number: int, value: str | None) -> Object:
    name = name_of(number)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"{name}-kubeconfig",
            "namespace": namespace_of(number),
            "labels": {"cluster.x-k8s.io/cluster-name": name},
        },
        "type": "cluster.x-k8s.io/secret",
        "data": {"value": value or value_of(number)},
    }


def _cluster(number: int) -> Object:
    """Return a Cluster of some 2 KiB, as the real ones have."""
    name = name_of(number)
    conditions = [
        {
            "type": type_,
            "status": "True",
            "reason": type_,
            "message": f"{type_} of {name} is as it should be",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for type_ in (
            *("Available", "InfrastructureReady", "ControlPlaneInitialized"),
            *("ControlPlaneAvailable", "WorkersAvailable", "TopologyReconciled"),
        )
    ]
    return {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "Cluster",
        "metadata": {
            "name": name,
            "namespace": namespace_of(number),
            "labels": {f"team.example/label-{each}": f"value-{each}" for each in range(4)},
            "annotations": {"team.example/note": "text " * 20},
        },
        "spec": {
            "clusterNetwork": {
                "pods": {"cidrBlocks": ["10.0.0.0/16"]},
                "services": {"cidrBlocks": ["10.1.0.0/16"]},
                "serviceDomain": "cluster.local",
            },
            "controlPlaneEndpoint": {"host": "192.0.2.1", "port": 6443},
            "controlPlaneRef": {"kind": "KubeadmControlPlane", "name": name},
            "infrastructureRef": {"kind": "AWSCluster", "name": name},
        },
        "status": {
            "phase": "Provisioned",
            "observedGeneration": 0,
            "initialization": {
                "infrastructureProvisioned": True,
                "controlPlaneInitialized": True,
            },
            "conditions": conditions,
        },
    }


def _namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _created(path: str, obj: Object) -> Request:
    return Request("POST", path, _encoded(obj))


def _encoded(obj: Object) -> bytes:
    return json.dumps(obj, separators=(",", ":")).encode()
