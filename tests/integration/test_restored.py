"""An etcd that was restored from an older copy, with a history of its own from there on (F10)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from development.controlplane.components import WITHOUT_GARBAGE_COLLECTOR, ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane
from development.installation import installation
from development.world import LIFECYCLE, PEDIACLUSTER, POLICY, POLICY_API, World, encode, world_of
from tests.harness import platforms

AFTERWARDS = 4
"""Clusters that come after the copy, and are gone with it; so many may go without a person."""


@pytest.fixture(scope="module")
def own_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a control plane that may be set back; nobody but us deletes what has no owner."""
    options = ControlPlaneOptions(controllers=WITHOUT_GARBAGE_COLLECTOR, audit_reads=True)
    with installation(options, binaries=control_plane_binaries) as running:
        yield running


@pytest.fixture
def world(own_control_plane: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """Give a test a world on that control plane."""
    with world_of(own_control_plane, tmp_path) as made:
        yield made


def newest_version(world: World) -> int:
    """Return the version that the last write got."""
    made = world.admin.patch("v1", "Namespace", "default", {"metadata": {"labels": {"a": "b"}}})
    return int(made["metadata"]["resourceVersion"])


def overtake(world: World, version: int) -> None:
    """Write until versions are given that the lost history had not."""
    number = 0
    while newest_version(world) <= version:
        for _ in range(20):
            number += 1
            label = {"metadata": {"labels": {"number": str(number)}}}
            world.admin.patch("v1", "Namespace", "default", label)


@pytest.mark.parametrize("meanwhile", ["running", "frozen", "frozen and overtaken"])
def test_f10_what_came_after_the_copy_goes_and_what_was_before_is_kept(
    world: World, meanwhile: str
) -> None:
    """Nothing stays of sources that are gone, and what is left follows its source as ever."""
    world.grant("configmaps", platforms.CONFIGMAPS_RULE)
    world.apply(platforms.policy("p"), platforms.cluster("before"))
    controller = world.controller()
    kept = world.until_pediacluster("p-before")
    world.until_settled("p")
    saved = world.control_plane.save()
    world.until(lambda: controller.probe("/readyz") == 200, "it goes on", timeout_seconds=60)
    world.apply(*(platforms.cluster(f"c{number}") for number in range(AFTERWARDS)))
    world.until(
        lambda: len(world.names(PEDIACLUSTER)) == AFTERWARDS + 1,
        "all are imported",
        timeout_seconds=60,
    )
    world.until_settled("p")
    world.admin.patch(POLICY_API, POLICY, "p", {"metadata": {"labels": {"after": "the-copy"}}})
    version = newest_version(world)

    if meanwhile != "running":
        controller.freeze()
    world.control_plane.restore(saved)
    mark = world.control_plane.audit_mark()
    if meanwhile == "frozen and overtaken":
        overtake(world, version)
    controller.thaw()

    world.until(
        lambda: world.names(PEDIACLUSTER) == world.names(LIFECYCLE) == ["p-before"],
        "only what was before the copy is there",
        timeout_seconds=120,
    )
    assert world.pediacluster("p-before")["metadata"]["uid"] == kept["metadata"]["uid"]
    world.apply(platforms.cluster("before", token="rotated"), platforms.cluster("new"))
    world.until(
        lambda: world.pediacluster("p-before")["spec"]["tokenData"] == encode("rotated"),
        "a rotation is followed",
        timeout_seconds=90,
    )
    world.until_pediacluster("p-new", timeout_seconds=60)
    world.until(
        lambda: world.policy("p")["status"]["imported"] == 2,
        "the policy's status is written",
        timeout_seconds=90,
    )
    world.until_settled("p", timeout_seconds=60)
    conflicts = [
        event
        for event in world.control_plane.audit_events(
            resource="clusterimportpolicies/status", since=mark
        )
        if event.code == 409
    ]
    assert len(conflicts) <= 20
    world.remains(
        lambda: world.names(PEDIACLUSTER) == ["p-before", "p-new"], "and so it stays", seconds=5
    )
