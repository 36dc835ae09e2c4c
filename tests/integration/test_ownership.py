"""Whose a name is: the first source's, or somebody else's, and then it is never written (E10)."""

from typing import Any

import pytest

from development.controller import condition
from development.world import (
    CLUSTER_API,
    LIFECYCLE,
    PEDIACLUSTER,
    POLICY,
    POLICY_API,
    World,
    encode,
)
from tests.harness import platforms
from tests.harness.eithercrds import either_crds

ADOPT = "policy.clusterpedia.io/adopt"


def by_hand(name: str, **metadata: Any) -> dict[str, Any]:
    """Return a PediaCluster that a person made."""
    return {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": name, **metadata},
        "spec": {
            "apiserver": "https://192.0.2.77:6443",
            "caData": encode("their ca"),
            "tokenData": encode("their token"),
            "syncResources": [],
        },
    }


def lifecycle_by_hand(name: str, source: str) -> dict[str, Any]:
    """Return a lifecycle of no policy, for a ConfigMap."""
    return {
        "apiVersion": POLICY_API,
        "kind": LIFECYCLE,
        "metadata": {"name": name},
        "spec": {
            "source": {
                "group": "",
                "version": "v1",
                "resource": "configmaps",
                "namespace": "default",
                "name": source,
            },
            "template": platforms.INLINE_TEMPLATE,
            "creationCondition": "true",
        },
    }


def version_of(obj: dict[str, Any]) -> str:
    """Return the resourceVersion of an object."""
    return str(obj["metadata"]["resourceVersion"])


@either_crds
def test_e10_the_first_of_two_sources_keeps_the_name(world: World) -> None:
    """Two sources render one name: the first stays imported, the other waits, nothing flaps."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p", nameTemplate="p-{{ .source.data.group }}"))
    world.apply(platforms.cluster("first", group="x"))
    controller = world.controller()
    made = world.until_pediacluster("p-x")
    world.until_settled("p")

    world.apply(platforms.cluster("second", group="x"))
    ready = world.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    assert "default/second: NameConflict" in ready["message"]
    assert controller.metric("clusterimport_rejected_total", reason="NameConflict") == 1
    for number in range(5):
        world.apply(platforms.cluster("second", group="x", note=str(number)))
        world.apply(platforms.cluster("first", group="x", note=str(number)))
    world.until_settled("p")
    assert version_of(world.pediacluster("p-x")) == version_of(made)
    assert world.lifecycle("p-x")["spec"]["source"]["name"] == "first"

    world.admin.delete("v1", "ConfigMap", "first", "default")
    world.until(
        lambda: world.lifecycle("p-x")["spec"]["source"]["name"] == "second",
        "the name goes to the second when the first is gone",
    )
    world.until(
        lambda: world.pediacluster("p-x")["spec"]["tokenData"] == encode("token-of-second"),
        "and its cluster is imported",
    )


@either_crds
def test_e10_two_policies_do_not_fight_for_a_name(world: World) -> None:
    """Two policies render one name: the first policy's stays, the other's source is rejected."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.cluster("one"))
    world.apply(platforms.policy("first", nameTemplate="same"))
    world.controller()
    made = world.until_pediacluster("same")
    world.until_settled("first")

    world.apply(platforms.policy("second", nameTemplate="same"))
    ready = world.until_reason(POLICY, "second", "Ready", "SourcesFailed")
    assert "taken by a lifecycle of policy first" in ready["message"]
    assert version_of(world.pediacluster("same")) == version_of(made)


def said(obj: dict[str, Any]) -> dict[str, Any]:
    """Return what a person said in an object; its status tells of its health, whoever's it is."""
    versions = {"resourceVersion", "managedFields"}
    metadata = {name: value for name, value in obj["metadata"].items() if name not in versions}
    return {"metadata": metadata, "spec": obj["spec"]}


@either_crds
@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {
            "ownerReferences": [
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "theirs", "uid": "u-1"}
            ]
        },
        {
            "ownerReferences": [
                {
                    "apiVersion": POLICY_API,
                    "kind": LIFECYCLE,
                    "name": "another-lifecycle",
                    "uid": "u-2",
                }
            ]
        },
        {"annotations": {ADOPT: "another-policy"}},
        {"annotations": {"policy.clusterpedia.io/lifecycle": "another-lifecycle"}},
    ],
    ids=["nobody's", "another owner's", "another lifecycle's", "offered to another", "orphaned"],
)
def test_e10_a_foreign_pediacluster_is_never_written(
    world: World, metadata: dict[str, Any]
) -> None:
    """A PediaCluster without our mark stays as it is, and the lifecycle says NameConflict."""
    world.control_plane.run_controllers(("clusterrole-aggregation-controller",))
    try:
        world.grant("configmaps", platforms.CONFIGMAPS_RULE)
        world.apply(by_hand("p-one", **metadata))
        before = said(world.pediacluster("p-one"))
        world.apply(platforms.policy("p"), platforms.cluster("one"))
        world.controller()

        created = world.until_reason(LIFECYCLE, "p-one", "Created", "NameConflict")
        assert created["status"] == "False"
        assert "policy.clusterpedia.io/adopt: p" in created["message"]
        world.apply(platforms.cluster("one", token="another"))
        world.until_settled("p")
        assert said(world.pediacluster("p-one")) == before

        world.admin.delete("v1", "ConfigMap", "one", "default")
        world.until_gone(LIFECYCLE, "p-one")
        assert said(world.pediacluster("p-one")) == before
    finally:
        world.control_plane.run_controllers(
            (
                "garbage-collector-controller",
                "namespace-controller",
                "clusterrole-aggregation-controller",
            )
        )


@either_crds
def test_e10_a_person_can_hand_one_over(world: World) -> None:
    """The annotation adopt with the policy's name lets the policy take a PediaCluster over."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(by_hand("p-one"))
    world.apply(platforms.policy("p"), platforms.cluster("one"))
    world.controller()
    world.until_reason(LIFECYCLE, "p-one", "Created", "NameConflict")
    uid = world.pediacluster("p-one")["metadata"]["uid"]

    world.admin.patch(
        CLUSTER_API, PEDIACLUSTER, "p-one", {"metadata": {"annotations": {ADOPT: "p"}}}
    )
    world.until(
        lambda: world.pediacluster("p-one")["spec"]["tokenData"] == encode("token-of-one"),
        "the adopted PediaCluster follows its source",
    )
    adopted = world.pediacluster("p-one")
    assert adopted["metadata"]["uid"] == uid
    assert adopted["metadata"]["ownerReferences"][0]["kind"] == LIFECYCLE
    world.until(
        lambda: condition(world.lifecycle("p-one"), "Created").get("status") == "True",
        "the lifecycle says so a moment later",
    )


@either_crds
def test_e10_a_lifecycle_without_controller_is_nobodys(world: World) -> None:
    """A lifecycle that has no policy as controller is neither changed nor deleted."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.create(lifecycle_by_hand("p-never", source="never"))
    world.apply(platforms.policy("p"), platforms.cluster("once"), platforms.cluster("never"))
    world.controller()
    world.until_pediacluster("p-once")
    world.until_settled("p")
    world.admin.patch(POLICY_API, LIFECYCLE, "p-once", {"metadata": {"ownerReferences": None}})

    def are_both_told() -> bool:
        message = condition(world.policy("p"), "Ready")["message"]
        return all(f"default/{name}: OrphanLifecycle" in message for name in ("once", "never"))

    world.until(are_both_told, "Ready names both")
    imported = world.pediacluster("p-once")
    for name in ("once", "never"):
        world.apply(platforms.cluster(name, token="another"))
    world.until_settled("p")
    # A lifecycle of no policy is looked at only when it changes itself.
    edit = {"metadata": {"annotations": {"edited": "by hand"}}}
    edited = [
        world.admin.patch(POLICY_API, LIFECYCLE, name, edit) for name in ("p-once", "p-never")
    ]

    def are_untouched() -> bool:
        lifecycles = [world.lifecycle("p-once"), world.lifecycle("p-never")]
        return (
            world.names(PEDIACLUSTER) == ["p-once"]
            and world.pediacluster("p-once") == imported
            and [version_of(obj) for obj in lifecycles] == [version_of(obj) for obj in edited]
        )

    world.remains(are_untouched, "nothing follows the sources", seconds=1)
    for name in ("once", "never"):
        world.admin.delete("v1", "ConfigMap", name, "default")
    world.until_reason(POLICY, "p", "Ready", "NothingSelected")
    # Longer than candidates are gathered: a deletion would have happened by then.
    world.remains(are_untouched, "nothing is deleted", seconds=4)
