"""One real control plane for the whole run; each test has a namespace and names of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from development import clusterpedia
from development.controlplane import fixtures
from development.controlplane.client import AdminClient
from development.controlplane.components import ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane
from development.world import World, install, world_of
from tests.harness.eithercrds import OUR_WORLD


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the binaries before the time limit of the first test starts."""
    fixtures.build_for(session)


@pytest.fixture(scope="session")
def control_plane_binaries() -> Path:
    """Give the folder of the binaries, for a test that starts a control plane of its own."""
    return fixtures.binaries_or_fail()


@pytest.fixture(scope="session")
def control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start everything, with the audit log of writes. A test that cuts or slows it has its own."""
    with ControlPlane(binaries=control_plane_binaries) as running:
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


@pytest.fixture(scope="session")
def installation(control_plane: ControlPlane, admin: AdminClient) -> ControlPlane:
    """Install the project's manifests on the shared control plane."""
    install(control_plane, admin)
    return control_plane


@pytest.fixture
def our_world(installation: ControlPlane, admin: AdminClient, tmp_path: Path) -> Iterator[World]:
    """Give a test an installation without policies and platforms, and clear it afterwards."""
    with world_of(installation, admin, tmp_path) as world:
        yield world


@pytest.fixture(scope="session")
def clusterpedia_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a second control plane, with Clusterpedia's CRDs and the rest of our manifests."""
    with ControlPlane(binaries=control_plane_binaries) as running, AdminClient(running) as client:
        install(running, client, crds=clusterpedia.crds())
        yield running


@pytest.fixture
def clusterpedia_world(clusterpedia_control_plane: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """Give a test the same as ``our_world``, where Clusterpedia's CRDs are installed."""
    folder = tmp_path / "clusterpedia"
    folder.mkdir()
    with (
        AdminClient(clusterpedia_control_plane) as client,
        world_of(clusterpedia_control_plane, client, folder) as world,
    ):
        yield world


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """Give a test its world: with our CRDs, or with those that ``either_crds`` asks for."""
    found: World = request.getfixturevalue(getattr(request, "param", OUR_WORLD))
    return found


@pytest.fixture(scope="module")
def strict_control_plane(control_plane_binaries: Path) -> Iterator[ControlPlane]:
    """Start a control plane that enforces permissions on owner references, and logs reads too."""
    options = ControlPlaneOptions(
        audit_reads=True, enable_admission_plugins=("OwnerReferencesPermissionEnforcement",)
    )
    with (
        ControlPlane(options, binaries=control_plane_binaries) as running,
        AdminClient(running) as client,
    ):
        install(running, client)
        yield running


@pytest.fixture
def strict_world(strict_control_plane: ControlPlane, tmp_path: Path) -> Iterator[World]:
    """Give a test a world on that control plane."""
    with (
        AdminClient(strict_control_plane) as client,
        world_of(strict_control_plane, client, tmp_path) as world,
    ):
        yield world
