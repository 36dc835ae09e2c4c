"""Names of resource types: what discovery, REST paths and caches are keyed by."""

from typing import NamedTuple


class GroupResource(NamedTuple):
    """A resource type without its version; the core group is the empty string."""

    group: str
    resource: str

    def __str__(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource


class GroupVersionResource(NamedTuple):
    """A type as REST paths carry it."""

    group: str
    version: str
    resource: str

    @property
    def group_resource(self) -> GroupResource:
        """The same type without its version."""
        return GroupResource(self.group, self.resource)

    @property
    def api_version(self) -> str:
        """The value of ``apiVersion`` for objects of this type."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, *, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Build the URL path of a collection, an object or a subresource, unquoted.

        Names of Kubernetes objects need no quoting once they are valid; the REST layer quotes
        every segment again, so that an invalid one cannot leave its place.
        """
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root]
        if namespace:
            parts += ["namespaces", namespace]
        parts.append(self.resource)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)

    def __str__(self) -> str:
        return f"{self.resource}.{self.version}.{self.group or 'core'}"


POLICIES = GroupVersionResource("policy.clusterpedia.io", "v1alpha1", "clusterimportpolicies")
LIFECYCLES = GroupVersionResource("policy.clusterpedia.io", "v1alpha1", "pediaclusterlifecycles")
PEDIACLUSTERS = GroupVersionResource("cluster.clusterpedia.io", "v1alpha2", "pediaclusters")
CUSTOM_RESOURCE_DEFINITIONS = GroupVersionResource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions"
)
API_SERVICES = GroupVersionResource("apiregistration.k8s.io", "v1", "apiservices")
LEASES = GroupVersionResource("coordination.k8s.io", "v1", "leases")
DEPLOYMENTS = GroupVersionResource("apps", "v1", "deployments")
EVENTS = GroupVersionResource("events.k8s.io", "v1", "events")
NAMESPACES = GroupVersionResource("", "v1", "namespaces")
SECRETS = GroupVersionResource("", "v1", "secrets")


def crd_name(gvr: GroupVersionResource) -> str:
    """Return the name that the CustomResourceDefinition of a type has, if it has one."""
    return f"{gvr.resource}.{gvr.group}"
