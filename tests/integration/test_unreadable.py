"""What a policy says that cannot read (T20), and of what it does not import (T21, T22)."""

from collections.abc import Iterator
from typing import Any

import pytest

from development.controller import condition
from development.controlplane.controlplane import ControlPlane
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, World, encode
from tests.harness import platforms
from tests.harness.proxy import FaultProxy, Request, Rule, is_list_of

COUNTS = ("sources", "selected", "imported", "waiting", "failed")
A_MINUTE = 150.0
"""A failure has to last a minute before it is told; back-off comes on top."""


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[FaultProxy]:
    """Give a test a proxy in front of the API server."""
    with FaultProxy(control_plane) as running:
        yield running


def counts(world: World, policy: str = "p") -> dict[str, int]:
    """Return the numbers of a policy's status."""
    status = world.policy(policy)["status"]
    return {name: status[name] for name in COUNTS if name in status}


def failing(resource: str, code: int, reason: str, message: str) -> Rule:
    """Have every list and watch of a type refused."""

    def answer(request: Request) -> Any:
        if not is_list_of(request, resource):
            return None
        return code, {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": code,
            "reason": reason,
            "message": message,
        }

    return answer


def importing(world: World) -> None:
    """Let two clusters with their Secrets be there, and a ConfigMap that is none."""
    world.grant("all", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(policy())
    for name in ("one", "two"):
        world.apply(platforms.credentials(name), platforms.cluster(name))
    world.apply(platforms.cluster("none", labels={"import": "no"}))


def policy(**spec: Any) -> dict[str, Any]:
    """Return a policy that sees no ConfigMaps but those of the test."""
    source = {
        "group": "",
        "resource": "configmaps",
        "labelSelector": "import",
        "selectorTemplate": platforms.SELECT_IMPORTED,
    }
    return platforms.secret_policy("p", source=source, **spec)


@pytest.mark.timeout(400)
def test_t20_what_cannot_be_read_is_told_after_a_minute(world: World, proxy: FaultProxy) -> None:
    """With causes and remedies, and with the counts of before; also by a new leader."""
    importing(world)
    controller = world.controller(through=proxy.url)
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_reason(POLICY, "p", "Ready", "Imported")
    before = {"sources": 3, "selected": 2, "imported": 2, "waiting": 0, "failed": 0}
    world.until(lambda: counts(world) == before, "all is counted")

    proxy.inject(failing("configmaps", 500, "InternalError", "conversion webhook for x failed"))
    proxy.inject(failing("secrets", 503, "ServiceUnavailable", "currently unable"))
    ready = world.until_reason(POLICY, "p", "Ready", "SourcesUnreadable", timeout_seconds=A_MINUTE)
    assert ready["status"] == "Unknown"

    def told() -> str:
        return str(condition(world.policy("p"), "Ready")["message"])

    # Each has a minute of its own, and either may be the first that is over.
    both = ("configmaps cannot", "reference secret")
    world.until(lambda: all(part in told() for part in both), "both are told")
    message = told()
    for part in (
        "configmaps cannot be read: ",
        "conversion webhook for x failed",
        "kubectl describe customresourcedefinition configmaps",
        "secrets (reference secret) cannot be read: ",
        "currently unable",
        "the API server itself",
    ):
        assert part in message
    assert counts(world) == before
    assert condition(world.policy("p"), "Validated")["status"] == "True"

    assert controller.terminate() == 0
    again = world.controller(through=proxy.url)
    # Longer than a new leader is quiet about what it does not know yet.
    world.remains(lambda: counts(world) == before, "the counts stay", seconds=35)
    assert again.metric("clusterimport_sources", policy="p", state="imported") == 2
    assert condition(world.policy("p"), "Ready")["status"] == "Unknown"
    assert world.names(PEDIACLUSTER) == ["p-one", "p-two"]

    proxy.heal()
    world.until_reason(POLICY, "p", "Ready", "Imported", timeout_seconds=75)
    assert counts(world) == before


def test_t20_a_type_whose_server_is_away_is_not_missing(world: World) -> None:
    """A type that nobody can name is neither installed nor not; once it answers, it goes on."""
    name = "v1.lab.example"
    world.create(
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": name},
            "spec": {
                "group": "lab.example",
                "version": "v1",
                "groupPriorityMinimum": 1000,
                "versionPriority": 15,
                "insecureSkipTLSVerify": True,
                "service": {"name": "away", "namespace": "default"},
            },
        }
    )
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", source={"group": "lab.example", "resource": "clusters"}))
    world.controller()

    told = world.until_reason(POLICY, "p", "Validated", "APIServiceUnavailable")
    assert told["status"] == "Unknown"
    assert f"kubectl describe apiservice {name}" in told["message"]
    ready = condition(world.policy("p"), "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "SourcesUnreadable")

    world.admin.delete("apiregistration.k8s.io/v1", "APIService", name)
    told = world.until_reason(POLICY, "p", "Validated", "FailedNegotiateSourceResource")
    assert told["status"] == "False"


CONDITION = "{{ .source.data.ready }}"


def test_t21_a_policy_that_imports_nothing_is_not_ready(world: World) -> None:
    """It waits, and says for whom and why, in columns, conditions, an Event and a metric."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", creationCondition=CONDITION))
    controller = world.controller()
    ready = world.until_reason(POLICY, "p", "Ready", "NothingSelected")
    assert ready["status"] == "True"

    world.apply(platforms.cluster("one"), platforms.cluster("two", ready="False"))
    ready = world.until_reason(POLICY, "p", "Ready", "Waiting")
    assert ready["status"] == "Unknown"
    world.until(lambda: counts(world)["waiting"] == 2, "both wait")
    message = condition(world.policy("p"), "Ready")["message"]
    assert "0 of 2 imported, 2 waiting: default/one: WaitCreationCondition" in message
    assert controller.metric("clusterimport_sources", policy="p", state="waiting") == 2
    # The policies of other tests have had this name, and their Events are still there.
    uid = world.policy("p")["metadata"]["uid"]

    def told() -> list[str]:
        events = world.admin.list("events.k8s.io/v1", "Event", "default")
        about = [event for event in events if event["regarding"].get("uid") == uid]
        return [event["type"] for event in about if event["reason"] == "Waiting"]

    world.until(told, "an Event tells")
    assert told() == ["Normal"]

    created = {name: condition(world.lifecycle(f"p-{name}"), "Created") for name in ("one", "two")}
    assert "prints nothing, not `true`, since 20" in created["one"]["message"]
    assert "prints `false`, not `true`, since 20" in created["two"]["message"]
    assert all("what it reads is unchanged since 20" in one["message"] for one in created.values())

    world.apply(platforms.cluster("one", ready="true"))
    world.until_pediacluster("p-one")
    ready = world.until_reason(POLICY, "p", "Ready", "Imported")
    assert ready["message"] == ("1 of 2 imported, 1 waiting: default/two: WaitCreationCondition")


def test_t22_an_imported_cluster_without_its_secret_is_imported_and_failed(world: World) -> None:
    """Its PediaCluster stands, and is not kept up to date: the policy names it with the reason."""
    importing(world)
    world.controller()
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    world.admin.delete("v1", "Secret", "one", "default")

    ready = world.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    assert (
        "1 of 2 sources failed. 1 cannot be created or updated: default/one: " in ready["message"]
    )
    assert "ReferenceResourceNotFound" in ready["message"]
    found = counts(world)
    assert (found["imported"], found["waiting"], found["failed"]) == (2, 0, 1)

    seen = found["sources"]
    world.delete(platforms.cluster("none"))
    world.until(lambda: counts(world)["sources"] == seen - 1, "what is gone counts no more")


def test_t22_a_policy_edited_while_nobody_leads(world: World, proxy: FaultProxy) -> None:
    """Until its sources are listed it is not ready, and its counts are those of before."""
    importing(world)
    controller = world.controller(through=proxy.url)
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-one", "p-two"], "both are imported")
    world.until_settled("p")
    before = counts(world)
    assert controller.terminate() == 0
    generation = world.policy("p")["metadata"]["generation"]
    world.apply(policy(updatePolicy="All"))
    assert world.policy("p")["metadata"]["generation"] == generation + 1

    proxy.inject(failing("configmaps", 503, "ServiceUnavailable", "not yet"))
    world.controller(through=proxy.url)
    ready = world.until_reason(POLICY, "p", "Ready", "Listing")
    assert ready["status"] == "Unknown"
    assert counts(world) == before
    proxy.heal()
    ready = world.until_reason(POLICY, "p", "Ready", "Imported", timeout_seconds=75)
    assert ready["observedGeneration"] == generation + 1
    world.apply(platforms.credentials("one", token="rotated"))
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "it is followed",
    )
    assert condition(world.lifecycle("p-one"), "Updating")["reason"] == "PediaClusterUpdated"
    assert world.names(LIFECYCLE) == ["p-one", "p-two"]
