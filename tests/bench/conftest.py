"""Benchmarks have a control plane each: none pays for another one's store, or for an audit log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from development.controlplane.components import ControlPlaneOptions
from development.installation import installation
from development.world import World, world_of


@pytest.fixture
def world(control_plane_binaries: Path, tmp_path: Path) -> Iterator[World]:
    """Start one."""
    options = ControlPlaneOptions(audit_level="None")
    with (
        installation(options, binaries=control_plane_binaries) as control_plane,
        world_of(control_plane, tmp_path) as world,
    ):
        yield world
