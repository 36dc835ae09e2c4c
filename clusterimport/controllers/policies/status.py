"""The status of a policy as a pure function of what is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clusterimport.controllers.deletions.blocks import Block
from clusterimport.controllers.permissions import role_hint
from clusterimport.controllers.policies.state import ActivePolicy, PolicyState
from clusterimport.controllers.tally import PolicyTally, State
from clusterimport.engine.ambiguity import MESSAGES
from clusterimport.informers import InformerCrashed, InformerStatus
from clusterimport.kube import errors
from clusterimport.model import meta
from clusterimport.model.conditions import Condition, find, set_condition, without

RECONCILING = "ReconcileSourceResourceAndLifecycle"
"""Clusterpedia's one reason for work on sources, done or under way; columns and scripts read it."""

AMBIGUOUS_NAMES = "AmbiguousNames"
"""A warning: it stands beside ``Ready=True``, and only where there is cause."""


@dataclass(frozen=True, slots=True)
class Observation:
    """All that a policy's status is made of."""

    state: PolicyState
    tally: PolicyTally
    block: Block | None
    sources_status: InformerStatus | None
    """How the cache of the sources is doing; None while there is none."""
    seen: int
    """Objects of the source type that the server has, with its own selectors applied."""
    is_viewed: bool
    """Whether all of them were listed with the present selector."""
    is_busy: bool
    """Whether sources or deletions still wait to be looked at."""

    @property
    def is_well(self) -> bool:
        """Whether nothing stands in the way of looking at the sources."""
        return self.state.blocker is None and not _list_problem(self)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is outstanding for this generation."""
        return self.is_viewed and not self.is_busy and not self.tally.counts[State.PENDING]


def build_status(present: meta.Object, seen: Observation, now: str) -> dict[str, Any]:
    """Return the status fields that are ours, None for one that is to be removed.

    ``status.deletions`` is kept by others.
    """
    conditions: list[dict[str, Any]] = [dict(raw) for raw in present.get("conditions") or ()]
    told = [_validated(seen), _reconciling(seen)]
    # Of a policy that was never in force since we lead, what stands is the newest that is known.
    is_known = seen.state.active is not None or seen.block is not None
    if is_known or find(conditions, "DeletionBlocked") is None:
        told.append(_deletion_blocked(seen))
    for condition in told:
        conditions = set_condition(conditions, condition, now)
    if seen.state.governing is not None:
        conditions = _with_ambiguity(conditions, seen.state.governing, seen.state.generation, now)
    ready = _ready(seen, conditions)
    if ready is not None:
        conditions = set_condition(conditions, ready, now)
    status = {"conditions": conditions, "observedGeneration": seen.state.generation}
    if not is_known and "selected" in present:
        return status
    counts = seen.tally.counts
    held = [*seen.block.held] if seen.block else []
    return status | {
        "heldDeletions": held or None,
        "sources": seen.seen,
        "selected": seen.tally.selected,
        "imported": counts[State.IMPORTED],
        "waiting": counts[State.WAITING] + counts[State.PENDING],
        "failed": counts[State.FAILED] + counts[State.UNREACHABLE],
    }


def _with_ambiguity(
    conditions: Sequence[meta.Object], active: ActivePolicy, generation: int, now: str
) -> list[dict[str, Any]]:
    """Warn of names that sources of several namespaces may have; without cause say nothing."""
    found = active.compiled.name_ambiguity if active.is_namespaced else None
    if found is None:
        return without(conditions, AMBIGUOUS_NAMES)
    message = (
        f"spec.nameTemplate {MESSAGES[found]}: the first keeps it. A dot after the namespace tells "
        "them apart; but another template gives everything that is imported another name"
    )
    told = Condition(AMBIGUOUS_NAMES, "True", found.value, message, generation)
    return set_condition(conditions, told, now)


def _validated(seen: Observation) -> Condition:
    blocker = seen.state.blocker
    if blocker is None and _is_selector_refused(seen):
        return Condition(
            "Validated", "False", "InvalidPolicy", _list_problem(seen), seen.state.generation
        )
    if blocker is None:
        return Condition("Validated", "True", "Success", "", seen.state.generation)
    return Condition("Validated", "False", blocker.reason, blocker.message, seen.state.generation)


def _reconciling(seen: Observation) -> Condition:
    generation = seen.state.generation
    if seen.state.governing is None:
        return Condition(
            "Reconciling", "False", RECONCILING, "the policy is not in force", generation
        )
    problem = _list_problem(seen)
    if problem:
        return Condition("Reconciling", "True", "FailedListSourceResources", problem, generation)
    if not seen.is_viewed:
        return Condition(
            "Reconciling", "True", "WaitResourceSynced", "the sources are being listed", generation
        )
    if not seen.is_settled:
        return Condition(
            "Reconciling", "True", RECONCILING, "sources are being looked at", generation
        )
    return Condition("Reconciling", "False", RECONCILING, "", generation)


def _list_problem(seen: Observation) -> str:
    """Say why sources cannot be listed, if that needs a person; a passing failure does not."""
    active = seen.state.active
    status = seen.sources_status
    if active is None or status is None or status.error is None:
        return ""
    if isinstance(status.error, errors.Forbidden):
        return (
            f"listing {active.source_type.group_resource} is forbidden, so nothing is changed or "
            f"deleted. {role_hint(active.source_type.group_resource)}"
        )
    if _is_crashed(seen):
        return (
            f"{active.source_type.group_resource} cannot be followed, so nothing is changed or "
            f"deleted; it is tried again, and the log has more: {status.error}"
        )
    if _is_selector_refused(seen):
        return (
            f"the server refuses to list {active.source_type.group_resource} with the policy's "
            f"labelSelector or fieldSelector: {status.error}"
        )
    return ""


def _is_crashed(seen: Observation) -> bool:
    """Whether what follows the sources has met a bug."""
    status = seen.sources_status
    return status is not None and isinstance(status.error, InformerCrashed)


def _is_selector_refused(seen: Observation) -> bool:
    """Whether the server calls the list with the policy's own selectors a bad request."""
    status = seen.sources_status
    return status is not None and isinstance(status.error, errors.BadRequest)


def _deletion_blocked(seen: Observation) -> Condition:
    generation = seen.state.generation
    if seen.block is None:
        return Condition("DeletionBlocked", "False", "NothingBlocked", "", generation)
    return Condition("DeletionBlocked", "True", seen.block.reason, seen.block.message, generation)


def _ready(seen: Observation, present: Sequence[meta.Object]) -> Condition | None:
    """Sum up; None keeps what stands, because a generation is observed only when it is in force."""
    generation = seen.state.generation
    blocker = seen.state.blocker
    if blocker is not None:
        return Condition("Ready", "False", blocker.reason, blocker.message, generation)
    problem = _list_problem(seen)
    if _is_crashed(seen):
        return Condition("Ready", "Unknown", "SourcesUnreadable", problem, generation)
    if problem:
        reason = "InvalidPolicy" if _is_selector_refused(seen) else "MissingPermission"
        return Condition("Ready", "False", reason, problem, generation)
    if not seen.is_settled:
        if find(present, "Ready") is not None:
            return None
        return Condition("Ready", "Unknown", "Reconciling", "sources are being looked at")
    if seen.block is not None:
        return Condition("Ready", "False", "DeletionBlocked", seen.block.message, generation)
    if seen.tally.counts[State.FAILED]:
        return Condition("Ready", "False", "SourcesFailed", _failures(seen.tally), generation)
    unreachable = seen.tally.counts[State.UNREACHABLE]
    if unreachable:
        message = (
            f"{unreachable} of {seen.tally.selected} clusters are imported and not ready: "
            "kubectl get pediaclusterlifecycles tells which, and kubectl describe why"
        )
        return Condition("Ready", "False", "ClustersNotReady", message, generation)
    message = f"{seen.tally.counts[State.IMPORTED]} of {seen.tally.selected} imported"
    return Condition("Ready", "True", "Imported", message, generation)


def _failures(tally: PolicyTally) -> str:
    parts = [f"{tally.counts[State.FAILED]} of {tally.selected} sources failed"]
    if tally.rejected:
        named = "; ".join(
            f"{key}: {standing.reason}: {standing.message}"
            for key, standing in tally.examples().items()
        )
        parts.append(f"{len(tally.rejected)} of them have no lifecycle: {named}")
    if tally.counts[State.FAILED] > len(tally.rejected):
        parts.append("kubectl get pediaclusterlifecycles tells about the others")
    return ". ".join(parts)
