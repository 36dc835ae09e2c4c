"""The rights that the controller needs for a policy, as objects to apply."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.policies import Policy
from clusterimport.engine.roles import (
    Read,
    cluster_role,
    namespace_role,
    rights_of,
    role_binding,
)


class ServiceAccount(NamedTuple):
    """Who gets the rights."""

    namespace: str
    name: str


CONTROLLER: Final = ServiceAccount("clusterpedia-system", "clusterpedia-controller-manager")
"""The one of the manifests, as of Clusterpedia's."""


def reads_of(policy: Policy) -> Iterator[Read]:
    """Yield what the controller lists, watches and gets for a policy.

    Raises InvalidInput for one that cannot work.
    """
    compiled, record = policy.compiled, policy.record
    if compiled is None:
        assert policy.invalid is not None
        raise InvalidInput(policy.invalid.text, place=policy.invalid.place)
    yield Read(record.source.group_resource)
    for index, reference in enumerate(record.references):
        for namespace in compiled.reference_namespaces(index) or ("",):
            yield Read(reference.group_resource, namespace)


def roles_of(policy: Policy, account: ServiceAccount = CONTROLLER) -> list[dict[str, Any]]:
    """Return a ClusterRole, and a Role with its binding for each namespace that is fixed.

    They are called after the policy; the ClusterRole's label adds it to the controller's rights.
    Raises InvalidInput as ``reads_of``.
    """
    rights, name = rights_of(reads_of(policy)), f"clusterimport-{policy.record.name}"
    found = [cluster_role(rights.wide, name=name)]
    for namespace, types in rights.narrow.items():
        role = namespace_role(types, namespace, name=name)
        binding = role_binding(role, account=account.name, namespace=account.namespace)
        found += [role, binding]
    return found
