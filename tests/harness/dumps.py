"""What ``kubectl get -o yaml`` prints, for commands that read files."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from development.controlplane.audit import AuditMark
from development.world import World

OPERATOR = "operator"


def dump(world: World, path: Path, *types: tuple[str, str]) -> Path:
    """Write all objects of types, each (apiVersion, kind), as one list."""
    items = [
        {"apiVersion": api_version, "kind": kind, **obj}
        for api_version, kind in types
        for obj in world.admin.list(api_version, kind)
    ]
    return write(path, {"apiVersion": "v1", "kind": "List", "items": items})


def write(path: Path, *objects: Mapping[str, Any]) -> Path:
    """Write objects as documents of one file."""
    path.write_text(yaml.safe_dump_all(objects, sort_keys=False))
    return path


def by_name(elements: Iterable[Mapping[str, Any]], field: str = "name") -> dict[str, Any]:
    """Return the elements of ``-o json`` by the name of their PediaCluster."""
    return {element[field]: element for element in elements if element[field]}


def operator(world: World) -> Path:
    """Write the kubeconfig of somebody who may do everything, and whom no component acts as."""
    path = world.folder / f"{OPERATOR}.kubeconfig"
    path.write_text(world.control_plane.user_access(OPERATOR, ["system:masters"]).kubeconfig())
    return path


def writes_by(world: World, mark: AuditMark, user: str = OPERATOR) -> list[tuple[str, str]]:
    """Return verb and resource of what a person has written; a review of rights is no write."""
    return [
        (event.verb, event.resource)
        for event in world.control_plane.audit_events(user=user, since=mark)
        if event.resource != "selfsubjectaccessreviews"
    ]
