"""An installation on a control plane: the manifests as a user applies them."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from development import manifests
from development.controlplane.client import AdminClient
from development.controlplane.components import ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane


def install(
    control_plane: ControlPlane,
    admin: AdminClient,
    *,
    crds: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """Apply the manifests as a user would; the Deployment stands, but nothing runs its pods.

    With ``crds`` those stand in place of ours.
    """
    base = manifests.base()
    if crds is not None:
        others = [obj for obj in base if obj["kind"] != manifests.CRD]
        base = [*map(dict, crds), *others]
    for obj in base:
        if obj["kind"] == manifests.CRD:
            admin.install_crd(obj)
        else:
            admin.apply(obj)
    # The garbage collector looks for new types only every 30 s.
    control_plane.restart_controller_manager()


@contextlib.contextmanager
def installation(
    options: ControlPlaneOptions | None = None,
    *,
    binaries: Path | None = None,
    crds: Sequence[Mapping[str, Any]] | None = None,
) -> Iterator[ControlPlane]:
    """Run a control plane with the manifests, for the block."""
    with ControlPlane(options, binaries=binaries) as running, AdminClient(running) as admin:
        install(running, admin, crds=crds)
        yield running
