"""What a policy's status is made of, and what it says."""

from typing import Any

from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.policies.access import NOTHING_READ, access_of
from clusterimport.controllers.policies.status import PolicyObservation, build_status
from clusterimport.controllers.shared.tally import Standing, State, Tally
from clusterimport.kube import errors
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import ImportRig

LATER = 61.0
"""Seconds after the failures here began."""
NOW = "2026-01-02T03:04:05Z"
IMPORTED = Standing(State.IMPORTED)
FAILED = Standing(State.FAILED, "CreationFailure", "m")
WAITING = Standing(State.WAITING, "WaitCreationCondition", "printed nothing")
OUTDATED = Standing(State.OUTDATED, "ReferenceResourceNotFound", "secrets team/x does not exist")
UNREACHABLE = Standing(State.UNREACHABLE, "Timeout", "look at the firewall")
REJECTED = Standing(State.FAILED, "NameConflict", "the name is taken", has_lifecycle=False)
READY = {"type": "Ready", "status": "True", "reason": "Imported", "message": "1 of 1 imported"}

NAME = "{{ .source.metadata.namespace }}.{{ .source.metadata.name }}"


def observe(
    *standings: Standing,
    blocker: Blocker | None = None,
    active: bool = True,
    error: errors.KubeError | None = None,
    name: str = NAME,
    **fields: Any,
) -> PolicyObservation:
    """Return all that a policy's status is made of; settled and well unless said otherwise."""
    rig = ImportRig()
    policy = rig.activate(nameTemplate=name)
    if error is not None:
        rig.sources().fail(error)
    changes: dict[str, Any] = {} if active else {"active": None}
    tally = Tally(rig.queues.policies)
    tally.settled("mcp")
    for number, standing in enumerate(standings):
        tally.set("mcp", ObjectKey("team", f"s{number}"), standing)
    values: dict[str, Any] = {
        "state": rig.block(blocker, generation=3, **changes),
        "tally": tally.of("mcp"),
        "block": None,
        "access": access_of(policy, LATER) if active else NOTHING_READ,
        "seen": 9,
        "is_viewed": True,
        "is_busy": False,
    }
    return PolicyObservation(**values | fields)


def tell(
    seen: PolicyObservation, present: dict[str, Any] | None = None
) -> dict[str, tuple[str, str, int | None]]:
    """Return every condition as status, reason and a part of its message, and the observation."""
    status = build_status(present or {}, seen, NOW)
    return {
        each["type"]: (each["status"], each["reason"], each.get("observedGeneration"))
        for each in status["conditions"]
    }
