"""What Clusterpedia's controller-manager leaves behind, for ``platforms.secret_policy``."""

from datetime import UTC, datetime
from typing import Any

from development.clusterpedia import LIFECYCLE_FINALIZER
from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.fakes.pki.material import CA


def leave_as_clusterpedia(
    world: World, source: str, *, is_owned: bool = True, policy: str = "p", **spec: Any
) -> None:
    """Make a lifecycle and its PediaCluster in the form that Clusterpedia's manager gives them.

    ``spec`` has fields of the PediaCluster in place of those that the policy renders; None: none.
    """
    obj = world.policy(policy)
    name = f"{policy}-{source}"
    (reference,) = obj["spec"]["references"]
    lifecycle = world.create(
        {
            "apiVersion": POLICY_API,
            "kind": LIFECYCLE,
            "metadata": {
                "name": name,
                "finalizers": [LIFECYCLE_FINALIZER],
                "ownerReferences": [
                    {
                        "apiVersion": POLICY_API,
                        "kind": POLICY,
                        "name": policy,
                        "uid": obj["metadata"]["uid"],
                        "controller": True,
                        "blockOwnerDeletion": True,
                    }
                ],
            },
            "spec": {
                "source": {
                    "group": "",
                    "version": "v1",
                    "resource": "configmaps",
                    "namespace": "default",
                    "name": source,
                },
                "references": [{**reference, "version": "v1"}],
                "template": obj["spec"]["template"],
                "creationCondition": obj["spec"]["creationCondition"],
            },
        }
    )
    owner = {
        "apiVersion": POLICY_API,
        "kind": LIFECYCLE,
        "name": name,
        "uid": lifecycle["metadata"]["uid"],
    }
    rendered = {
        "apiserver": "https://192.0.2.1:6443",
        "caData": encode(CA),
        "tokenData": encode(f"token-of-{source}"),
        "syncResources": [],
        **spec,
    }
    world.create(
        {
            "apiVersion": CLUSTER_API,
            "kind": PEDIACLUSTER,
            "metadata": {"name": name, **({"ownerReferences": [owner]} if is_owned else {})},
            "spec": {field: value for field, value in rendered.items() if value is not None},
        }
    )
    found = {"group": "", "version": "v1", "resource": "secrets", "namespace": "default"}
    created = {
        "type": "Created",
        "status": "True",
        "reason": "PediaClusterCreated",
        "message": "",
        "lastTransitionTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    status = {"references": [{**found, "name": source}], "conditions": [created]}
    world.admin.patch(POLICY_API, LIFECYCLE, name, {"status": status}, subresource="status")
