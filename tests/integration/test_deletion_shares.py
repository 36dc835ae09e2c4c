"""The deletion budget has a share for each namespace: none is a weapon against another (T53)."""

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

from development.controller import ControllerProcess, condition
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World
from tests.harness import platforms
from tests.harness.eithercrds import either_crds

ALLOW = "policy.clusterpedia.io/allow-deletions"
NAME = "{{ .source.metadata.namespace }}-{{ .source.metadata.name }}"
NEVER = {"group": "", "resource": "configmaps", "selectorTemplate": "false"}


def namespaces(world: World, *names: str) -> list[str]:
    """Make namespaces of the test's own."""
    suffix = secrets.token_hex(3)
    made = [f"{name}-{suffix}" for name in names]
    for name in made:
        world.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return made


def import_all(world: World, **counts: int) -> ControllerProcess:
    """Import so many clusters of each namespace by one policy."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    for namespace, count in counts.items():
        world.apply(*(platforms.cluster(f"c{number}", namespace) for number in range(count)))
    world.apply(platforms.policy("p", nameTemplate=NAME))
    controller = world.controller()
    world.until(
        lambda: len(world.names(PEDIACLUSTER)) == sum(counts.values()), "all clusters are imported"
    )
    world.until_settled("p")
    return controller


def delete(world: World, namespace: str, *numbers: int) -> None:
    """Delete sources as their tenant would."""
    for number in numbers:
        world.admin.delete("v1", "ConfigMap", f"c{number}", namespace)


def clusters(world: World, namespace: str) -> list[str]:
    """Return what is imported of a namespace, without the namespace."""
    prefix = f"{namespace}-"
    return [
        name.removeprefix(prefix) for name in world.names(PEDIACLUSTER) if name.startswith(prefix)
    ]


def numbered(*numbers: int) -> list[str]:
    """Return the names of clusters."""
    return [f"c{number}" for number in numbers]


def held(world: World) -> dict[str, dict[str, Any]]:
    """Return what the status says is held, by namespace."""
    entries = world.policy("p")["status"].get("heldDeletions") or []
    return {entry["namespace"]: entry for entry in entries}


def allow(world: World, *tokens: str) -> None:
    """Annotate the policy."""
    world.admin.patch(
        POLICY_API, POLICY, "p", {"metadata": {"annotations": {ALLOW: " ".join(tokens)}}}
    )


@contextlib.contextmanager
def meanwhile(act: Callable[[int], object], *, seconds: float = 0.1) -> Iterator[list[int]]:
    """Do something every so many seconds in another thread; yield what was done so far."""
    done: list[int] = []
    failed: list[Exception] = []
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.wait(seconds):
                act(len(done))
                done.append(len(done))
        except Exception as error:  # noqa: BLE001 - told where the test is
            failed.append(error)

    thread = threading.Thread(target=work, name="meanwhile")
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()
    assert not failed, failed


@either_crds
def test_t53_one_namespaces_worst_does_not_reach_another(world: World) -> None:
    """He churns, deletes six and flips a source all the time: the other one's two deletions go."""
    bad, good = namespaces(world, "bad", "good")
    controller = import_all(world, **{bad: 8, good: 4})

    for cycle in range(6):
        world.apply(platforms.cluster("churn", bad))
        world.until(lambda: "churn" in clusters(world, bad), f"churn comes, {cycle}")
        world.admin.delete("v1", "ConfigMap", "churn", bad)
        world.until(lambda: "churn" not in clusters(world, bad), f"churn goes, {cycle}")
    assert controller.metric("clusterimport_delete_blocked_total", policy="p") == 0

    delete(world, bad, *range(6))
    blocked = world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert blocked["message"].startswith(f"6 lifecycles of namespace {bad} seem to be unwanted")
    reached = "clusterimport_limit_reached_total"
    assert controller.metric(reached, limit="deletion_budget") == 1

    def flip(number: int) -> None:
        label = "yes" if number % 2 else "no"
        patch = {"metadata": {"labels": {"import": label}}}
        world.admin.patch("v1", "ConfigMap", "c6", patch, namespace=bad)

    with meanwhile(flip) as flips:
        world.until(lambda: len(flips) > 5, "he flips")
        delete(world, good, 0, 1)
        world.until(lambda: clusters(world, good) == numbered(2, 3), "the other one's two go")
        world.until(
            lambda: not [name for name in world.names(LIFECYCLE) if name.startswith(f"{good}-c0")],
            "with their lifecycles",
        )
        assert clusters(world, bad) == numbered(*range(8)), "none of his six"


def test_t53_a_set_is_released_although_another_namespace_flips(world: World) -> None:
    """His sets change all the time; the token of the other one's set stays and is good."""
    bad, good = namespaces(world, "bad", "good")
    import_all(world, **{bad: 10, good: 8})
    delete(world, bad, *range(6))
    delete(world, good, *range(6))
    world.until(lambda: held(world).keys() == {bad, good}, "both are held")
    token = held(world)[good]["token"]
    tokens = set()

    def flip(number: int) -> None:
        label = "yes" if number % 2 else "no"
        patch = {"metadata": {"labels": {"import": label}}}
        world.admin.patch("v1", "ConfigMap", f"c{6 + number // 2 % 4}", patch, namespace=bad)
        tokens.add(held(world)[bad]["token"])

    # Slower than candidates are gathered: each set is judged, and has its token shown.
    with meanwhile(flip, seconds=4.0):
        world.until(lambda: len(tokens) > 2, "his token changes", timeout_seconds=60)
        assert held(world)[good] == {"namespace": good, "count": 6, "token": token}
        allow(world, token)
        world.until(lambda: clusters(world, good) == numbered(6, 7), "exactly the six go")
        assert clusters(world, bad) == numbered(*range(10))


def test_t53_a_mistake_over_many_namespaces_is_held(world: World) -> None:
    """A selector takes three of each of eight: none goes before a person says which."""
    names = namespaces(world, *(f"n{number}" for number in range(8)))
    controller = import_all(world, **dict.fromkeys(names, 3))
    everything = world.names(PEDIACLUSTER)
    source = world.policy("p")["spec"]["source"]
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"source": NEVER}})
    blocked = world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    world.until(
        lambda: controller.metric("clusterimport_deletions_blocked", policy="p") == 24,
        "all are held",
    )
    world.until(lambda: held(world).keys() == set(names), "and told by namespace")
    assert "without a person" in blocked["message"]
    assert world.names(PEDIACLUSTER) == everything

    allow(world, *(held(world)[name]["token"] for name in names[:2]))
    world.until(lambda: len(world.names(PEDIACLUSTER)) == 18, "those of two namespaces go")
    assert [len(clusters(world, name)) for name in names] == [0, 0, 3, 3, 3, 3, 3, 3]

    assert controller.terminate() == 0
    controller = world.controller()
    world.until(
        lambda: controller.metric("clusterimport_deletions_blocked", policy="p") == 18,
        "the restarted controller holds the others",
    )
    world.until(lambda: held(world).keys() == set(names[2:]), "and tells them")
    allow(world, *(held(world)[name]["token"] for name in names[2:]))
    world.until(lambda: world.names(PEDIACLUSTER) == [], "all tokens together release all")
    world.until_reason(POLICY, "p", "DeletionBlocked", "NothingBlocked")
    world.until(lambda: "heldDeletions" not in world.policy("p")["status"], "nothing is held")

    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"source": source}})
    world.until(lambda: world.names(PEDIACLUSTER) == everything, "all are imported again")
    world.admin.patch(POLICY_API, POLICY, "p", {"spec": {"source": NEVER}})
    world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert world.names(PEDIACLUSTER) == everything, "each token was good once"


def test_t53_a_restart_forgets_nobodys_share(world: World) -> None:
    """What a namespace has lost holds it after a kill, and nobody else."""
    bad, good = namespaces(world, "bad", "good")
    controller = import_all(world, **{bad: 8, good: 4})
    delete(world, bad, *range(5))
    world.until(lambda: clusters(world, bad) == numbered(5, 6, 7), "five go, as they may")
    written = world.policy("p")["status"]["deletions"]
    assert {(entry["namespace"], bool(entry["created"])) for entry in written} == {(bad, True)}

    world.kill(controller)
    delete(world, bad, 5)
    delete(world, good, 0, 1)
    controller = world.controller()
    world.until(lambda: clusters(world, good) == numbered(2, 3), "the other one's two go")
    blocked = world.until_reason(POLICY, "p", "DeletionBlocked", "DeletionBudgetExceeded")
    assert blocked["message"].startswith(f"1 lifecycles of namespace {bad} seem")
    assert clusters(world, bad) == numbered(5, 6, 7)
    events = [json.loads(line) for line in controller.log().splitlines() if line.startswith("{")]
    told = [event for event in events if event["msg"] == "deletions blocked"]
    assert {event["namespace"] for event in told} == {bad}
    assert condition(world.policy("p"), "Ready")["reason"] == "DeletionBlocked"
