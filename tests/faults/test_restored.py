"""An etcd that was set back to an older copy, and has a history of its own from there on (F10)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from development.controlplane.controlplane import ControlPlane
from development.installation import installation
from development.world import World, world_of
from tests.faults.fleet import IMPORTED, WAITING
from tests.faults.judge.record import Change
from tests.faults.trial import Trial

FEW = IMPORTED[:6]
LATE = tuple(f"late-{number}" for number in range(8))
"""More than may be deleted without a person."""


@pytest.fixture(scope="module")
def own_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a control plane that may be set back, and is nobody else's."""
    with installation(binaries=control_plane_binaries) as running:
        yield running


@pytest.fixture
def world(own_control_plane: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """Give a case a world on that control plane."""
    with world_of(own_control_plane, tmp_path) as made:
        yield made


@pytest.mark.parametrize("meanwhile", ["running", "frozen"])
def test_f10_set_back_to_an_older_copy(trial: Trial, meanwhile: str) -> None:
    """All is listed anew: nothing comes back of what is gone, and what stands is followed."""
    controller = trial.begin()
    before = trial.world.names("PediaCluster")
    saved = trial.world.control_plane.save()
    trial.fleet.readdress(*FEW, *LATE)
    trial.fleet.rotate(*FEW, *LATE)
    trial.fleet.remove(WAITING[0])
    trial.settle()

    if meanwhile == "frozen":
        controller.freeze()
    trial.world.control_plane.restore(saved)
    # The sources are what they were: that is no write of anybody's.
    trial.more_changes.append(Change(time.time(), "restore", "*", "*"))
    controller.thaw()
    trial.settle()
    assert trial.world.names("PediaCluster") == before

    trial.fleet.rotate(*FEW)
    trial.fleet.readdress(*LATE[:2])
    trial.fleet.rotate(*LATE[:2])
    trial.settle()
    trial.end()
