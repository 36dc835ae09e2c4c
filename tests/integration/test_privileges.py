"""What the controller may do, that it needs all of it, and nothing else (E15).

The control plane of these tests has the admission plugin OwnerReferencesPermissionEnforcement on,
and logs reads too.
"""

from typing import Any

import pytest

from development.controller import condition
from development.controlplane.audit import AuditEvent
from development.controlplane.client import RestClient
from development.controlplane.rest import ApiFailure
from development.world import (
    LIFECYCLE,
    NAMESPACE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    SERVICE_ACCOUNT,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.rights import RBAC, aggregated, requests
from tests.harness.writes import USER

EVERYWHERE = ""
READ = {"get", "list", "watch"}
GRANTED = [
    # (namespace or everywhere, group, resource, verbs, names)
    (EVERYWHERE, "", "namespaces", "get", ""),
    (EVERYWHERE, "apiextensions.k8s.io", "customresourcedefinitions", "get list watch", ""),
    (EVERYWHERE, "apps", "deployments", "list", SERVICE_ACCOUNT),
    (EVERYWHERE, "coordination.k8s.io", "leases", "list", SERVICE_ACCOUNT),
    (EVERYWHERE, "apiregistration.k8s.io", "apiservices", "get list watch", ""),
    (
        EVERYWHERE,
        "cluster.clusterpedia.io",
        "pediaclusters",
        "create delete get list patch watch",
        "",
    ),
    (EVERYWHERE, "cluster.clusterpedia.io", "pediaclusters/status", "patch", ""),
    (EVERYWHERE, "events.k8s.io", "events", "create", ""),
    (EVERYWHERE, "policy.clusterpedia.io", "clusterimportpolicies", "get list patch watch", ""),
    (EVERYWHERE, "policy.clusterpedia.io", "clusterimportpolicies/finalizers", "update", ""),
    (EVERYWHERE, "policy.clusterpedia.io", "clusterimportpolicies/status", "patch", ""),
    (
        EVERYWHERE,
        "policy.clusterpedia.io",
        "pediaclusterlifecycles",
        "create delete get list patch watch",
        "",
    ),
    (EVERYWHERE, "policy.clusterpedia.io", "pediaclusterlifecycles/status", "patch update", ""),
    (NAMESPACE, "coordination.k8s.io", "leases", "create", ""),
    (NAMESPACE, "coordination.k8s.io", "leases", "get update watch", SERVICE_ACCOUNT),
]
"""Every right of the ServiceAccount while no policy has brought one along."""
Rule = tuple[str, str, str, str, str]


@pytest.fixture
def world(strict_world: World) -> World:
    """Give a test a world on the control plane that is strict with rights."""
    return strict_world


def bound_rules(world: World) -> list[dict[str, Any]]:
    """Return the rules of every role that is bound to the ServiceAccount, with their namespace."""
    rules = []
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for binding in world.admin.list(RBAC, kind):
            if any(_is_ours(subject) for subject in binding.get("subjects") or ()):
                role, namespace = binding["roleRef"], binding["metadata"].get("namespace", "")
                found = world.admin.read(
                    RBAC, role["kind"], role["name"], namespace if role["kind"] == "Role" else ""
                )
                rules += [{**rule, "namespace": namespace} for rule in found.get("rules") or ()]
    return rules


def _is_ours(subject: dict[str, Any]) -> bool:
    if subject["kind"] == "ServiceAccount":
        return (subject["namespace"], subject["name"]) == (NAMESPACE, SERVICE_ACCOUNT)
    return bool(subject["name"] in {USER, f"system:serviceaccounts:{NAMESPACE}"})


def flattened(rules: list[dict[str, Any]]) -> list[Rule]:
    """Return one line per group and resource, sorted."""
    return sorted(
        (
            rule["namespace"],
            group,
            resource,
            " ".join(sorted(rule["verbs"])),
            " ".join(rule.get("resourceNames") or ()),
        )
        for rule in rules
        for group in rule.get("apiGroups") or ("",)
        for resource in rule.get("resources") or rule["nonResourceURLs"]
    )


def test_e15_the_golden_list(world: World) -> None:
    """The rules bound to the ServiceAccount are these, without a wildcard or a right on Secrets."""
    # What another test has granted goes a moment after it.
    world.until(lambda: aggregated(world) == [], "no policy brings one along")

    assert flattened(bound_rules(world)) == sorted(GRANTED)


def test_e15_what_policies_bring_along(world: World) -> None:
    """The examples' roles are taken in together, and add nothing but reading of named types."""
    for platform in ("cluster-api", "karmada", "vcluster", "mcp"):
        world.apply_example(platform, "clusterrole")
    world.until(lambda: len(aggregated(world)) >= 4, "the roles are aggregated")

    added = [line for line in flattened(bound_rules(world)) if line not in GRANTED]
    assert {resource for _, group, resource, _, _ in added if not group} == {"secrets"}
    for line in added:
        _, group, resource, verbs, _ = line
        assert set(verbs.split()) <= READ, line
        assert "*" not in (group, resource), line


NOT_REQUESTED = {
    # Only looked at by the admission plugin.
    ("clusterimportpolicies/finalizers", "update"),
    # For the health of imported clusters, which these do not have.
    ("pediaclusters/status", "patch"),
    # For a status of which another writer holds a part.
    ("pediaclusterlifecycles/status", "patch"),
}
"""The rights to write that no request of the story needs."""


def test_e15_a_whole_story(world: World) -> None:
    """An import from its policy to its end is all allowed, under the admission plugin too."""
    mark = world.control_plane.audit_mark()
    world.apply_example("mcp", "platform-crd", "clusterrole", "policy", "samples")
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    # A field of ours, so that the annotation that guards it is written.
    world.apply(platforms.secret_policy("p", updatePolicy="All"))
    for name in ("one", "two"):
        world.apply(platforms.credentials(name), platforms.cluster(name))
    world.apply(platforms.cluster("refused", server="http://192.0.2.9"))
    world.apply(platforms.credentials("refused"))
    leader = world.controller()
    world.controller()

    world.until(
        lambda: world.names(PEDIACLUSTER) == ["mcp-cluster-1", "p-one", "p-two"],
        "all are imported",
    )
    world.until_reason(LIFECYCLE, "p-refused", "Created", "CredentialRejected")
    owner = world.lifecycle("p-one")["metadata"]["ownerReferences"][0]
    assert (owner["controller"], owner["blockOwnerDeletion"]) == (True, True)
    world.apply(platforms.credentials("one", token="rotated"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "a change is followed",
    )
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"creationCondition": "TRUE"}})
    world.until(
        lambda: world.lifecycle("p-one")["spec"]["creationCondition"] == "TRUE",
        "a changed policy is followed",
    )
    world.admin.delete("v1", "ConfigMap", "two", "default")
    world.until_gone(PEDIACLUSTER, "p-two")
    leader.terminate()
    world.admin.delete(POLICY_API, POLICY, "p")
    world.until(lambda: world.names(PEDIACLUSTER) == ["mcp-cluster-1"], "the other went on")

    asked = requests(world, since=mark)
    assert [event.raw for event in asked if event.code == 403] == []
    assert unused_writes(asked) == NOT_REQUESTED


def unused_writes(asked: list[AuditEvent]) -> set[tuple[str, str]]:
    """Return the rights to write of the golden list that no request has needed."""
    used = {
        (f"{e.resource}/{e.subresource}" if e.subresource else e.resource, e.verb) for e in asked
    }
    granted = {
        (resource, verb)
        for _, _, resource, verbs, _ in GRANTED
        for verb in set(verbs.split()) - READ
    }
    return granted - used


def test_e15_the_plugin_is_on(world: World) -> None:
    """Without the right on finalizers a lifecycle that blocks its policy's deletion is refused."""
    rule = {
        "apiGroups": ["policy.clusterpedia.io"],
        "resources": ["pediaclusterlifecycles"],
        "verbs": ["create"],
    }
    role = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": "e15"}, "rules": [rule]}
    world.apply(
        role,
        {
            "apiVersion": RBAC,
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "e15"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "e15",
            },
            "subjects": [{"kind": "User", "name": "e15"}],
        },
    )
    policy = world.create(platforms.policy("p"))
    lifecycle = {
        "apiVersion": POLICY_API,
        "kind": LIFECYCLE,
        "metadata": {
            "name": "p-one",
            "ownerReferences": [
                {
                    "apiVersion": POLICY_API,
                    "kind": POLICY,
                    "name": "p",
                    "uid": policy["metadata"]["uid"],
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
                "name": "one",
            },
            "references": [],
            "template": "x",
            "creationCondition": "true",
        },
    }
    with RestClient(world.control_plane.user_access("e15")) as user:

        def refusal() -> str:
            with pytest.raises(ApiFailure) as refused:
                user.create(lifecycle)
            return refused.value.message

        # The authorizer learns of the binding a moment after it was made.
        world.until(lambda: "cannot set blockOwnerDeletion" in refusal(), "the plugin refuses")
        assert condition(world.policy("p"), "Ready") == {}
