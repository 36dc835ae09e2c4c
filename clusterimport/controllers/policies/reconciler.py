"""Writes what a policy's status, annotation and finalizers should be; decides on no source."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import structlog

from clusterimport.aio import Pace
from clusterimport.controllers.inforce.state import PolicyState
from clusterimport.controllers.policies.access import MISSING_SECONDS, NamespaceLooks, access_of
from clusterimport.controllers.policies.status import (
    COUNTS,
    NOTHING_SELECTED,
    SOURCES_UNREADABLE,
    WAITING,
    PolicyObservation,
    build_status,
    is_counted,
)
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.shared.blocks import Blocks
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.contested import (
    FIELD_CONTESTED,
    Contested,
    ContestedFields,
    without_fields,
)
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.events import Regarding
from clusterimport.controllers.shared.tally import State
from clusterimport.controllers.shared.untold import UntoldChanges
from clusterimport.engine.errors import CREDENTIAL_REJECTED
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.model import meta, policy
from clusterimport.model.conditions import find
from clusterimport.model.gvr import NAMESPACES, POLICIES
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import EXTENSIONS_ANNOTATION, POLICY_FINALIZER, REJECTED_ANNOTATION
from clusterimport.model.rejections import to_annotation
from clusterimport.model.times import second_time
from clusterimport.workqueue import BACKLOG, ItemExponential

log = structlog.get_logger(__name__)

QUIET_START_SECONDS = 30.0
"""How long everything is looked at again before that is told: a restart, and the hourly look, that
find nothing to do write nothing."""
STATUS_INTERVAL_SECONDS = 1.0
"""A policy's status is written at most this often, whatever its thousand sources do."""
RECOUNT_INTERVAL_SECONDS = 10.0
"""And this often where nothing but the number of objects of the type has changed."""
_TOLD_AS_NORMAL: Final = frozenset({WAITING, NOTHING_SELECTED})
"""Reasons of ``Ready`` that are no failure, and that somebody who expects an import has to hear."""


class PolicyReconciler:
    """Reconciler of policy names."""

    def __init__(self, context: TermContext, blocks: Blocks, random: Random) -> None:
        self._context = context
        self._blocks = blocks
        # Of a policy whose last write failed: its back-off, and when the next write may be tried.
        # Sources change all the time, so that the queue alone would bring it back at once.
        self._backoff = ItemExponential(random=random, base_seconds=STATUS_INTERVAL_SECONDS)
        self._not_before: dict[str, float] = {}
        self._contested: ContestedFields[str] = ContestedFields(context.clock)
        # Not by the clients that gather what is refused: where this may not be read, it is not.
        client = ResourceClient(context.hub.rest, NAMESPACES)
        self._namespaces = NamespaceLooks(client, context.clock)
        self._written_at: dict[str, float] = {}
        self._warned: set[str] = set()
        # Whether a policy had been counted when we came to lead, or it came.
        self._was_counted: dict[str, bool] = {}
        # Since when a policy has not been settled, long ago if that was told; settled ones are not
        # in it.
        self._looking_since: dict[str, float] = {}
        self._untold = UntoldChanges()

    async def reconcile(self, key: str) -> Result:
        """Bring status and marks of one policy up to date."""
        obj = self._context.caches.policies.get(ObjectKey("", key))
        if obj is None:
            await self._look_at_gone(key)
            return DONE
        held = self._not_before.get(key, 0.0) - self._context.clock.monotonic()
        if held > 0:
            return Result(requeue_after=held)
        try:
            result = await self._look(key, obj)
        except errors.KubeError as error:
            asked = errors.retry_after_of(error)
            wait = max(self._backoff.when(key), asked)
            self._not_before[key] = self._context.clock.monotonic() + wait
            raise
        self._forget_failures(key)
        return result

    async def _look(self, key: str, obj: meta.Object) -> Result:
        if meta.is_deleting(obj):
            return await self._let_go(obj)
        state = self._context.tracker.get(key)
        if state is None or state.uid != meta.uid_of(obj):
            return DONE
        if state.generation != meta.generation_of(obj):
            # The tracker is about to look at it and tells us when it has.
            return DONE
        is_frozen = state.blocker is not None and state.blocker.freezes
        if not is_frozen and await self._mark_extensions(obj):
            # Its event brings us back, but for one that a webhook has turned into nothing.
            return Result(requeue_after=STATUS_INTERVAL_SECONDS)
        return await self._tell(obj, state)

    async def _look_at_gone(self, name: str) -> None:
        self._written_at.pop(name, None)
        self._warned.discard(name)
        self._looking_since.pop(name, None)
        self._was_counted.pop(name, None)
        self._contested.forget(name)
        self._untold.told(name)
        self._forget_failures(name)
        for source in self._context.tally.of(name).standings:
            # What is known of it elsewhere is forgotten by its look.
            self._context.queues.sources.add(SourceKey(name, source), priority=BACKLOG)
        self._context.tally.forget(name)
        self._context.metrics.forget_policy(name)
        self._context.health_metrics.forget_policy(name)
        pace = Pace()
        for lifecycle in self._context.newest.lifecycles_of(name):
            await pace.step()
            pediacluster = self._context.newest.pediacluster(meta.name_of(lifecycle))
            self._context.candidates.propose(name, Candidate.of(lifecycle, pediacluster))

    def _forget_failures(self, name: str) -> None:
        self._backoff.forget(name)
        self._not_before.pop(name, None)

    async def _let_go(self, obj: meta.Object) -> Result:
        """Remove Clusterpedia's finalizer, which its controller would; we add none."""
        finalizers = meta.finalizers_of(obj)
        if POLICY_FINALIZER not in finalizers:
            return DONE
        kept = [name for name in finalizers if name != POLICY_FINALIZER]
        patch = {"metadata": {"finalizers": kept, "resourceVersion": meta.resource_version_of(obj)}}
        try:
            await self._context.hub.client(POLICIES).patch(meta.name_of(obj), patch)
        except errors.NotFound:
            return DONE
        return DONE

    async def _mark_extensions(self, obj: meta.Object) -> bool:
        """Keep the annotation that lets an erasure of our fields be noticed; True if written."""
        wanted = policy.extensions_annotation(obj)
        present = meta.annotations_of(obj).get(EXTENSIONS_ANNOTATION, "")
        if wanted == present or not await self._annotate(obj, EXTENSIONS_ANNOTATION, wanted):
            return False
        log.info("policy marked", policy=meta.name_of(obj), extensions=wanted)
        return True

    def _rejected_mark(self, obj: meta.Object, wished: dict[str, Any]) -> str | None:
        """Return what an annotation has to keep that the status cannot; None where it does."""
        if "rejected" not in wished or self._is_kept("rejected"):
            return None
        wanted = to_annotation(wished["rejected"] or [])
        return wanted if wanted != meta.annotations_of(obj).get(REJECTED_ANNOTATION, "") else None

    async def _annotate(self, obj: meta.Object, annotation: str, text: str) -> bool:
        """Set an annotation of a policy, or remove it where there is nothing to say.

        False where another writer holds it, who is not fought.
        """
        patch: dict[str, Any] = {
            "metadata": {
                "annotations": {annotation: text or None},
                "resourceVersion": meta.resource_version_of(obj),
            }
        }
        name = meta.name_of(obj)
        if self._contested.withheld(name, patch):
            return False
        await self._context.hub.client(POLICIES).patch(name, patch)
        self._contested.wrote(name, patch)
        return True

    async def _tell(self, obj: meta.Object, state: PolicyState) -> Result:
        name = state.name
        was_counted = self._was_counted.setdefault(name, is_counted(obj.get("status") or {}))
        seen = await self._observe(state, was_counted=was_counted)
        if seen.is_settled:
            self._warn_of_refused(name, seen)
        now = second_time(self._context.clock.now())
        present = obj.get("status") or {}
        quiet = self._quiet_seconds(present, seen)
        wished = build_status(present, seen, now)
        self._count(name, seen, present | wished)
        if quiet > 0:
            return Result(requeue_after=quiet)
        changed = {
            field: value
            for field, value in wished.items()
            if present.get(field) != value and self._is_kept(field)
        }
        mark = self._rejected_mark(obj, wished)
        if not changed and mark is None:
            if self._untold.has(name):
                self._tell_change(obj, wished)
            return Result(requeue_after=_look_again_seconds(seen))
        is_recount = changed.keys() == {"sources"}
        interval = RECOUNT_INTERVAL_SECONDS if is_recount else STATUS_INTERVAL_SECONDS
        left = self._written_at.get(name, 0.0) + interval - self._context.clock.monotonic()
        if name in self._written_at and left > 0:
            return Result(requeue_after=left)
        self._written_at[name] = self._context.clock.monotonic()
        if mark is not None and await self._annotate(obj, REJECTED_ANNOTATION, mark):
            # The event of it brings us back for the rest, but for one that came to nothing.
            return Result(requeue_after=STATUS_INTERVAL_SECONDS)
        with self._untold.writing(obj):
            contested = await self._write(obj, changed) if changed else ()
        if not any(field.path == ("status", "conditions") for field in contested):
            self._tell_change(obj, wished)
        again = [_look_again_seconds(seen)]
        if contested:
            again.append(self._contested.seconds_until_due(contested))
        return Result(requeue_after=min(filter(None, again), default=None))

    async def _write(self, obj: meta.Object, status: dict[str, Any]) -> Sequence[Contested]:
        """Write some fields of the status; return those that another writer holds."""
        name, client = meta.name_of(obj), self._context.hub.client(POLICIES)
        patch = {
            "metadata": {"resourceVersion": meta.resource_version_of(obj)},
            "status": status,
        }
        contested = self._contested.withheld(name, patch)
        allowed = without_fields(patch, frozenset(field.path for field in contested))
        if allowed is not None:
            await client.patch(name, allowed, subresource="status")
            self._contested.wrote(name, allowed)
        if contested:
            is_news = not all(field.holder for field in contested)
            message = await self._contested.describe(
                name, contested, f"policy {name}", lambda: client.get(name, metadata_only=True)
            )
            if is_news:
                about = Regarding.of(obj)
                self._context.events.warning(about, FIELD_CONTESTED, "Reconcile", message)
        return contested

    async def _observe(self, state: PolicyState, *, was_counted: bool) -> PolicyObservation:
        active = state.active
        fixed = state.governing.compiled.fixed_namespaces if state.governing else {}
        missing = await self._namespaces.missing(fixed.values())
        tally = self._context.tally.of(state.name)
        block = self._blocks.get(state.name)
        is_deleting = any(
            self._blocks.of(state.name, tenant) is None
            for tenant in self._context.candidates.tenants(state.name)
        )
        return PolicyObservation(
            state=state,
            tally=tally,
            block=block,
            access=access_of(active, self._context.clock.monotonic()),
            seen=active.subscription.sources.seen_count if active else 0,
            is_viewed=active is not None and active.has_complete_view,
            is_busy=self._context.is_busy(state.name) or is_deleting,
            is_outdated=tally.revision != self._context.tracker.revision(state.name),
            was_counted=was_counted,
            missing_namespaces=missing,
        )

    def _quiet_seconds(self, present: meta.Object, seen: PolicyObservation) -> float:
        """Return for how long another look at all of a known policy is not to be told."""
        name, now = seen.state.name, self._context.clock.monotonic()
        if seen.is_settled:
            self._looking_since.pop(name, None)
            if seen.state.governing is not None:
                self._context.tally.settled(name)
            return 0.0
        known = find(present.get("conditions") or [], "Validated")
        is_known = known is not None and known.observed_generation == seen.state.generation
        is_another_look = not seen.is_viewed or seen.tally.is_renewed or seen.is_outdated
        if not (seen.is_well and is_known and is_another_look):
            # Something new is told at once, and so is the rest of it until all has settled.
            self._looking_since[name] = -QUIET_START_SECONDS
        since = self._looking_since.setdefault(name, now)
        return max(0.0, since + QUIET_START_SECONDS - now)

    def _warn_of_refused(self, name: str, seen: PolicyObservation) -> None:
        """Count once a term what is imported already and would be refused today.

        After a swap these are Clusterpedia's imports: they stay as they are, and do not follow
        their source until their policy, or the flag, allows what they contain.
        """
        if name in self._warned:
            return
        self._warned.add(name)
        count = seen.tally.count_reason(CREDENTIAL_REJECTED)
        if count:
            flag = "--allowed-credential-features"
            log.warning("credentials refused", policy=name, count=count, allowed_by=flag)

    def _is_kept(self, field: str) -> bool:
        return field == "conditions" or self._context.schemas.current.policy_keeps(
            f"status.{field}"
        )

    def _count(self, name: str, seen: PolicyObservation, status: meta.Object) -> None:
        """Show the numbers of the status, and beside them those that it does not tell apart."""
        for field in COUNTS:
            count = status.get(field)
            if isinstance(count, int):
                self._context.metrics.sources(name, field, count)
        self._context.metrics.sources(name, State.PENDING, len(seen.tally.pending))
        if seen.tally.is_complete:
            unreachable = seen.tally.counts[State.UNREACHABLE]
            self._context.metrics.sources(name, State.UNREACHABLE, unreachable)

    def _tell_change(self, obj: meta.Object, wished: dict[str, Any]) -> None:
        before = find(self._untold.conditions_before(obj), "Ready")
        after = find(wished["conditions"], "Ready")
        self._untold.told(meta.name_of(obj))
        if after is None or (before is not None and before.reason == after.reason):
            return
        told = (Regarding.of(obj), after.reason, "Reconcile", after.message)
        if after.reason in _TOLD_AS_NORMAL:
            self._context.events.normal(*told)
        elif after.reason == SOURCES_UNREADABLE or (
            # What is blocked was told when it was decided.
            after.status == "False" and after.reason != "DeletionBlocked"
        ):
            self._context.events.warning(*told)


def _look_again_seconds(seen: PolicyObservation) -> float | None:
    """Return when to look without an event: what fails just now is told if it still does then."""
    missing = MISSING_SECONDS if seen.missing_namespaces else None
    return min(filter(None, (seen.access.told_in_seconds, missing)), default=None)
