"""One real control plane for the cases of a process, which logs nothing but writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from development.controlplane import fixtures
from development.controlplane.client import AdminClient
from development.controlplane.controlplane import ControlPlane
from development.world import World, install, world_of
from tests.faults.trial import Trial, trial_of

CASE_SECONDS = 420


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the binaries before the time limit of the first test starts."""
    fixtures.build_for(session)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each case the time that a machine under load takes for a begin and an end."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and not item.get_closest_marker(
            "timeout"
        ):
            item.add_marker(pytest.mark.timeout(CASE_SECONDS))


@pytest.fixture(scope="session")
def control_plane_binaries() -> Path:
    """Give the folder of the binaries, for a case that starts a control plane of its own."""
    return fixtures.binaries_or_fail()


@pytest.fixture(scope="session")
def installation(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a control plane with the project's manifests."""
    with ControlPlane(binaries=control_plane_binaries) as running, AdminClient(running) as client:
        install(running, client)
        yield running


@pytest.fixture
def world(installation: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """Give a case an installation without policies, and clear it afterwards."""
    with (
        AdminClient(installation) as admin,
        world_of(installation, admin, tmp_path) as made,
    ):
        yield made


@pytest.fixture
def trial(world: World) -> Iterator[Trial]:
    """Give a case its fleet behind a proxy."""
    with trial_of(world) as made:
        yield made
