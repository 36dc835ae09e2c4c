"""A server that does not answer, views that are wrong, and rights that are missing for a while."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from development.controller import ControllerProcess, condition
from development.controlplane.controlplane import ControlPlane
from development.world import LIFECYCLE, POLICY_API, SERVICE_ACCOUNT, World, encode
from tests.harness import platforms
from tests.harness.proxy import FaultProxy, Request, is_list_of
from tests.harness.rights import RBAC, requests

QUICK_LEASE = (
    "--leader-elect-lease-duration=6s",
    "--leader-elect-renew-deadline=4s",
    "--leader-elect-retry-period=1s",
)
OBJECTS = 40
POLICIES = "clusterimportpolicies"


@pytest.fixture
def proxy(control_plane: ControlPlane) -> Iterator[FaultProxy]:
    """Give a test a proxy in front of the API server."""
    with FaultProxy(control_plane) as running:
        yield running


def verbose(controller: ControllerProcess) -> str:
    """Return what readiness says, whether or not it is given."""
    url = f"http://127.0.0.1:{controller.port}/readyz?verbose"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            text: str = answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode()
    return text


def test_t09_a_replica_without_an_answer_for_longer_than_the_lease_is_not_ready(
    world: World, proxy: FaultProxy
) -> None:
    """It says why, and is ready again with the next answer; a restart would not help it."""
    controller = world.controller(*QUICK_LEASE, through=proxy.url)
    proxy.stall()
    try:
        world.until(lambda: controller.probe("/readyz") == 503, "it is not ready")
        assert "API server (no answer for " in verbose(controller)
        assert "leader election: no answer about the lease" in verbose(controller)
        assert controller.probe("/healthz") == 200
        assert controller.metric("clusterimport_silence_seconds", of="api_server") > 6
        assert controller.metric("clusterimport_silence_seconds", of="lease") > 6
    finally:
        proxy.resume()
    world.until(lambda: controller.probe("/readyz") == 200, "it is ready again")
    # A scrape may be answered with what another one was a moment ago.
    world.until(
        lambda: controller.metric("clusterimport_silence_seconds", of="api_server") < 6,
        "the silence is over",
    )


def test_t09_what_is_stale_is_said_though_the_replica_is_ready(
    world: World, proxy: FaultProxy
) -> None:
    """An informer that fails is named with its reason and since when."""
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    controller = world.controller(through=proxy.url)
    world.until_pediacluster("p-one")

    def broken(request: Request) -> Any:
        if not is_list_of(request, "configmaps"):
            return None
        return 500, {"kind": "Status", "status": "Failure", "code": 500, "reason": "InternalError"}

    proxy.inject(broken)
    said = "informer configmaps.v1.core: failing for "
    world.until(lambda: said in verbose(controller), "the failure is said")
    assert controller.probe("/readyz") == 200


def test_t34_a_policy_list_that_came_empty_once_does_not_stop_a_rotation(
    world: World, proxy: FaultProxy
) -> None:
    """The policy is found alive by a GET, so that its type is listed anew."""
    world.grant("sources", platforms.CONFIGMAPS_RULE, platforms.SECRETS_RULE)
    world.apply(
        platforms.secret_policy("p"), platforms.cluster("one"), platforms.credentials("one")
    )
    first = world.controller()
    world.until_pediacluster("p-one")
    world.until_settled("p")
    assert first.terminate() == 0
    version = str(world.policy("p")["metadata"]["resourceVersion"])
    lied: list[bool] = []

    def empty_once(request: Request) -> Any:
        if not is_list_of(request, POLICIES) or lied:
            return None
        if "sendInitialEvents" in request.query:
            message = "sendInitialEvents: Forbidden"
            return 422, {"kind": "Status", "code": 422, "reason": "Invalid", "message": message}
        lied.append(True)
        return {
            "apiVersion": POLICY_API,
            "kind": "ClusterImportPolicyList",
            "metadata": {"resourceVersion": version},
            "items": [],
        }

    proxy.inject(empty_once)
    controller = world.controller(through=proxy.url)
    assert lied
    rotated = {"data": {"token": encode("rotated")}}
    world.admin.patch("v1", "Secret", "one", rotated, namespace="default")

    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("rotated"),
        "the rotation is followed",
        timeout_seconds=60.0,
    )
    assert controller.metric("clusterimport_informer_contradictions_total") >= 1


def test_t37_a_right_that_is_missing_is_tried_by_one_object(strict_world: World) -> None:
    """Without the right to write their status, forty lifecycles make a few tries together."""
    world = strict_world
    world.grant("sources", platforms.CONFIGMAPS_RULE)
    roles = [
        role
        for role in world.admin.list(RBAC, "ClusterRole")
        if any(
            "pediaclusterlifecycles/status" in (rule.get("resources") or ())
            for rule in role.get("rules") or ()
        )
        and SERVICE_ACCOUNT in role["metadata"]["name"]
    ]
    assert len(roles) == 1
    name, rules = roles[0]["metadata"]["name"], roles[0]["rules"]
    without = [rule for rule in rules if "pediaclusterlifecycles/status" not in rule["resources"]]
    world.admin.patch(RBAC, "ClusterRole", name, {"rules": without})
    try:
        world.apply(platforms.policy("p"))
        world.apply(*[platforms.cluster(f"c{number}") for number in range(OBJECTS)])
        world.controller()
        world.until(lambda: len(world.names("PediaCluster")) == OBJECTS, "all are imported")
        world.remains(lambda: True, "the right is missing", seconds=15)
        refused = requests(world, resource="pediaclusterlifecycles/status")
        assert 1 <= len(refused) <= OBJECTS // 2
    finally:
        world.admin.patch(RBAC, "ClusterRole", name, {"rules": rules})

    world.until(
        lambda: all(
            condition(world.lifecycle(each), "Ready").get("status") == "True"
            for each in world.names(LIFECYCLE)
        ),
        "all say that they are imported",
        timeout_seconds=60.0,
    )
