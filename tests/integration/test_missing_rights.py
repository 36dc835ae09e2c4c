"""What the controller says when it may not read something, and what is enough then (E15).

The control plane of these tests logs reads too.
"""

from typing import Any

import pytest

from development.controlplane.client import RestClient
from development.controlplane.rest import ApiFailure
from development.world import (
    LIFECYCLE,
    NAMESPACE,
    PEDIACLUSTER,
    POLICY,
    SERVICE_ACCOUNT,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.rights import RBAC, aggregated, requests


@pytest.fixture
def world(strict_world: World) -> World:
    """Give a test a world on the control plane that is strict with rights."""
    return strict_world


def bound_role(role: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a Role and the RoleBinding that gives it to the controller."""
    subject = {"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": NAMESPACE}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role"}
    return role, {
        "apiVersion": RBAC,
        "kind": "RoleBinding",
        "metadata": dict(role["metadata"]),
        "roleRef": {**reference, "name": role["metadata"]["name"]},
        "subjects": [subject],
    }


def test_e15_a_source_type_that_may_not_be_listed(world: World) -> None:
    """A policy names the right that its source type needs; the printed role alone is enough."""
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    world.controller()

    ready = world.until_reason(POLICY, "p", "Ready", "MissingPermission")
    assert "listing configmaps is forbidden" in ready["message"]
    assert world.names(LIFECYCLE) == []

    role = world.printed_role(ready["message"])
    assert role["rules"] == [platforms.CONFIGMAPS_RULE]
    world.apply(role)
    world.until_pediacluster("p-one", timeout_seconds=45)
    assert aggregated(world) == role["rules"]
    world.until_reason(POLICY, "p", "Ready", "Imported")


@pytest.mark.parametrize(
    ("verbs", "told"),
    [([], "listing secrets is forbidden"), (["list", "watch"], "reading secrets default/one is")],
    ids=["list", "get"],
)
def test_e15_a_reference_that_may_not_be_read(world: World, verbs: list[str], told: str) -> None:
    """A lifecycle names the right that a reference needs; the printed role alone is enough."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    if verbs:
        world.grant("some", {**platforms.SECRETS_RULE, "verbs": verbs})
    world.apply(platforms.credentials("one"), platforms.cluster("one"))
    world.apply(platforms.secret_policy("p"))
    world.controller()

    created = world.until_reason(LIFECYCLE, "p-one", "Created", "MissingPermission")
    assert told in created["message"]
    assert '"kind": "Role"' not in created["message"]
    assert world.names(PEDIACLUSTER) == []

    role = world.printed_role(created["message"])
    assert role["rules"] == [platforms.SECRETS_RULE]
    world.apply(role)
    world.until_pediacluster("p-one", timeout_seconds=60)
    world.until_reason(LIFECYCLE, "p-one", "Created", "PediaClusterCreated")


@pytest.mark.parametrize(
    "reference",
    [
        {"namespaceTemplate": "vault", "nameTemplate": "{{ .source.metadata.name }}"},
        {
            "namespaceTemplate": "{{ .source.data.vault }}",
            "nameTemplate": "{{ .source.metadata.name }}",
            "allowedNamespaces": ["vault"],
        },
    ],
    ids=["literal", "allowed"],
)
def test_e15_a_role_in_one_namespace(world: World, reference: dict[str, Any]) -> None:
    """Where the policy limits the namespace, the printed Role there is enough for the import."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    vault = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "vault"}}
    if not _exists(world, vault):
        world.admin.create(vault)
    world.apply(platforms.credentials("one", "vault"), platforms.credentials("one", "default"))
    world.apply(platforms.cluster("one", vault="vault"))
    mark = world.control_plane.audit_mark()
    world.apply(
        platforms.secret_policy(
            "p", references=[{"key": "secret", "group": "", "resource": "secrets", **reference}]
        )
    )
    world.controller()

    created = world.until_reason(LIFECYCLE, "p-one", "Created", "MissingPermission")
    role = world.printed_role(created["message"], kind="Role")
    assert role["metadata"]["namespace"] == "vault"
    assert role["rules"] == [platforms.SECRETS_RULE]
    world.apply(*bound_role(role))

    made = world.until_pediacluster("p-one", timeout_seconds=45)
    assert made["spec"]["tokenData"] == encode("token-of-one")
    assert aggregated(world) == [platforms.CONFIGMAPS_RULE], "nothing cluster-wide was needed"
    asked = {event.namespace for event in requests(world, resource="secrets", since=mark)}
    assert asked == {"vault"}, "nothing outside was even asked for"
    access = world.control_plane.service_account_access(NAMESPACE, SERVICE_ACCOUNT)
    with RestClient(access) as controller:
        assert controller.read("v1", "Secret", "one", "vault")
        for namespace in ("default", ""):
            with pytest.raises(ApiFailure, match="403"):
                controller.list("v1", "Secret", namespace)

    world.apply(platforms.credentials("one", "vault", token="rotated"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "and it is followed there",
    )


def _exists(world: World, obj: dict[str, Any]) -> bool:
    try:
        world.admin.read(obj["apiVersion"], obj["kind"], obj["metadata"]["name"])
    except ApiFailure:
        return False
    return True
