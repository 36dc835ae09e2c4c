"""Telling how one import stands: status, tally, Event and metric, each only on a change."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog

from clusterimport.controllers.lifecycles.conditions import wished_conditions
from clusterimport.controllers.lifecycles.verdict import SOURCE_RENAMED, Held, ImportVerdict
from clusterimport.controllers.shared.contested import (
    FIELD_CONTESTED,
    Contested,
    ContestedFields,
    without_fields,
)
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.events import Regarding
from clusterimport.controllers.shared.health import (
    EXPIRING,
)
from clusterimport.controllers.shared.tally import FAILED_RECONCILE, Standing, State
from clusterimport.controllers.shared.untold import UntoldChanges
from clusterimport.kube import errors
from clusterimport.limits.messages import UNREADABLE_SECONDS
from clusterimport.model import meta
from clusterimport.model.conditions import (
    Condition,
    conditions_of,
    find,
    is_true,
)
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.lifecycle import (
    RENDERED,
    SOURCE_TYPE_UID,
    LifecycleRecord,
    told_rendered,
)

log = structlog.get_logger(__name__)


class Reporter:
    """Writes the status of lifecycles; never fails because of what it reports."""

    def __init__(self, context: TermContext) -> None:
        self._context = context
        self._contested: ContestedFields[str] = ContestedFields(context.clock)
        # Monotonic seconds since when looks at a lifecycle have ended in a failure of the server.
        self._failing_since: dict[str, float] = {}
        self._untold = UntoldChanges()

    def forget(self, name: str) -> None:
        """Forget a lifecycle that is gone."""
        self._failing_since.pop(name, None)
        self._contested.forget(name)
        self._untold.told(name)

    async def failed(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        error: errors.KubeError,
        references: Sequence[dict[str, Any]],
        *,
        stands: bool,
        is_certain: bool,
    ) -> None:
        """Count and tell a failure that has lasted a minute; before that, work is outstanding.

        ``stands``: whether there is a PediaCluster already.
        """
        log.debug("import failed", lifecycle=meta.name_of(obj), error=str(error))
        now = self._context.clock.monotonic()
        if now - self._failing_since.setdefault(record.name, now) < UNREADABLE_SECONDS:
            # What it was counts meanwhile: one answer of 503 is no reason to call a policy failed.
            self._await_retry(record)
            return
        state = State.OUTDATED if stands else State.FAILED
        held = Held(FAILED_RECONCILE, f"for more than a minute: {error}. It is tried again")
        self._set_tally(record, Standing(state, held.reason, held.message))
        with suppress(errors.KubeError):
            # What stands in the way of the import may stand in the way of this, too.
            verdict = ImportVerdict(exists=stands, held=held)
            await self._tell(obj, record, verdict, references, is_certain=is_certain)

    async def tell(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        verdict: ImportVerdict,
        references: Sequence[dict[str, Any]],
        *,
        is_certain: bool = True,
        type_uid: str = "",
    ) -> None:
        """Report one look; raises KubeError if the status could not be written.

        ``is_certain``: whether the source is known by more than the lifecycle's own spec; only then
        the status, which is believed later, tells of it. ``type_uid``: the CRD under which that was
        seen alive, if that is news.
        """
        self._failing_since.pop(record.name, None)
        await self._tell(obj, record, verdict, references, is_certain=is_certain, type_uid=type_uid)

    async def _tell(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        verdict: ImportVerdict,
        references: Sequence[dict[str, Any]],
        *,
        is_certain: bool,
        type_uid: str = "",
    ) -> None:
        status, present = obj.get("status") or {}, conditions_of(obj)
        before = self._untold.conditions_before(obj)
        health = self._context.health.of(record.name)
        wished = wished_conditions(present, record, verdict, health, self._context.clock.now())
        body: dict[str, Any] = {"conditions": wished, "references": list(references)}
        if is_certain and self._context.schemas.current.lifecycle_keeps("status.source"):
            body["source"] = str(record.source)
        if type_uid and self._context.schemas.current.lifecycle_keeps(f"status.{SOURCE_TYPE_UID}"):
            body[SOURCE_TYPE_UID] = type_uid
        changed = {field: value for field, value in body.items() if _differs(status, field, value)}
        changed |= self._record(obj, is_written=bool(changed))
        if changed:
            with self._untold.writing(obj):
                await self._write(obj, changed)
        if record.policy is not None:
            is_new = not is_true(before, "Created")
            created = is_new and verdict.created_reason == "PediaClusterCreated"
            self._context.latency.looked_at(record.policy.name, record.source.key, created=created)
        self._tell_others(obj, record, verdict, before, wished)
        self._untold.told(record.name)

    def _record(self, obj: meta.Object, *, is_written: bool) -> dict[str, Any]:
        """Return what to say of the rendering: only along with something else, if that will do.

        Where the server's history was lost, what stands there must not be believed later.
        """
        records = self._context.rendered
        rendered = records.of(obj)
        if rendered is None or rendered == told_rendered(obj):
            return {}
        if not self._context.schemas.current.lifecycle_keeps(f"status.{RENDERED}"):
            return {}
        return {RENDERED: rendered.to_dict()} if is_written or not records.believes else {}

    async def _write(self, obj: meta.Object, status: dict[str, Any]) -> None:
        name = meta.name_of(obj)
        patch = {
            "metadata": {"resourceVersion": meta.resource_version_of(obj)},
            "status": status,
        }
        contested = self._contested.withheld(name, patch)
        allowed = without_fields(patch, frozenset(field.path for field in contested))
        if allowed is not None:
            client = self._context.hub.client(LIFECYCLES)
            written = self._context.newest.written_lifecycles
            try:
                with written.writing(name):
                    if contested:
                        updated = await client.patch(name, allowed, subresource="status")
                    else:
                        # As it stands with what is new: a fifth cheaper for the API server than a
                        # patch, which it applies to JSON and then decodes.
                        whole = {**obj, "status": {**(obj.get("status") or {}), **status}}
                        updated = await client.update(whole, subresource="status")
                    written.wrote(name, updated)
            except errors.NotFound:
                return
            self._contested.wrote(name, allowed)
        if contested:
            await self._tell_contested(obj, contested)

    async def _tell_contested(self, obj: meta.Object, fields: Sequence[Contested]) -> None:
        """Tell by an Event of a status that does not stay: a condition would not stay either."""
        name, client = meta.name_of(obj), self._context.hub.client(LIFECYCLES)
        is_news = not all(field.holder for field in fields)
        message = await self._contested.describe(
            name, fields, f"lifecycle {name}", lambda: client.get(name, metadata_only=True)
        )
        if is_news:
            self._context.events.warning(Regarding.of(obj), FIELD_CONTESTED, "Import", message)
        self._context.queues.lifecycles.add_after(name, self._contested.seconds_until_due(fields))

    def _tell_others(
        self,
        obj: meta.Object,
        record: LifecycleRecord,
        verdict: ImportVerdict,
        present: Sequence[meta.Object],
        wished: Sequence[meta.Object],
    ) -> None:
        held = verdict.held
        before, ready = find(present, "Ready"), find(wished, "Ready")
        self._tell_expiry(obj, find(present, EXPIRING), find(wished, EXPIRING))
        if held is None:
            if not verdict.exists:
                self._set_tally(record, Standing(State.WAITING, "Observed"))
                return
            if ready is not None and ready.status == "False":
                # Also where that is the last thing known, and a probe is still to come.
                self._set_tally(record, Standing(State.UNREACHABLE, ready.reason, ready.message))
            else:
                self._set_tally(record, Standing(State.IMPORTED))
            self._tell_health(obj, before, ready)
            return
        if held.reason == SOURCE_RENAMED:
            # The lifecycle of the new name speaks for the source.
            return
        # What stands waits for nothing any more: it is not kept as it should be.
        state = State.OUTDATED if verdict.exists else held.state
        self._set_tally(record, Standing(state, held.reason, held.message))
        if held.state is not State.FAILED or (before is not None and before.reason == held.reason):
            return
        policy = record.policy.name if record.policy else ""
        self._context.metrics.rejected(policy, held.reason)
        log.warning(
            "import held",
            reason=held.reason,
            lifecycle=record.name,
            policy=policy,
            source=str(record.source),
        )
        self._context.events.warning(Regarding.of(obj), held.reason, "Import", held.message)
        source = self._source(record)
        if source is not None:
            note = f"lifecycle {record.name}: {held.message}"
            self._context.events.warning(Regarding.of(source), held.reason, "Import", note)

    def _tell_health(
        self, obj: meta.Object, before: Condition | None, ready: Condition | None
    ) -> None:
        """Tell of a cluster that fails, for another reason than before, or fails no more."""
        if ready is None:
            return
        if ready.status == "False":
            if before is None or before[:3] != ready[:3]:
                self._context.events.warning(
                    Regarding.of(obj), ready.reason, "Probe", ready.message
                )
        elif before is not None and before.status == "False":
            reason = ready.reason if ready.is_true else "Imported"
            note = f"PediaCluster {meta.name_of(obj)} is imported"
            self._context.events.normal(Regarding.of(obj), reason, "Import", note)

    def _tell_expiry(
        self, obj: meta.Object, before: Condition | None, expiring: Condition | None
    ) -> None:
        """Tell once that a credential ends soon, and once that it has ended.

        The moment may change every hour, where tokens are that short-lived.
        """
        if expiring is None or (before is not None and before.reason == expiring.reason):
            return
        self._context.events.warning(Regarding.of(obj), expiring.reason, "Probe", expiring.message)

    def _source(self, record: LifecycleRecord) -> meta.Object | None:
        state = self._context.tracker.get(record.policy.name) if record.policy else None
        if state is None or state.active is None:
            return None
        return state.active.subscription.sources.store.get(record.source.key)

    def _set_tally(self, record: LifecycleRecord, standing: Standing) -> None:
        if record.policy is not None and self._counts(record, record.policy.name):
            self._context.tally.set(record.policy.name, record.source.key, standing)

    def _await_retry(self, record: LifecycleRecord) -> None:
        if record.policy is not None and self._counts(record, record.policy.name):
            self._context.tally.revisit(record.policy.name, record.source.key)

    def _counts(self, record: LifecycleRecord, policy: str) -> bool:
        """Whether it is this look that says where the source stands."""
        newest = self._context.newest.lifecycle(record.name)
        if newest is None or meta.generation_of(newest) != record.generation:
            # Its spec was replaced during the look: only the look at the new one counts.
            return False
        before = self._context.tally.find(policy, record.source.key)
        if before is None:
            # If it is gone it counts no more; only its lifecycle is still here.
            return self._source(record) is not None
        # What is wrong with the source itself is for its own look to end.
        return not before.is_rejected


def _differs(status: meta.Object, field: str, value: Any) -> bool:
    return (status.get(field) or None) != (value or None)
