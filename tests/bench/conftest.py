"""Benchmarks use the control plane and the world of the integration tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from development.controlplane import fixtures
from development.controlplane.client import AdminClient
from development.controlplane.components import ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane
from development.world import World, install, world_of


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the binaries before the time limit of the first benchmark starts."""
    fixtures.build_for(session)


@pytest.fixture(scope="session")
def control_plane_binaries() -> Path:
    """Give the folder of the binaries."""
    return fixtures.binaries_or_fail()


@pytest.fixture
def world(control_plane_binaries: Path, tmp_path: Path) -> Iterator[World]:
    """Give each benchmark a control plane of its own, without audit log."""
    options = ControlPlaneOptions(audit_level="None")
    with (
        ControlPlane(options, binaries=control_plane_binaries) as control_plane,
        AdminClient(control_plane) as admin,
    ):
        install(control_plane, admin)
        with world_of(control_plane, admin, tmp_path) as world:
            yield world
