"""The four platforms, of the examples' own files, with clusters that can really be reached.

The samples lead nowhere. Here every cluster of theirs leads back to the demo's API server, where
it has an identity of its own with few rights, as a Clusterpedia that reads it would need.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from development import manifests
from development.controlplane.client import AdminClient
from development.controlplane.controlplane import ControlPlane
from development.controlplane.identities import Access
from examples.demo.existing import ExistingCluster

NAMESPACE = "demo-clusters"
"""Has the ServiceAccounts by which imported clusters are read, named after their PediaClusters."""

HOME = "demo"
"""In place of `default`, so that a cluster of the reader's has nothing of it in its own."""
OWN_NAMESPACES = (HOME, "demo-clusters", "karmada-cluster", "caiwei-vcluster")
LABEL = "clusterimport-demo"
"""Of the samples; the policies select by it, and so nothing else that a cluster may have."""

RBAC = "rbac.authorization.k8s.io"
READ = ("get", "list", "watch")

Object = dict[str, Any]


class Platform(NamedTuple):
    """An example, and where its Secrets keep a credential."""

    folder: str
    key: str
    """A key that only those Secrets have that hold a credential."""

    cluster_name: Callable[[str, str], str]
    """From namespace and name of a Secret to the name of the PediaCluster."""

    data: Callable[[Access], dict[str, str]]
    """The keys of a Secret that make up the credential."""


PLATFORMS = (
    Platform(
        "cluster-api",
        "value",
        lambda namespace, name: f"{namespace}-{name.removesuffix('-kubeconfig')}",
        lambda access: {"value": access.kubeconfig()},
    ),
    Platform(
        "karmada",
        "caBundle",
        lambda _, name: f"karmada-{name}",
        lambda access: {"caBundle": access.ca_pem, "token": access.token},
    ),
    Platform(
        "vcluster",
        "certificate-authority",
        lambda namespace, name: f"vc-{namespace}-{name.removeprefix('vc-')}",
        lambda access: {
            "config": access.kubeconfig(),
            "certificate-authority": access.ca_pem,
            "token": access.token,
        },
    ),
    Platform(
        "mcp",
        "ca",
        lambda _, name: f"mcp-{name}",
        lambda access: {"ca": access.ca_pem, "token": access.token},
    ),
)


class Installer:
    """Applies the examples, with samples that work."""

    def __init__(self, control_plane: ControlPlane | ExistingCluster, admin: AdminClient) -> None:
        self._control_plane = control_plane
        self._admin = admin

    def install_types(self) -> None:
        """Install the platforms' own types, as if the platforms were there."""
        for platform in PLATFORMS:
            # vCluster has none: its clusters are Secrets.
            if (manifests.EXAMPLES / platform.folder / "platform-crd.yaml").exists():
                for crd in manifests.example(platform.folder, "platform-crd"):
                    self._admin.install_crd(crd)

    def prepare(self) -> None:
        """Make the namespace of identities, and say what they may: read what policies sync."""
        home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME}}
        for obj in (home, *_reader_role()):
            self._admin.apply(obj)

    def apply(self, platform: Platform) -> None:
        """Apply one example: the controller's rights, the policy, the clusters."""
        for name in ("clusterrole", "policy"):
            for obj in manifests.example(platform.folder, name):
                self._admin.apply(_selecting(obj) if name == "policy" else obj)
        for obj in manifests.example(platform.folder, "samples"):
            self._admin.apply(self._working(platform, _at_home(obj)))

    def _working(self, platform: Platform, sample: Object) -> Object:
        if sample["kind"] == "Secret" and platform.key in sample["data"]:
            meta = sample["metadata"]
            access = self._identity(platform.cluster_name(meta["namespace"], meta["name"]))
            return sample | {"data": sample["data"] | _encoded(platform.data(access))}
        if sample["kind"] == "Cluster":
            return sample | {"spec": _led_to(self._control_plane.admin_access, sample["spec"])}
        return sample

    def _identity(self, name: str) -> Access:
        metadata = {"name": name, "namespace": NAMESPACE}
        self._admin.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        return self._control_plane.service_account_access(NAMESPACE, name)


def _selecting(policy: Object) -> Object:
    source = policy["spec"]["source"] | {"labelSelector": LABEL}
    return policy | {"spec": policy["spec"] | {"source": source}}


def _at_home(sample: Object) -> Object:
    """Return a sample that can be told from others, and is not in `default`."""
    moved: Object = _moved(sample)
    labels = moved["metadata"].get("labels", {}) | {LABEL: ""}
    return moved | {"metadata": moved["metadata"] | {"labels": labels}}


def _moved(value: Any) -> Any:
    if isinstance(value, list):
        return [_moved(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: HOME if (key, each) == ("namespace", "default") else _moved(each)
        for key, each in value.items()
    }


def _led_to(server: Access, spec: Mapping[str, Any]) -> Object:
    addresses = {
        "apiEndpoint": server.url,
        "controlPlaneEndpoint": {"host": server.host, "port": server.port},
    }
    return {key: addresses.get(key, value) for key, value in spec.items()}


def _encoded(data: Mapping[str, str]) -> dict[str, str]:
    return {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}


def _reader_role() -> list[Object]:
    core = ["pods", "services", "namespaces", "nodes"]
    rules = [
        {"apiGroups": [""], "resources": core, "verbs": READ},
        {"apiGroups": ["apps"], "resources": ["*"], "verbs": READ},
        {"nonResourceURLs": ["/readyz", "/version"], "verbs": ["get"]},
    ]
    group = {"kind": "Group", "apiGroup": RBAC, "name": f"system:serviceaccounts:{NAMESPACE}"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRole",
            "metadata": {"name": NAMESPACE},
            "rules": rules,
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": NAMESPACE},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": NAMESPACE},
            "subjects": [group],
        },
    ]
