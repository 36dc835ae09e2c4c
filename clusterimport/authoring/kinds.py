"""Which resource a kind is, and whether it lives in namespaces, without a server to ask.

A CRD among the inputs knows best, then the table of types that everybody has; for the rest the
plural is guessed as Kubernetes guesses it, and the scope is not known.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Object

_CRD: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Name(NamedTuple):
    """The two names of a type."""

    kind: str
    resource: str


class Kind(NamedTuple):
    """A type as objects name it, and as the API server does."""

    gvr: GroupVersionResource
    is_namespaced: bool | None
    """None where it is not known."""


class Kinds:
    """What is known of types; made once from the inputs."""

    def __init__(self, objects: Iterable[Object] = ()) -> None:
        self._known: dict[tuple[str, str], tuple[str, bool | None]] = dict(_BUILT_IN)
        self._served: dict[tuple[str, str], tuple[str, ...]] = {}
        for obj in objects:
            group, _, _ = _split(obj)
            if (group, obj.get("kind")) == _CRD:
                self._learn(obj.get("spec"))

    @classmethod
    def of_server(cls, types: Iterable[tuple[GroupVersionResource, str, bool]]) -> "Kinds":
        """Return what a server serves: resource, kind and whether it is namespaced.

        The versions of a type stand in the server's order of preference.
        """
        kinds = cls()
        for gvr, kind, is_namespaced in types:
            kinds._known[gvr.group, kind] = (gvr.resource, is_namespaced)
            served = kinds.served(gvr.group, gvr.resource)
            kinds._served[gvr.group, gvr.resource] = (*served, gvr.version)
        return kinds

    def of(self, obj: Object) -> Kind:
        """Return the type of an object that has apiVersion and kind."""
        group, version, kind = _split(obj)
        resource, is_namespaced = self._known.get((group, kind)) or (plural_of(kind), None)
        return Kind(GroupVersionResource(group, version, resource), is_namespaced)

    def of_group(self, group: str) -> list[Name]:
        """Return the types of a group that are known for sure."""
        return [
            Name(kind, resource)
            for (known, kind), (resource, _) in self._known.items()
            if known == group
        ]

    def is_namespaced(self, group: str, resource: str) -> bool | None:
        """Return whether a resource lives in namespaces; None where it is not known."""
        for (known_group, _), (known, is_namespaced) in self._known.items():
            if (known_group, known) == (group, resource):
                return is_namespaced
        return None

    def served(self, group: str, resource: str) -> tuple[str, ...]:
        """Return the versions that the CRD or the server serves, none where neither is known."""
        return self._served.get((group, resource), ())

    def _learn(self, spec: Any) -> None:
        names = spec.get("names") if isinstance(spec, Mapping) else None
        if not isinstance(names, Mapping):
            return
        group, kind, plural = str(spec.get("group")), str(names.get("kind")), names.get("plural")
        if not isinstance(plural, str) or not plural:
            return
        self._known[group, kind] = (plural, spec.get("scope") == "Namespaced")
        self._served[group, plural] = tuple(
            str(version.get("name"))
            for version in spec.get("versions") or ()
            if isinstance(version, Mapping) and version.get("served")
        )


def plural_of(kind: str) -> str:
    """Guess the resource of a kind, as ``meta.UnsafeGuessKindToResource`` does."""
    singular = kind.lower()
    if singular.endswith("s"):
        return f"{singular}es"
    return f"{singular[:-1]}ies" if singular.endswith("y") else f"{singular}s"


def _split(obj: Object) -> tuple[str, str, str]:
    group, _, version = str(obj.get("apiVersion")).rpartition("/")
    return group, version, str(obj.get("kind"))


def _types(group: str, kinds: str, *, is_namespaced: bool) -> Any:
    return {(group, kind): (plural_of(kind), is_namespaced) for kind in kinds.split()}


_BUILT_IN: Final[Mapping[tuple[str, str], tuple[str, bool | None]]] = {
    **_types(
        "",
        "ConfigMap Secret Service ServiceAccount Pod PersistentVolumeClaim Event LimitRange "
        "PodTemplate ReplicationController ResourceQuota",
        is_namespaced=True,
    ),
    ("", "Endpoints"): ("endpoints", True),
    **_types("", "Namespace Node PersistentVolume", is_namespaced=False),
    **_types(
        "apps", "Deployment StatefulSet DaemonSet ReplicaSet ControllerRevision", is_namespaced=True
    ),
    **_types("batch", "Job CronJob", is_namespaced=True),
    **_types("networking.k8s.io", "Ingress NetworkPolicy", is_namespaced=True),
    **_types("networking.k8s.io", "IngressClass", is_namespaced=False),
    **_types("rbac.authorization.k8s.io", "Role RoleBinding", is_namespaced=True),
    **_types("rbac.authorization.k8s.io", "ClusterRole ClusterRoleBinding", is_namespaced=False),
    **_types("storage.k8s.io", "StorageClass", is_namespaced=False),
    **_types("apiextensions.k8s.io", "CustomResourceDefinition", is_namespaced=False),
    **_types("apiregistration.k8s.io", "APIService", is_namespaced=False),
    **_types(
        "policy.clusterpedia.io", "ClusterImportPolicy PediaClusterLifecycle", is_namespaced=False
    ),
    **_types("cluster.clusterpedia.io", "PediaCluster", is_namespaced=False),
    # Platforms whose scope is not what one would guess, or whose samples come without a CRD.
    **_types("cluster.x-k8s.io", "Cluster", is_namespaced=True),
    **_types("cluster.karmada.io", "Cluster", is_namespaced=False),
    **_types("cluster.open-cluster-management.io", "ManagedCluster", is_namespaced=False),
    **_types("clusters.clusternet.io", "ManagedCluster", is_namespaced=True),
    **_types("cluster.kubesphere.io", "Cluster", is_namespaced=False),
    **_types("management.cattle.io", "Cluster", is_namespaced=False),
    **_types("provisioning.cattle.io", "Cluster", is_namespaced=True),
    **_types("hypershift.openshift.io", "HostedCluster NodePool", is_namespaced=True),
    **_types("hive.openshift.io", "ClusterDeployment", is_namespaced=True),
    **_types("kamaji.clastix.io", "TenantControlPlane", is_namespaced=True),
    **_types("core.gardener.cloud", "Shoot", is_namespaced=True),
    **_types("core.kubefed.io", "KubeFedCluster", is_namespaced=True),
}
