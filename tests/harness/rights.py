"""What the controller may do, and what it has asked for."""

from typing import Any

from development.controlplane.audit import AuditEvent
from development.world import AGGREGATED, World
from tests.harness.writes import USER

RBAC = "rbac.authorization.k8s.io/v1"


def requests(world: World, **filters: Any) -> list[AuditEvent]:
    """Return what the controller has asked of the server."""
    return world.control_plane.audit_events(user=USER, **filters)


def aggregated(world: World) -> list[dict[str, Any]]:
    """Return the rules that came with policies."""
    return list(world.admin.read(RBAC, "ClusterRole", AGGREGATED).get("rules") or ())
