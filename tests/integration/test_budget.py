"""Many deletions at once wait for a person (E09)."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from development.controller import condition
from development.controlplane.rest import ApiFailure
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import platforms
from tests.harness.eithercrds import either_crds

ALLOW = "policy.clusterpedia.io/allow-deletions"
COUNT = 100


def import_hundred(world: World) -> None:
    """Import a hundred clusters."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    with ThreadPoolExecutor(4) as pool:
        clusters = [platforms.cluster(f"c{number:03}") for number in range(COUNT)]
        list(pool.map(world.apply, clusters))
    world.apply(platforms.policy("p"))


def delete_sources(world: World, numbers: range) -> None:
    """Delete sources as fast as the server takes it."""
    with ThreadPoolExecutor(8) as pool:
        delete = partial(world.admin.delete, "v1", "ConfigMap", namespace="default")
        list(pool.map(delete, [f"c{number:03}" for number in numbers]))


def pediacluster_by_hand(name: str) -> dict[str, Any]:
    """Return a PediaCluster that a person made."""
    return {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": name},
        "spec": {"apiserver": "https://192.0.2.77:6443", "syncResources": []},
    }


def token_of(world: World) -> str:
    """Return the token that the condition names."""
    message = condition(world.policy("p"), "DeletionBlocked")["message"]
    assert f"{ALLOW}=" in message, message
    return str(message.partition(f"{ALLOW}=")[2].split()[0])


def released_by(world: World) -> int:
    """Return how many lifecycles the tokens of the policy release."""
    held = world.policy("p")["status"].get("heldDeletions") or ()
    return sum(entry["count"] for entry in held)


@either_crds
def test_e09_half_of_a_hundred_vanish(world: World) -> None:
    """None of 50 is deleted, also after a restart; the token releases exactly those, once."""
    import_hundred(world)
    controller = world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) == COUNT, "a hundred clusters")
    world.until_settled("p")

    delete_sources(world, range(50))
    blocked = world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert blocked["status"] == "True"
    assert "50 lifecycles" in blocked["message"]
    assert len(world.names(PEDIACLUSTER)) == COUNT
    assert controller.metric("clusterimport_deletions_blocked", policy="p") == 50
    assert controller.metric("clusterimport_delete_blocked_total", policy="p") >= 1

    uid = world.policy("p")["metadata"]["uid"]

    def is_told() -> bool:
        events = world.admin.list("events.k8s.io/v1", "Event", "default")
        return any(
            event["reason"] == "DeletionBlocked" and event["regarding"].get("uid") == uid
            for event in events
        )

    world.until(is_told, "an Event about the policy")
    token = token_of(world)

    assert controller.terminate() == 0
    mark = world.control_plane.audit_mark()
    controller = world.controller()
    world.until(
        lambda: controller.metric("clusterimport_deletions_blocked", policy="p") == 50,
        "the restarted controller is blocked too",
    )
    assert len(world.names(PEDIACLUSTER)) == COUNT
    deletes = world.control_plane.audit_events(verb="delete", resource="pediaclusters", since=mark)
    assert deletes == []
    assert token_of(world) == token, "the same set has the same token"

    world.apply(platforms.cluster("c000"))
    world.until(
        lambda: controller.metric("clusterimport_deletions_blocked", policy="p") == 49,
        "a source that came back is not among them any more",
    )
    world.admin.patch(POLICY_API, POLICY, "p", {"metadata": {"annotations": {ALLOW: "wrong"}}})
    world.until(lambda: token_of(world) != token, "another set has another token")
    token = token_of(world)
    world.admin.patch(POLICY_API, POLICY, "p", {"metadata": {"annotations": {ALLOW: token}}})
    left = ["p-c000", *(f"p-c{number:03}" for number in range(50, COUNT))]
    world.until(lambda: world.names(PEDIACLUSTER) == left, "exactly those are released")
    world.until(lambda: world.names(LIFECYCLE) == left, "with their lifecycles")
    world.until_reason(POLICY, "p", "DeletionBlocked", "NothingBlocked")

    delete_sources(world, range(60, 80))
    world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert world.names(PEDIACLUSTER) == left, "the token was good once"


@either_crds
def test_e09_a_token_is_good_whenever_its_set_stands(world: World) -> None:
    """Of another set it is not; when the same is blocked once more, also after a restart, it is."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    clusters = [platforms.cluster(f"c{number:03}") for number in range(8)]
    world.apply(platforms.policy("p"), *clusters)
    controller = world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) == 8, "all are imported")
    world.until_settled("p")

    delete_sources(world, range(6))
    world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    token = token_of(world)
    delete_sources(world, range(6, 7))
    world.until(lambda: token_of(world) != token, "another set has another token")
    world.admin.patch(POLICY_API, POLICY, "p", {"metadata": {"annotations": {ALLOW: token}}})
    world.remains(lambda: len(world.names(PEDIACLUSTER)) == 8, "seven are not the six", seconds=4)
    world.apply(*clusters[:7])
    world.until_reason(POLICY, "p", "DeletionBlocked", "NothingBlocked")
    assert controller.terminate() == 0
    world.controller()

    delete_sources(world, range(6))
    world.until(lambda: world.names(PEDIACLUSTER) == ["p-c006", "p-c007"], "they are released")
    world.until(lambda: world.names(LIFECYCLE) == ["p-c006", "p-c007"], "with their lifecycles")


def test_t53_a_release_that_is_half_done_goes_on_after_a_crash(world: World) -> None:
    """Of sixty some are gone when the controller is killed; the next one deletes the rest."""
    import_hundred(world)
    controller = world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) == COUNT, "a hundred clusters")
    world.until_settled("p")
    assert controller.terminate() == 0
    controller = world.controller("--kube-api-qps=20", "--kube-api-burst=20")
    delete_sources(world, range(60))
    world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    world.until(lambda: released_by(world) == 60, "all are blocked together")
    world.admin.patch(
        POLICY_API, POLICY, "p", {"metadata": {"annotations": {ALLOW: token_of(world)}}}
    )
    world.until(lambda: len(world.names(LIFECYCLE)) < COUNT, "the first of them go")
    world.kill(controller)
    assert len(world.names(PEDIACLUSTER)) > 60, "most of them stand"
    (released,) = world.policy("p")["status"]["releasedDeletions"]
    assert (released["namespace"], released["count"]) == ("default", 60)
    world.controller()
    left = [f"p-c{number:03}" for number in range(60, COUNT)]
    world.until(lambda: world.names(PEDIACLUSTER) == left, "exactly those go")
    world.until(lambda: world.names(LIFECYCLE) == left, "with their lifecycles")
    world.until_reason(POLICY, "p", "DeletionBlocked", "NothingBlocked")
    world.until(
        lambda: "releasedDeletions" not in world.policy("p")["status"], "nothing of it is left"
    )


def test_e09_a_restart_does_not_give_a_new_budget(world: World) -> None:
    """Deletions within the budget are remembered by the policy, so the next ones add to them."""
    import_hundred(world)
    controller = world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) == COUNT, "a hundred clusters")
    world.until_settled("p")

    delete_sources(world, range(8))
    world.until(lambda: len(world.names(PEDIACLUSTER)) == COUNT - 8, "eight of a hundred go")
    assert len(world.policy("p")["status"]["deletions"]) == 8

    world.kill(controller)
    delete_sources(world, range(8, 11))
    world.controller()
    world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert len(world.names(PEDIACLUSTER)) == COUNT - 8


def test_t13_a_policy_says_how_many_may_go(world: World) -> None:
    """A number or a percentage, which the server checks; another one is in force at once."""
    for said in (-1, 1001, "101%", "5", "", True):
        with pytest.raises(ApiFailure) as refused:
            world.admin.create(platforms.policy("refused", maxDeletions=said))
        assert refused.value.code == 422, said
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(*(platforms.cluster(f"c{number:03}") for number in range(10)))
    world.apply(platforms.policy("p", maxDeletions=2))
    world.controller()
    world.until(lambda: len(world.names(PEDIACLUSTER)) == 10, "all are imported")
    settled = world.until_settled("p")
    extensions = settled["metadata"]["annotations"]["policy.clusterpedia.io/extensions"]
    assert extensions == "maxDeletions"

    delete_sources(world, range(3))
    blocked = world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert "3 lifecycles" in blocked["message"]
    assert "(spec.maxDeletions: 2)" in blocked["message"]
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"maxDeletions": "30%"}})
    world.until(lambda: len(world.names(PEDIACLUSTER)) == 7, "three of ten are thirty percent")
    world.until_reason(POLICY, "p", "DeletionBlocked", "NothingBlocked")

    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"maxDeletions": 0}})
    world.until_settled("p")
    delete_sources(world, range(3, 4))
    world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert len(world.names(PEDIACLUSTER)) == 7
    world.admin.patch(
        POLICY_API, POLICY, "p", {"metadata": {"annotations": {ALLOW: token_of(world)}}}
    )
    world.until_gone(PEDIACLUSTER, "p-c003")


@either_crds
def test_t13_what_never_had_a_pediacluster_spends_no_budget(world: World) -> None:
    """Twelve that waited go, and eight whose name is somebody else's; five real ones go after."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(*(platforms.cluster(f"c{number:03}") for number in range(6)))
    waiting = [platforms.cluster(f"c{number:03}", waits="yes") for number in range(6, 18)]
    taken = [platforms.cluster(f"c{number:03}") for number in range(18, 26)]
    for obj in taken:
        world.apply(pediacluster_by_hand(f"p-{obj['metadata']['name']}"))
    world.apply(*waiting, *taken)
    condition_template = '{{ ne (default "" .source.data.waits) "yes" }}'
    world.apply(platforms.policy("p", creationCondition=condition_template))
    world.controller()
    world.until(lambda: len(world.names(LIFECYCLE)) == 26, "each has a lifecycle")
    world.until(lambda: len(world.names(PEDIACLUSTER)) == 14, "six are imported")
    world.until_settled("p")

    delete_sources(world, range(6, 26))
    world.until(lambda: len(world.names(LIFECYCLE)) == 6, "they go, unasked")
    assert len(world.names(PEDIACLUSTER)) == 14
    delete_sources(world, range(5))
    world.until(lambda: world.names(LIFECYCLE) == ["p-c005"], "so do five that were imported")
    assert len(world.names(PEDIACLUSTER)) == 9
