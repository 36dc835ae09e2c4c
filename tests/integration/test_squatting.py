"""A name belongs to the source that had it first, and so does what is left under it (T56)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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

NAME = "tenant-c-prod"
"""Of the cluster `c-prod` in the namespace `tenant`, and of `prod` in `tenant-c`."""
AMBIGUOUS = "{{ .source.metadata.namespace }}-{{ .source.metadata.name }}"
CLEAR = "{{ .source.metadata.namespace }}.{{ .source.metadata.name }}"
SOURCE = "policy.clusterpedia.io/source"
FIRST = "configmaps/tenant/c-prod"


def first(**data: str) -> dict[str, Any]:
    """Return the cluster that is there first."""
    return platforms.cluster("c-prod", "tenant", labels=None, **data)


def second(**data: str) -> dict[str, Any]:
    """Return the cluster of another tenant that is called the same."""
    return platforms.cluster("prod", "tenant-c", labels=None, **data)


def by_hand() -> dict[str, Any]:
    """Return a PediaCluster that a person made."""
    return {
        "apiVersion": CLUSTER_API,
        "kind": PEDIACLUSTER,
        "metadata": {"name": NAME},
        "spec": {
            "apiserver": "https://192.0.2.77:6443",
            "caData": encode("their ca"),
            "tokenData": encode("their token"),
            "syncResources": [],
        },
    }


@pytest.fixture(autouse=True)
def tenants(world: World) -> None:
    """Let there be two tenants."""
    # They stay, because the next test has the same ones, and a namespace takes a while to go.
    for name in ("tenant", "tenant-c"):
        world.admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)


@pytest.fixture
def uncollected(world: World, tenants: None) -> Iterator[None]:
    """Let there be no garbage collector, so that what is left over stays."""
    del tenants
    world.control_plane.run_controllers(("clusterrole-aggregation-controller",))
    yield
    world.control_plane.run_controllers(
        (
            "garbage-collector-controller",
            "namespace-controller",
            "clusterrole-aggregation-controller",
        )
    )


def delete_first(world: World) -> None:
    """Delete the source that was first."""
    world.admin.delete("v1", "ConfigMap", "c-prod", "tenant")


def holds_first(world: World) -> bool:
    """Whether the PediaCluster is the first source's still."""
    return bool(world.pediacluster(NAME)["spec"]["tokenData"] == encode("token-of-c-prod"))


def test_t56_an_orphan_is_taken_up_by_its_own_source_alone(world: World) -> None:
    """Another tenant's source of the same name waits; a person can hand the orphan over."""
    world.apply(platforms.policy("p", deletionPolicy="Orphan", nameTemplate=AMBIGUOUS), first())
    world.controller()
    made = world.until_pediacluster(NAME)
    assert made["metadata"]["annotations"][SOURCE] == FIRST
    world.until_settled("p")
    delete_first(world)
    world.until_gone(LIFECYCLE, NAME)

    world.apply(second())
    told = world.until_reason(LIFECYCLE, NAME, "Created", "NameConflict")
    assert f"of source {FIRST} exists" in told["message"]
    world.until_settled("p")
    assert world.pediacluster(NAME)["spec"] == made["spec"]
    assert world.pediacluster(NAME)["metadata"]["annotations"] == made["metadata"]["annotations"]
    world.admin.delete("v1", "ConfigMap", "prod", "tenant-c")
    world.until_gone(LIFECYCLE, NAME)
    world.apply(first(token="another"))
    world.until(
        lambda: world.pediacluster(NAME)["spec"]["tokenData"] == encode("another"),
        "its own source takes it up again",
    )
    assert world.pediacluster(NAME)["metadata"]["uid"] == made["metadata"]["uid"]

    delete_first(world)
    world.until_gone(LIFECYCLE, NAME)
    world.apply(second())
    world.until_reason(LIFECYCLE, NAME, "Created", "NameConflict")
    adopt = {"metadata": {"annotations": {"policy.clusterpedia.io/adopt": "p"}}}
    world.admin.patch(CLUSTER_API, PEDIACLUSTER, NAME, adopt)
    world.until(
        lambda: world.pediacluster(NAME)["spec"]["tokenData"] == encode("token-of-prod"),
        "a person hands it over",
    )
    marks = world.pediacluster(NAME)["metadata"]["annotations"]
    assert marks[SOURCE] == "configmaps/tenant-c/prod"


@either_crds
def test_t56_a_leftover_is_not_taken_over(world: World, uncollected: None) -> None:
    """What another source left under the name goes, and what comes in its place is new."""
    del uncollected
    world.apply(platforms.policy("p", nameTemplate=AMBIGUOUS), first())
    controller = world.controller()
    made = world.until_pediacluster(NAME)
    world.until_settled("p")
    world.kill(controller)
    delete_first(world)
    world.admin.delete(POLICY_API, LIFECYCLE, NAME)
    world.apply(second())
    uids: dict[str, str] = {}

    def is_made_anew() -> bool:
        obj = next(
            (
                each
                for each in world.admin.list(CLUSTER_API, PEDIACLUSTER)
                if each["metadata"]["name"] == NAME
            ),
            None,
        )
        if obj is not None:
            # Never the first one's object with the second one's credentials.
            assert (
                uids.setdefault(obj["metadata"]["uid"], obj["spec"]["tokenData"])
                == (obj["spec"]["tokenData"])
            )
        return len(uids) == 2

    assert not is_made_anew()
    world.controller()
    world.until(is_made_anew, "the second's cluster is imported", timeout_seconds=40)
    assert uids[made["metadata"]["uid"]] == encode("token-of-c-prod")
    world.until(
        lambda: world.pediacluster(NAME)["spec"]["tokenData"] == encode("token-of-prod"),
        "as the second says",
    )


@either_crds
@pytest.mark.parametrize("is_restarted", [True, False], ids=["restarted", "at work"])
def test_t56_what_is_made_by_hand_after_ours_was_deleted_is_a_strangers(
    world: World, *, is_restarted: bool
) -> None:
    """``Created=True`` speaks of the PediaCluster that was there by then, and of no later one."""
    world.apply(platforms.policy("p", nameTemplate=AMBIGUOUS), first())
    controller = world.controller()
    world.until_pediacluster(NAME)
    world.until_settled("p")
    if is_restarted:
        world.kill(controller)
        since = datetime.fromisoformat(
            condition(world.lifecycle(NAME), "Created")["lastTransitionTime"]
        )
        # Times have whole seconds, and only what was seen to go is told apart within one.
        world.until(lambda: datetime.now(UTC) > since + timedelta(seconds=2), "time goes by")
    else:
        controller.freeze()
    world.admin.delete(CLUSTER_API, PEDIACLUSTER, NAME)
    world.apply(by_hand())
    before = world.pediacluster(NAME)
    if is_restarted:
        world.controller()
    else:
        controller.thaw()

    world.until_reason(LIFECYCLE, NAME, "Created", "NameConflict")
    world.apply(first(token="another"))
    world.until_settled("p")
    after = world.pediacluster(NAME)
    assert after["spec"] == before["spec"]
    assert after["metadata"].get("ownerReferences") is None
    delete_first(world)
    world.until_gone(LIFECYCLE, NAME)
    assert world.pediacluster(NAME)["metadata"]["uid"] == before["metadata"]["uid"]


@either_crds
def test_t56_an_unmarked_pediacluster_of_before_is_still_ours(world: World) -> None:
    """The swap: what stood when the lifecycle began to say so is known without a mark."""
    world.apply(platforms.policy("p", nameTemplate=AMBIGUOUS), first())
    controller = world.controller()
    made = world.until_pediacluster(NAME)
    world.until_settled("p")
    world.kill(controller)
    bare = {"metadata": {"ownerReferences": None, "annotations": None}}
    world.admin.patch(CLUSTER_API, PEDIACLUSTER, NAME, bare)
    world.apply(first(token="another"))
    world.controller()

    world.until(
        lambda: world.pediacluster(NAME)["spec"]["tokenData"] == encode("another"),
        "it follows its source",
    )
    marked = world.pediacluster(NAME)["metadata"]
    assert marked["uid"] == made["metadata"]["uid"]
    assert marked["annotations"][SOURCE] == FIRST
    assert len(marked["ownerReferences"]) == 1


@either_crds
def test_t56_who_comes_first_keeps_the_name(world: World) -> None:
    """The other tenant is told whose it is, whatever both do, and gets it when it is free."""
    world.apply(platforms.policy("p", nameTemplate=AMBIGUOUS), first())
    world.controller()
    world.until_pediacluster(NAME)
    world.until_settled("p")
    world.apply(second())
    ready = world.until_reason(POLICY, "p", "Ready", "SourcesFailed")
    assert f"taken by source {FIRST}" in ready["message"]
    for number in range(5):
        world.apply(second(note=str(number)))
        world.apply(first(note=str(number)))
    world.until_settled("p")
    assert holds_first(world)

    warning = condition(world.policy("p"), "AmbiguousNames")
    assert (warning["status"], warning["reason"]) == ("True", "NamespaceNotSeparated")
    world.apply(platforms.policy("p", nameTemplate=CLEAR))
    for name in ("tenant.c-prod", "tenant-c.prod"):
        world.until_pediacluster(name)
    world.until_gone(PEDIACLUSTER, NAME)
    world.until_settled("p")
    assert condition(world.policy("p"), "AmbiguousNames") == {}
