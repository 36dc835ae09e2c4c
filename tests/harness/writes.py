"""What the controller wrote, by the audit log; which replica, by the token it came with."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import yaml

from development.controller import ControllerProcess
from development.controlplane.audit import AuditEvent, AuditMark
from development.world import NAMESPACE, SERVICE_ACCOUNT, World

USER = f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"
CREDENTIAL = "authentication.kubernetes.io/credential-id"

Writes = Counter[tuple[str, str]]
"""How often each (verb, resource or resource/subresource)."""


def credential_of(kubeconfig: Path) -> str:
    """Return the id of a kubeconfig's token, as the audit log has it; every token has its own."""
    token = yaml.safe_load(kubeconfig.read_text())["users"][0]["user"]["token"]
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return f"JTI={claims['jti']}"


def writes(
    world: World, since: AuditMark, *, by: ControllerProcess | None = None
) -> list[AuditEvent]:
    """Return every write that the controller, or one replica of it, has sent."""
    wanted = credential_of(by.kubeconfig) if by else ""
    return [
        event
        for event in world.control_plane.audit_events(user=USER, since=since)
        if event.is_write and (not wanted or wanted in event.raw["user"]["extra"][CREDENTIAL])
    ]


def is_lease(event: AuditEvent) -> bool:
    """Whether this is the work of the leader election."""
    return event.resource == "leases"


def is_event(event: AuditEvent) -> bool:
    """Whether this is a Kubernetes Event."""
    return event.resource == "events"


def is_accepted(event: AuditEvent) -> bool:
    """Whether the server did what was asked."""
    return 200 <= event.code < 300


def kind_of(event: AuditEvent) -> tuple[str, str]:
    """Return verb and resource."""
    resource = f"{event.resource}/{event.subresource}" if event.subresource else event.resource
    return event.verb, resource


def object_writes(
    world: World, since: AuditMark, *, by: ControllerProcess | None = None
) -> list[AuditEvent]:
    """Return the writes that are neither of the lease nor of Events, in the order they ended."""
    return [
        event
        for event in writes(world, since, by=by)
        if not is_lease(event) and not is_event(event)
    ]


class WriteCounter:
    """Counts what `counts` takes of the controller's writes, reading each line of the log once."""

    def __init__(self, world: World, counts: Callable[[AuditEvent], bool]) -> None:
        self._path = world.control_plane.folder / "audit.jsonl"
        self._offset = world.control_plane.audit_mark().offset
        self._counts = counts
        self._total = 0

    def total(self) -> int:
        """Return the count since the start."""
        with self._path.open("rb") as lines:
            lines.seek(self._offset)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                if USER.encode() in line:
                    event = AuditEvent.parse(json.loads(line))
                    self._total += event.user == USER and event.is_write and self._counts(event)
        return self._total


def by_name(events: list[AuditEvent]) -> dict[str, Writes]:
    """Count the writes to each lifecycle and the PediaCluster of its name.

    The name of a created object is not in the URL, but the server fills it in at level Metadata.
    """
    counted: dict[str, Writes] = {}
    for event in events:
        counted.setdefault(event.name, Counter())[kind_of(event)] += 1
    return counted
