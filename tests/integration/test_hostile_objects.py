"""Objects that no decoder reads, or that take all memory, in one tenant's namespace."""

import json

import pytest

from development.controller import ControllerProcess, condition
from development.world import LIFECYCLE, POLICY, World
from tests.harness import deep, platforms

MEMORY_MIB = 512
"""The Deployment's limit."""
NESTED_LISTS = "[" + "[]," * 430_000 + "[]]"
"""1.3 MB, 56 MB when decoded."""
VALUES_BEHIND_TEXT = '["' + "x" * 700_000 + '",' + "[]," * 19_000 + "[]]"
"""Within all bounds, and as much of each as may be."""


@pytest.fixture
def lab(our_world: World) -> World:
    """Give a world with the platform."""
    our_world.apply(deep.crd(deep.CLUSTER, "clusters"), deep.crd(deep.ACCESS, "accesses"))
    our_world.grant("lab", deep.RULE, platforms.SECRETS_RULE)
    return our_world


def told(world: World, name: str, namespace: str) -> set[str]:
    events = world.admin.list("events.k8s.io/v1", "Event", namespace)
    return {event["reason"] for event in events if event["regarding"]["name"] == name}


def lives(process: ControllerProcess) -> None:
    assert process.process is not None
    assert process.process.poll() is None, "the controller was killed"
    assert process.metric("clusterimport_informer_crashes_total") == 0
    assert process.probe("/readyz") == 200
    assert process.log().count('"event": "informer crashed"') == 0


def test_t01_deep_sources_are_rejected_and_disturb_nobody(lab: World, namespace: str) -> None:
    """Lists, maps and managed fields of 9 900 levels, before the start and later, in any place."""
    deep.put(lab, "lists", namespace, junk=deep.DEEP_LISTS)
    deep.put(lab, "maps", namespace, junk=deep.DEEP_MAPS)
    deep.put(lab, "before", "default")
    lab.apply(deep.policy("p"))
    process = lab.controller(memory_mib=MEMORY_MIB)
    lab.until_pediacluster("p-before")

    deep.put(lab, "later", namespace, junk=f'[{deep.DEEP_LISTS[1:-1]},"\\u0000"]')
    fields = '{"f:spec":' + '{"f:a":' * 2_000 + "{}" + "}" * 2_001
    managed = (
        '"managedFields":[{"manager":"x","operation":"Update","apiVersion":"lab.example/v1",'
        f'"time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{fields}}}]'
    )
    deep.put(lab, "managed", namespace, metadata=managed)
    deep.put(lab, "after", "default")
    lab.until_pediacluster("p-after")
    lab.until_pediacluster("p-managed")

    lab.until(lambda: lab.policy("p")["status"].get("failed") == 3, "all three have failed")
    ready = lab.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    for name in ("lists", "maps", "later"):
        assert f"{namespace}/{name}: SourceTooLarge" in ready["message"]
        lab.until(lambda n=name: "SourceTooLarge" in told(lab, n, namespace), f"Event on {name}")
    lives(process)
    assert process.metric("clusterimport_limit_reached_total", limit="object_depth") >= 3

    lab.admin.delete(deep.API_VERSION, deep.CLUSTER, "lists", namespace)
    lab.until(lambda: lab.policy("p")["status"]["failed"] == 2, "one less has failed")


def test_t01_what_was_imported_stays_when_its_source_turns_deep(lab: World, namespace: str) -> None:
    """Neither changed nor deleted, also over a restart, until the source can be read again."""
    deep.put(lab, "a", namespace)
    lab.apply(deep.policy("p"))
    process = lab.controller()
    before = lab.until_pediacluster("p-a")
    lab.until_settled("p")
    deep.change(lab, "a", namespace, junk=deep.DEEP_LISTS)
    lab.until_reason(LIFECYCLE, "p-a", "Ready", "SourceTooLarge")
    process.terminate()
    again = lab.controller()
    lab.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    lab.remains(
        lambda: lab.pediacluster("p-a")["spec"] == before["spec"], "it is as it was", seconds=5
    )
    lives(again)
    deep.change(lab, "a", namespace, junk="null")
    lab.until_reason(POLICY, "p", "Ready", "Imported")


def test_t01_a_deep_reference_holds_its_lifecycle(lab: World, namespace: str) -> None:
    """Its lifecycle says which object it is; the imports beside it go on."""
    for name, where in (("bad", namespace), ("good", "default")):
        junk = deep.DEEP_MAPS if name == "bad" else ""
        deep.put(lab, name, where)
        deep.put(lab, name, where, kind=deep.ACCESS, junk=junk)
    lab.apply(deep.policy("p", reference="accesses"))
    process = lab.controller(memory_mib=MEMORY_MIB)
    lab.until_pediacluster("p-good")
    held = lab.until_reason(LIFECYCLE, "p-bad", "Ready", "ReferenceTooLarge")

    assert f"accesses.lab.example {namespace}/bad" in held["message"]
    assert lab.pediacluster("p-good")
    assert "p-bad" not in lab.names("PediaCluster")
    lab.until(lambda: "ReferenceTooLarge" in told(lab, "bad", namespace), "Event on the source")
    lives(process)


@pytest.mark.timeout(180)
def test_t51_large_sources_take_no_memory(lab: World, namespace: str) -> None:
    """A dozen of 1.3 MB of nested lists are rejected, ones just within the bounds are imported."""
    for number in range(6):
        deep.put(lab, f"lists-{number}", namespace, junk=NESTED_LISTS)
    deep.put(lab, "before", "default")
    lab.apply(deep.policy("p"))
    process = lab.controller(memory_mib=MEMORY_MIB)
    lab.until_pediacluster("p-before", timeout_seconds=60)
    for number in range(6, 12):
        deep.put(lab, f"lists-{number}", namespace, junk=NESTED_LISTS)
        deep.put(lab, f"within-{number}", namespace, junk=VALUES_BEHIND_TEXT)
    deep.put(lab, "after", "default")
    lab.until_pediacluster("p-after", timeout_seconds=60)
    for number in range(6, 12):
        lab.until_pediacluster(f"p-within-{number}", timeout_seconds=60)

    lab.until(lambda: lab.policy("p")["status"]["failed"] == 12, "twelve have failed")
    ready = condition(lab.policy("p"), "Ready")
    assert f"{namespace}/lists-0: SourceTooLarge" in ready["message"]
    lab.until(lambda: "SourceTooLarge" in told(lab, "lists-3", namespace), "Event on a source")
    lives(process)
    assert process.memory is not None
    print(f"peak {process.memory.peak_mib():.0f} MiB")


@pytest.mark.timeout(180)
def test_t51_a_namespace_has_a_share_and_gets_it_back(lab: World, namespace: str) -> None:
    """Beyond it sources are rejected with a reason; they come when others go."""
    for number in range(4):
        deep.put(lab, f"s{number}", namespace, junk='"%s"' % ("x" * 400_000))
    deep.put(lab, "other", "default", junk='"%s"' % ("x" * 400_000))
    lab.apply(deep.policy("p"))
    process = lab.controller("--max-source-bytes-per-namespace=1000000")
    lab.until_pediacluster("p-other")
    ready = lab.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    assert lab.policy("p")["status"]["failed"] == 2
    assert "SourceShareExceeded" in ready["message"]
    imported = [name for name in lab.names("PediaCluster") if name.startswith("p-s")]

    for name in imported:
        lab.admin.delete(deep.API_VERSION, deep.CLUSTER, name.removeprefix("p-"), namespace)
    lab.until_reason(POLICY, "p", "Ready", "Imported", timeout_seconds=100)
    lives(process)


@pytest.mark.timeout(300)
def test_t51_labels_of_secrets_take_no_memory(lab: World, namespace: str) -> None:
    """Secrets of 1.3 MB of labels each, in a namespace whose Secrets are references.

    In half of the memory, since the API server takes seconds to make each.
    """
    labels = json.dumps({f"l{number:06}": "xx" for number in range(75_000)})
    for number in range(16):
        deep.put_secret(lab, f"s{number}", namespace, labels=labels)
    deep.put(lab, "a", "default")
    lab.apply(
        platforms.credentials("a"),
        platforms.credentials("b"),
        deep.policy("p", reference="secrets"),
    )
    process = lab.controller(memory_mib=MEMORY_MIB // 2)
    lab.until_pediacluster("p-a", timeout_seconds=60)
    deep.put(lab, "b", "default")
    lab.until_pediacluster("p-b")
    lives(process)
    assert process.memory is not None
    print(f"peak {process.memory.peak_mib():.0f} MiB")
