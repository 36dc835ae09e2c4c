"""The control planes of a test run, and a world on each of them: fixtures for whoever needs one.

Each process of the run has one of each kind, started by the first test that asks. A test has a
control plane of its own only where it breaks or changes it, or where nothing may be installed.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from development import clusterpedia
from development.controlplane.binaries import installed_binaries
from development.controlplane.build import ensure_binaries
from development.controlplane.client import AdminClient
from development.controlplane.compiling import BuildError
from development.controlplane.components import ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane
from development.installation import installation
from development.world import World, world_of
from tests.harness.eithercrds import OUR_WORLD
from tests.harness.stutter import stuttering

BUILD_VARIABLE = "CLUSTERIMPORT_ENVTEST_BUILD"
"""Set to 0 where tests must fail rather than compile for minutes."""
STRICT = ControlPlaneOptions(
    audit_reads=True, enable_admission_plugins=("OwnerReferencesPermissionEnforcement",)
)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the binaries if a test needs them; in a fixture its time limit would count.

    Progress goes to the real stderr. A failed build is reported there, and then the fixture fails.
    """
    is_needed = any(
        "control_plane_binaries" in getattr(item, "fixturenames", ()) for item in session.items
    )
    if not is_needed or session.config.getoption("collectonly") or installed_binaries() is not None:
        return
    if os.environ.get(BUILD_VARIABLE) == "0":
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            ensure_binaries(sys.stderr)
        except BuildError as error:
            sys.stderr.write(f"error: {error}\n")


@pytest.fixture(scope="session")
def control_plane_binaries() -> Path:
    """Give the folder of the binaries, for a test that starts a control plane of its own."""
    folder = installed_binaries()
    if folder is None:
        pytest.fail("the control plane binaries are not built: run `make envtest`", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start everything with the project's manifests, and with the audit log of writes."""
    with installation(binaries=control_plane_binaries) as running:
        yield running


@pytest.fixture(scope="session")
def admin(control_plane: ControlPlane) -> Iterator[AdminClient]:
    """Give a client to whom everything is allowed."""
    with AdminClient(control_plane) as client:
        yield client


@pytest.fixture
def namespace(admin: AdminClient) -> Iterator[str]:
    """Make a namespace of the test's own and delete it afterwards, without waiting."""
    created = admin.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "test-"}}
    )
    name: str = created["metadata"]["name"]
    yield name
    admin.delete("v1", "Namespace", name)


@pytest.fixture
def our_world(
    control_plane: ControlPlane, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[World]:
    """Give a test an installation without policies and platforms, and clear it afterwards."""
    with _world_of(control_plane, tmp_path, request) as world:
        yield world


@pytest.fixture(scope="session")
def clusterpedia_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a second control plane, with Clusterpedia's CRDs and the rest of our manifests."""
    with installation(binaries=control_plane_binaries, crds=clusterpedia.crds()) as running:
        yield running


@pytest.fixture
def clusterpedia_world(
    clusterpedia_control_plane: ControlPlane, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[World]:
    """Give a test the same as ``our_world``, where Clusterpedia's CRDs are installed."""
    with _world_of(clusterpedia_control_plane, tmp_path / "clusterpedia", request) as world:
        yield world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """Give a test its world: with our CRDs, or with those that ``either_crds`` asks for."""
    found: World = request.getfixturevalue(getattr(request, "param", OUR_WORLD))
    return found


@pytest.fixture(scope="session")
def strict_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a control plane that enforces permissions on owner references, and logs reads too."""
    with installation(STRICT, binaries=control_plane_binaries) as running:
        yield running


@pytest.fixture
def strict_world(
    strict_control_plane: ControlPlane, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[World]:
    """Give a test a world on that control plane."""
    with _world_of(strict_control_plane, tmp_path, request) as world:
        yield world


@pytest.fixture
def empty(
    control_plane_binaries: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[World]:
    """Start a control plane for the test alone, on which nothing of ours was ever installed."""
    with (
        ControlPlane(binaries=control_plane_binaries) as running,
        _world_of(running, tmp_path, request) as world,
    ):
        yield world


@contextlib.contextmanager
def _world_of(
    control_plane: ControlPlane, folder: Path, request: pytest.FixtureRequest
) -> Iterator[World]:
    """Give a test its world, whose controllers stutter if this run is to."""
    with (
        world_of(control_plane, folder) as world,
        stuttering(request, lambda: world.controllers),
    ):
        yield world
