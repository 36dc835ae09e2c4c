"""What the condition Validated finds, on the real API server, all at once (T23)."""

import json
from typing import Any

from development.controller import condition
from development.world import POLICY, World
from tests.harness import platforms

NAMESPACE = "vault-to-come"


def test_t23_all_that_is_wrong_is_told_at_once(world: World) -> None:
    """Names of types, scopes, fields and constants; once mended, the policy is in force."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    reference = {"key": "secret", "group": "v1", "resource": "Secret", "nameTemplate": "x"}
    node = {"key": "node", "group": "", "resource": "namespaces", "nameTemplate": "x"}
    world.apply(
        platforms.policy(
            "p",
            source={"group": "", "resource": "cm", "selectorTemplate": "{{ .references.secret }}"},
            references=[reference, {**node, "namespaceTemplate": "default"}],
            nameTemplate="{{ .Source.metadata.name }}",
            creationCondition="never",
            template='kind: Secret\nspec: {apiserver: "{{ .source.data.server }}"}',
        )
    )
    world.controller()

    told = world.until_reason(POLICY, "p", "Validated", "InvalidPolicy")
    assert told["status"] == "False"
    for part in (
        "spec.source.selectorTemplate: reads .references",
        "spec.nameTemplate: reads .Source, and there is none; did you mean .source?",
        "spec.template: line 1: kind must be PediaCluster",
        "spec.creationCondition: always prints `never`",
        "spec.source: the server has no cm that",
        "did you mean configmaps of the core group",
        "spec.references[0]: the server has no Secret.v1 that",
        "did you mean secrets of the core group",
        "spec.references[node].namespaceTemplate: namespaces are cluster-scoped",
    ):
        assert part in told["message"]
    assert condition(world.policy("p"), "Ready")["reason"] == "InvalidPolicy"

    world.apply(platforms.secret_policy("p"), platforms.credentials("one"))
    world.apply(platforms.cluster("one"))
    world.until_pediacluster("p-one")
    world.until_reason(POLICY, "p", "Validated", "Success")


def test_t23_a_secret_needs_a_namespace(world: World) -> None:
    """A reference to a namespaced type that names no namespace could lead nowhere (c18)."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    reference = {
        "key": "secret",
        "group": "",
        "resource": "secrets",
        "nameTemplate": "{{ .source.metadata.name }}",
    }
    world.apply(platforms.secret_policy("p", references=[reference]))
    world.controller()

    told = world.until_reason(POLICY, "p", "Validated", "InvalidPolicy")
    assert told["message"].startswith(
        "spec.references[secret].namespaceTemplate: secrets live in namespaces"
    )
    assert "`{{ .source.metadata.namespace }}`" in told["message"]


def test_t23_a_namespace_that_is_not_there_yet(world: World) -> None:
    """A policy says which namespace is missing, and goes on by itself when it comes."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    reference: dict[str, Any] = {
        "key": "secret",
        "group": "",
        "resource": "secrets",
        "namespaceTemplate": NAMESPACE,
        "nameTemplate": "{{ .source.metadata.name }}",
    }
    world.apply(platforms.secret_policy("p", references=[reference]), platforms.cluster("one"))
    world.controller()
    told = world.until_reason(POLICY, "p", "Validated", "InvalidPolicy")
    assert f"namespace {NAMESPACE} does not exist" in told["message"]

    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    world.create(namespace)
    world.apply(platforms.credentials("one", NAMESPACE))
    world.until_pediacluster("p-one")
    world.until_reason(POLICY, "p", "Validated", "Success", timeout_seconds=45)


def test_t23_all_missing_rights_are_told_at_once(world: World) -> None:
    """One role, in JSON that every kubectl reads, has all that is missing, and is enough."""
    world.apply(platforms.secret_policy("p"), platforms.credentials("one"))
    world.apply(platforms.cluster("one"))
    world.controller()

    world.until_reason(POLICY, "p", "Validated", "MissingPermission")
    told = world.until(
        lambda: (
            found
            if "configmaps, secrets is forbidden"
            in (found := condition(world.policy("p"), "Validated"))["message"]
            else None
        ),
        "both are told",
    )
    role = world.printed_role(told["message"])
    assert json.loads(json.dumps(role)) == role
    (rule,) = role["rules"]
    assert (rule["apiGroups"], rule["resources"]) == ([""], ["configmaps", "secrets"])
    assert condition(world.policy("p"), "Ready")["message"] == told["message"]

    world.apply(role)
    world.until_pediacluster("p-one", timeout_seconds=60)
    world.until_reason(POLICY, "p", "Validated", "Success")
