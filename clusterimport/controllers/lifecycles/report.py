"""Telling how one import stands: status, tally, Event and metric, each only on a change."""

from collections.abc import Sequence
from typing import Any

import structlog

from clusterimport.controllers.events import Regarding, second_time
from clusterimport.controllers.lifecycles.verdict import Verdict
from clusterimport.controllers.tally import FAILED_RECONCILE, Standing, State
from clusterimport.controllers.term import TermContext
from clusterimport.kube import errors
from clusterimport.model import meta
from clusterimport.model.conditions import Condition, find, is_true, set_condition, without
from clusterimport.model.lifecycle import OBSERVED, LifecycleRecord
from clusterimport.model.policy import Mode

_OBSERVED_MESSAGE = "the policy's mode is Observe: this PediaCluster is not written or deleted"

log = structlog.get_logger(__name__)


class Reporter:
    """Writes the status of lifecycles; never fails because of what it reports."""

    def __init__(self, context: TermContext) -> None:
        self._context = context

    def failed(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        error: errors.ApiError,
    ) -> None:
        """Count a failure that is being retried; status tells only what lasts."""
        log.debug("import failed", lifecycle=meta.name_of(obj), error=str(error))
        self._set_tally(record, Standing(State.FAILED, FAILED_RECONCILE, str(error)))

    async def tell(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        verdict: Verdict,
        references: Sequence[dict[str, Any]],
    ) -> None:
        """Report one look; raises KubeError if the status could not be written."""
        status = obj.get("status") or {}
        present = status.get("conditions") or []
        before = find(present, "Ready")
        wished = self._conditions(present, record, verdict)
        body: dict[str, Any] = {"conditions": wished, "references": list(references)}
        if self._context.schemas.current.lifecycle_keeps("status.source"):
            body["source"] = str(record.source)
        if not _equal(status, body):
            await self._write(obj, body)
        if record.policy is not None:
            is_new = not is_true(present, "Created")
            created = is_new and verdict.created_reason == "PediaClusterCreated"
            self._context.latency.looked_at(record.policy.name, record.source.key, created=created)
        self._tell_others(obj, record, verdict, before)

    def _conditions(
        self, present: Sequence[meta.Object], record: LifecycleRecord, verdict: Verdict
    ) -> list[dict[str, Any]]:
        now = second_time(self._context.clock.now())
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
        return set_condition(wished, _ready(verdict, generation), now)

    async def _write(self, obj: meta.Object, status: dict[str, Any]) -> None:
        name = meta.name_of(obj)
        patch = {
            "metadata": {"resourceVersion": meta.resource_version_of(obj)},
            "status": status,
        }
        try:
            updated = await self._context.clients.lifecycles.patch(
                name, patch, subresource="status"
            )
        except errors.NotFound:
            return
        self._context.written_lifecycles.wrote(name, updated)

    def _tell_others(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        verdict: Verdict,
        before: Condition | None,
    ) -> None:
        held = verdict.held
        if held is None:
            state = State.IMPORTED if verdict.exists else State.WAITING
            self._set_tally(record, Standing(state, "" if verdict.exists else "Observed"))
            if before is not None and not before.is_true and verdict.exists:
                self._context.events.normal(
                    Regarding.of(obj),
                    "Imported",
                    "Import",
                    f"PediaCluster {record.name} is imported",
                )
            return
        self._set_tally(record, Standing(held.state, held.reason, held.message))
        if held.state is not State.FAILED or (before is not None and before.reason == held.reason):
            return
        policy = record.policy.name if record.policy else ""
        self._context.metrics.rejected(policy, held.reason)
        log.warning("import held", reason=held.reason, lifecycle=record.name)
        self._context.events.warning(Regarding.of(obj), held.reason, "Import", held.message)
        source = self._source(record)
        if source is not None:
            note = f"lifecycle {record.name}: {held.message}"
            self._context.events.warning(Regarding.of(source), held.reason, "Import", note)

    def _source(self, record: LifecycleRecord) -> meta.Object | None:
        state = self._context.tracker.get(record.policy.name) if record.policy else None
        if state is None or state.active is None:
            return None
        return state.active.subscription.sources.store.get(record.source.key)

    def _set_tally(self, record: LifecycleRecord, standing: Standing) -> None:
        newest = self._context.lifecycle(record.name)
        if newest is None or meta.generation_of(newest) != record.generation:
            # Its spec was replaced during the look: only the look at the new one counts.
            return
        if record.policy is None:
            return
        before = self._context.tally.find(record.policy.name, record.source.key)
        if before is None and self._source(record) is None:
            # It is gone and counts no more; only its lifecycle is still here.
            return
        if before is not None and before.is_rejected:
            # What is wrong with the source itself is for its own look to end.
            return
        self._context.tally.set(record.policy.name, record.source.key, standing)


def _ready(verdict: Verdict, generation: int) -> Condition:
    held = verdict.held
    if held is not None:
        return Condition("Ready", "False", held.reason, held.message, generation)
    if not verdict.exists:
        return Condition("Ready", "False", "Observed", verdict.observed, generation)
    return Condition("Ready", "True", "Imported", verdict.observed, generation)


def _equal(status: meta.Object, body: dict[str, Any]) -> bool:
    return all((status.get(name) or None) == (value or None) for name, value in body.items())
