"""Two controllers of the same objects that do not share a lease (O3)."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from development.controller import ControllerProcess
from development.controlplane.client import RestClient
from development.controlplane.rest import ApiFailure
from development.world import (
    LEASE,
    NAMESPACE,
    PEDIACLUSTER,
    SERVICE_ACCOUNT,
    World,
)
from tests.harness import clusterpediachart, platforms
from tests.harness.rights import RBAC
from tests.harness.writes import object_writes

HELM = "helm"
ELSEWHERE = f"--leader-elect-resource-namespace={HELM}"
LEASES = "coordination.k8s.io/v1"
TOLD = "another controller works on the same objects, this one waits until it ends"
BLIND = "cannot see whether another controller works in another namespace"


@pytest.fixture
def world(our_world: World) -> Iterator[World]:
    """Give a test a world in which the controller may hold a lease in a second namespace, too.

    Nothing of it may stay: it would stop other tests' controllers.
    """
    client = our_world.admin
    if not any(obj["metadata"]["name"] == HELM for obj in client.list("v1", "Namespace")):
        client.create(clusterpediachart.namespace(HELM))
    role = client.read(RBAC, "Role", SERVICE_ACCOUNT, NAMESPACE)
    binding = client.read(RBAC, "RoleBinding", SERVICE_ACCOUNT, NAMESPACE)
    for obj in (role, binding):
        our_world.apply({**obj, "metadata": {"name": SERVICE_ACCOUNT, "namespace": HELM}})
    our_world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    our_world.apply(platforms.policy("p"))
    yield our_world
    # Else it would be made again, and outlive its holder by 15 s.
    our_world.stop_controllers()
    with contextlib.suppress(ApiFailure):
        client.delete(LEASES, "Lease", LEASE, HELM)


def told(process: ControllerProcess, message: str) -> list[dict[str, Any]]:
    """Return the lines of the log with a message."""
    lines = [json.loads(line) for line in process.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("msg") == message]


def works(process: ControllerProcess) -> bool:
    return process.metric("leader_election_master_status") == 1


def lease(holder: str) -> dict[str, Any]:
    """Return the lease of a Clusterpedia in the other namespace, renewed now."""
    return {
        "apiVersion": LEASES,
        "kind": "Lease",
        "metadata": {"name": LEASE, "namespace": HELM},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": 15,
            "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }


@contextlib.contextmanager
def held_by_clusterpedia(world: World) -> Iterator[None]:
    """Have somebody renew the lease of the other namespace, as client-go does, for the block."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def renew() -> None:
        try:
            while True:
                world.admin.apply(lease("clusterpedia_1"))
                if stop.wait(2):
                    return
        except Exception as error:  # noqa: BLE001 - raised by the test's thread
            failures.append(error)

    thread = threading.Thread(target=renew, name="clusterpedia")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert failures == []


@pytest.mark.timeout(180)
def test_o3_of_two_processes_in_two_namespaces_one_works(world: World) -> None:
    """The second is not ready, says who works and what to do, writes nothing, and follows on."""
    first = world.controller()
    world.apply(platforms.cluster("one"))
    world.until_pediacluster("p-one")

    mark = world.control_plane.audit_mark()
    second = world.controller(ELSEWHERE, ready=False)
    (line,) = world.until(lambda: told(second, TOLD), "it says so")
    assert line["level"] == "error"
    assert f"lease {NAMESPACE}/{LEASE}, held by " in line["found"]
    assert f"--leader-elect-resource-namespace={NAMESPACE} " in line["remedy"]
    assert second.probe("/readyz") == 503
    world.apply(platforms.cluster("two"))
    world.until_pediacluster("p-two")
    time.sleep(10)
    assert object_writes(world, mark, by=second) == []
    assert told(second, TOLD) == [line]
    assert (works(first), works(second)) == (True, False)
    assert second.metric("clusterimport_other_controllers") == 1
    with pytest.raises(ApiFailure):
        world.admin.read(LEASES, "Lease", LEASE, HELM)

    # The way out: they share a lease, and the other one stands by.
    third = world.controller()
    assert not works(third)
    third.kill()

    first.terminate()
    world.until(lambda: works(second), "the second works", timeout_seconds=40)
    assert second.probe("/readyz") == 200
    world.apply(platforms.cluster("three"))
    world.until_pediacluster("p-three")


@pytest.mark.timeout(180)
def test_o3_two_that_start_at_once_do_not_go_on_both(world: World) -> None:
    """In the end one works, and the other waits."""
    both = [world.controller(ready=False), world.controller(ELSEWHERE, ready=False)]
    world.until(lambda: all(process.probe("/healthz") == 200 for process in both), "both run")

    undecided_at = time.monotonic()

    def is_decided() -> bool:
        nonlocal undecided_at
        if sorted(process.probe("/readyz") for process in both) != [200, 503]:
            undecided_at = time.monotonic()
        return time.monotonic() - undecided_at > 25

    # At first both may be ready, and then, each having seen the other, none.
    world.until(lambda: any(told(process, TOLD) for process in both), "they have met")
    world.until(is_decided, "one is ready, and remains it", timeout_seconds=90)
    assert sorted(map(works, both)) == [False, True]


@pytest.mark.timeout(180)
def test_o3_who_works_yields_to_a_clusterpedia_that_comes(world: World) -> None:
    """Its lease in another namespace is seen within seconds; ours is given back for as long."""
    process = world.controller()
    world.apply(platforms.cluster("one"))
    world.until_pediacluster("p-one")
    with held_by_clusterpedia(world):
        world.until(lambda: process.probe("/readyz") == 503, "it yields", timeout_seconds=15)
        world.until(lambda: not works(process), "it leads no more")
        found = world.admin.read(LEASES, "Lease", LEASE, NAMESPACE)
        assert found["spec"]["holderIdentity"] == ""
        world.apply(platforms.cluster("two"))
        time.sleep(12)
        assert world.names(PEDIACLUSTER) == ["p-one"]
        assert told(process, TOLD)[0]["found"] == f"lease {HELM}/{LEASE}, held by clusterpedia_1"

        # Naming its lease is the way to stand by for it.
        other = world.controller(ELSEWHERE)
        assert not works(other)
        other.kill()
    # Not given back: it is waited for, as any candidate would.
    world.until_pediacluster("p-two", timeout_seconds=45)


def test_o3_a_stale_lease_is_no_obstacle(world: World) -> None:
    """What a Clusterpedia that is gone has left behind delays a start by its duration, no more."""
    world.admin.apply(lease("gone"))
    process = world.controller()
    assert told(process, TOLD) == []
    world.until(lambda: works(process), "it works")


def test_o3_a_deployment_of_clusterpedias_chart(world: World) -> None:
    """While its Pods are available it is refused to work beside it, but under its lease."""
    deployment = clusterpediachart.deployment(HELM)
    world.apply(deployment)
    status = {"replicas": 1, "availableReplicas": 1, "readyReplicas": 1}
    world.admin.patch(
        "apps/v1", "Deployment", LEASE, {"status": status}, namespace=HELM, subresource="status"
    )
    refused = world.controller(ready=False)
    (line,) = world.until(lambda: told(refused, TOLD), "it says so")
    assert line["found"] == f"Deployment {HELM}/{LEASE}, whose Pods are available"
    assert refused.probe("/readyz") == 503
    beside = world.controller(ELSEWHERE)
    world.until(lambda: works(beside), "under its lease it works")

    # With `controllerManager.disabled: true` the chart removes it.
    refused.kill()
    world.stop_controllers()
    world.delete(deployment)
    world.controller()


def test_o3_the_right_is_one_for_a_name(world: World) -> None:
    """Lists over all namespaces are allowed for the one name, by a field selector, and no more."""
    access = world.control_plane.service_account_access(NAMESPACE, SERVICE_ACCOUNT)
    with RestClient(access) as client:
        for path in ("/apis/coordination.k8s.io/v1/leases", "/apis/apps/v1/deployments"):
            client.get(path, fieldSelector=f"metadata.name={LEASE}")
            for query in ({}, {"fieldSelector": "metadata.name=other"}):
                with pytest.raises(ApiFailure) as failure:
                    client.get(path, **query)
                assert failure.value.code == 403


def test_o3_without_the_right_it_works_on_and_says_so_once(world: World) -> None:
    """An installation whose roles are older has what it had before."""
    role = world.admin.read(RBAC, "ClusterRole", SERVICE_ACCOUNT)
    older = [rule for rule in role["rules"] if rule.get("resourceNames") != [LEASE]]
    assert len(older) == len(role["rules"]) - 2
    world.admin.patch(RBAC, "ClusterRole", SERVICE_ACCOUNT, {"rules": older})
    try:
        process = world.controller()
        world.until(lambda: works(process), "it works")
        time.sleep(12)
        assert sorted(line["missing"].split()[4] for line in told(process, BLIND)) == [
            "deployments.apps",
            "leases.coordination.k8s.io",
        ]
    finally:
        world.admin.patch(RBAC, "ClusterRole", SERVICE_ACCOUNT, {"rules": role["rules"]})
