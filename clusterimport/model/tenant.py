"""Who shares resources with whom: the unit of every bound that is not per object."""

from clusterimport.model.lifecycle import policy_of, stored_source, told_source
from clusterimport.model.meta import Object

Tenant = str
"""``namespace/<namespace of the source>``, or ``policy/<name>`` for cluster-scoped sources, whose
writers are trusted with all of their policy; ``nobody`` for what no policy made."""

NOBODY: Tenant = "nobody"
_NAMESPACE = "namespace/"


def tenant_of(lifecycle: Object | None) -> Tenant:
    """Return whose share an import counts against.

    What its status says comes first: whoever edits its spec must not spend another one's share.
    """
    if lifecycle is None:
        return NOBODY
    source = told_source(lifecycle) or stored_source(lifecycle)
    namespace = source.namespace if source else ""
    # Who owns it takes long to find.
    owner = None if namespace else policy_of(lifecycle)
    return tenant_of_source(owner.name if owner else "", namespace)


def tenant_of_source(policy: str, namespace: str) -> Tenant:
    """Return whose share a source counts against, by its policy and namespace."""
    if namespace:
        return f"{_NAMESPACE}{namespace}"
    return f"policy/{policy}" if policy else NOBODY


def namespace_of(tenant: Tenant) -> str:
    """Return the namespace that a tenant stands for, empty for the others."""
    return tenant.removeprefix(_NAMESPACE) if tenant.startswith(_NAMESPACE) else ""
