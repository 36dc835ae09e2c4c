"""The conditions of a lifecycle: how its import stands, in Clusterpedia's words and in ours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clusterimport.controllers.lifecycles.verdict import ImportVerdict
from clusterimport.controllers.shared.health import (
    EXPIRING,
    FEATURE_CONDITIONS,
    NOTHING_TO_NOTE,
    CredentialNotes,
    Health,
    HealthState,
    feature_condition,
)
from clusterimport.model import meta
from clusterimport.model.conditions import Condition, find, is_true, set_condition, without
from clusterimport.model.lifecycle import OBSERVED, LifecycleRecord
from clusterimport.model.policy import Mode
from clusterimport.model.times import second_time

_OBSERVED_MESSAGE = "the policy's mode is Observe: this PediaCluster is not written or deleted"
_PROBING_MESSAGE = "the PediaCluster stands, and whether its API server answers is being found out"


def wished_conditions(
    present: Sequence[meta.Object],
    record: LifecycleRecord,
    verdict: ImportVerdict,
    health: Health,
    at: datetime,
) -> list[dict[str, Any]]:
    """Return the conditions that a lifecycle is to have, made of those that it has.

    What has not changed keeps its time, and conditions of others stay as they are.
    """
    now = second_time(at)
    generation = record.generation
    held = verdict.held
    wished: list[dict[str, Any]] = [dict(raw) for raw in present]
    if verdict.exists:
        before = find(present, "Created")
        if before is None or not before.is_true:
            created = Condition(
                "Created",
                "True",
                verdict.created_reason or "PediaClusterExisted",
                "",
                generation,
            )
            wished = set_condition(wished, created, now)
        updating = (
            Condition("Updating", "True", held.reason, held.message, generation)
            if held
            else Condition("Updating", "False", "PediaClusterUpdated", "", generation)
        )
        wished = set_condition(wished, updating, now)
    elif held is not None:
        created = Condition("Created", "False", held.reason, held.message, generation)
        wished = set_condition(without(wished, "Updating"), created, now)
    else:
        created = Condition("Created", "False", "Observed", verdict.observed, generation)
        wished = set_condition(without(wished, "Updating"), created, now)
    if record.options.mode is Mode.OBSERVE:
        # Its spec may not say so, and this is all that tells when the policy is gone.
        observed = Condition(OBSERVED, "True", "Observed", _OBSERVED_MESSAGE, generation)
        wished = set_condition(wished, observed, now)
    else:
        wished = without(wished, OBSERVED)
    notes = health.notes if verdict.exists else NOTHING_TO_NOTE
    if notes is not None:
        wished = _with_notes(wished, notes, record, now)
    ready = _ready(verdict, health, generation)
    if ready is None and not (_was_well(present) and _has_verdict(present)):
        message = health.message or _PROBING_MESSAGE
        ready = Condition("Ready", "Unknown", "Probing", message, generation)
    return set_condition(wished, ready, now) if ready else wished


def _with_notes(
    wished: list[dict[str, Any]], notes: CredentialNotes, record: LifecycleRecord, now: str
) -> list[dict[str, Any]]:
    """Say what is known of the credentials, and nothing else of them."""
    told = [feature_condition(f, record.options, record.generation) for f in sorted(notes.features)]
    if notes.expiry.reason:
        told.append(Condition(EXPIRING, "True", *notes.expiry, record.generation))
    for kind in {EXPIRING, *FEATURE_CONDITIONS} - {condition.type for condition in told}:
        wished = without(wished, kind)
    for condition in told:
        wished = set_condition(wished, condition, now)
    return wished


def _ready(verdict: ImportVerdict, health: Health, generation: int) -> Condition | None:
    """Sum up; None where the health of what was imported is not known yet."""
    held = verdict.held
    if held is not None:
        return Condition("Ready", "False", held.reason, held.message, generation)
    if not verdict.exists:
        return Condition("Ready", "False", "Observed", verdict.observed, generation)
    message = verdict.observed or health.message
    match health.state:
        case HealthState.PENDING if health.reason:
            return Condition("Ready", "Unknown", health.reason, health.message, generation)
        case HealthState.PENDING:
            return None
        case HealthState.UNHEALTHY:
            return Condition("Ready", "False", health.reason, health.message, generation)
        case HealthState.HEALTHY:
            return Condition("Ready", "True", health.reason, message, generation)
        case HealthState.UNWATCHED:
            return Condition("Ready", "True", "Imported", message, generation)


def _was_well(present: Sequence[meta.Object]) -> bool:
    """Whether the import stood before, so that ``Ready`` is the last thing known of its health."""
    updating = find(present, "Updating")
    return is_true(present, "Created") and updating is not None and updating.status == "False"


def _has_verdict(present: Sequence[meta.Object]) -> bool:
    ready = find(present, "Ready")
    return ready is not None and ready.status != "Unknown"
