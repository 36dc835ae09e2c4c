"""Keeps the PediaCluster of one lifecycle equal to what its template says."""

import dataclasses

import structlog

from clusterimport.controllers.deletions.candidates import OWNERLESS, Candidate
from clusterimport.controllers.lifecycles.references import ReferenceIndex, Resolution, Target
from clusterimport.controllers.lifecycles.report import Reporter
from clusterimport.controllers.lifecycles.verdict import Held, NotYet, Verdict, waiting
from clusterimport.controllers.lifecycles.writer import PediaClusterWriter
from clusterimport.controllers.pediaclusters.lingering import release_command
from clusterimport.controllers.policies.state import ActivePolicy
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.term import TermContext
from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.lifecycle import ReferenceGuard, compile_lifecycle
from clusterimport.engine.ownership import Ownership, lifecycle_owners, ownership
from clusterimport.engine.programs import ProgramCache
from clusterimport.kube import errors
from clusterimport.model import conditions, lifecycle, meta
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import LIFECYCLE_FINALIZER, SYNCHRO_FINALIZER
from clusterimport.model.pediacluster import Digest
from clusterimport.model.policy import LIFECYCLE_EXTENSION_FIELDS, DeletionPolicy, FieldErrors, Mode

log = structlog.get_logger(__name__)

NOT_YET_SECONDS = 10.0
"""When to come back to a lifecycle whose caches were not complete, if no event says so before."""
TERMINATING_SECONDS = 30.0
"""How often a PediaCluster that is still being deleted is looked at without an event."""


class LifecycleReconciler:
    """Reconciler of lifecycle names."""

    def __init__(
        self, context: TermContext, *, programs: ProgramCache, guard: ReferenceGuard, digest: Digest
    ) -> None:
        self._context = context
        self._programs = programs
        self._guard = guard
        self._references = ReferenceIndex()
        self._writer = PediaClusterWriter(context, digest)
        self._reporter = Reporter(context)

    async def reconcile(self, key: str) -> Result:
        """Look at a lifecycle, its source, its references and its PediaCluster."""
        obj = self._context.lifecycle(key)
        if obj is None:
            self._look_at_leftover(key)
            return DONE
        self._context.candidates.withdraw(OWNERLESS, key)
        if self._context.candidates.is_condemned(key):
            return DONE
        if meta.is_deleting(obj):
            return await self._let_go(obj)
        owner = lifecycle.policy_of(obj)
        state = self._context.tracker.get(owner.name) if owner else None
        active = state.workable if state else None
        if owner is not None and self._is_gone(owner.name):
            # Made while its policy went: nobody else would look at it again.
            self._context.candidates.propose(owner.name, Candidate(key, meta.uid_of(obj)))
        if owner is None or state is None or state.uid != owner.uid or active is None:
            return DONE
        try:
            record = self._parse(obj, active)
        except FieldErrors as problems:
            log.warning("lifecycle is not usable", problems=str(problems))
            return DONE
        if record.source.gvr.group_resource != active.source_type.group_resource:
            return DONE
        if not active.has_complete_view:
            return DONE
        return await self._import(obj, record, active)

    def _is_gone(self, policy: str) -> bool:
        return self._context.caches.policies.get(ObjectKey("", policy)) is None

    def _parse(self, obj: meta.Object, active: ActivePolicy) -> lifecycle.LifecycleRecord:
        """Read a lifecycle; under Observe, which may leave it as it was, as its policy wants it.

        A policy's Orphan counts before the lifecycle says so: one whose source is gone, or cannot
        be judged, is not given a new spec.
        """
        record = lifecycle.parse_lifecycle(obj)
        said = active.record.options
        if said.mode is not Mode.OBSERVE:
            if said.deletion_policy is not DeletionPolicy.ORPHAN:
                return record
            options = dataclasses.replace(record.options, deletion_policy=DeletionPolicy.ORPHAN)
            return dataclasses.replace(record, options=options)
        wanted = lifecycle.build_lifecycle_spec(
            active.record,
            record.source,
            active.reference_versions,
            kept_fields=frozenset(LIFECYCLE_EXTENSION_FIELDS),
        )
        return lifecycle.parse_lifecycle({**obj, "spec": wanted})

    def reference_changed(self, target: Target, *, priority: int) -> None:
        """Queue the lifecycles that refer to an object."""
        for name in self._references.lifecycles_of(target):
            self._context.queues.lifecycles.add(name, priority=priority)

    def schemas_changed(self) -> None:
        """Let refused bodies be tried again at once."""
        self._writer.schemas_changed()

    async def _import(
        self, obj: meta.Object, record: lifecycle.LifecycleRecord, active: ActivePolicy
    ) -> Result:
        resolution = Resolution(record.name, self._references)
        created_before = conditions.is_true(_conditions(obj), "Created")
        stands = self._stands(record, created_before=created_before)
        try:
            verdict = await self._bring_about(
                record, active, resolution, created_before=created_before
            )
        except NotYet as reason:
            log.debug("import waits", lifecycle=record.name, reason=str(reason))
            return Result(requeue_after=NOT_YET_SECONDS)
        except Held as held:
            verdict = Verdict(exists=stands, held=held)
        except EvaluationError as error:
            verdict = Verdict(exists=stands, held=Held(error.reason, error.message))
        except errors.Conflict:
            # Our view is older than the server's; the event that brings it is on its way.
            raise
        except errors.Forbidden as error:
            # Unlike other failures this one lasts until a person grants the right.
            missing = Held("MissingPermission", f"the controller lacks a right: {error}")
            verdict = Verdict(exists=stands, held=missing)
            await self._reporter.tell(obj, record, verdict, resolution.status)
            raise
        except errors.ApiError as error:
            self._reporter.failed(obj, record, error)
            raise
        if verdict.held and stands and record.options.mode is not Mode.OBSERVE:
            # What cannot be rendered is not updated; who takes it along is decided all the same.
            await self._writer.mark(record)
        await self._reporter.tell(obj, record, verdict, resolution.status)
        return Result(verdict.held.retry_after) if verdict.held else DONE

    def _stands(self, record: lifecycle.LifecycleRecord, *, created_before: bool) -> bool:
        """Whether our PediaCluster is there, also if it has lost its mark since we made it."""
        existing = self._context.pediacluster(record.name)
        whose = ownership(existing, record, created_before=created_before)
        return whose is Ownership.OURS or (
            created_before and whose in {Ownership.RENEW, Ownership.ADOPT}
        )

    async def _bring_about(
        self,
        record: lifecycle.LifecycleRecord,
        active: ActivePolicy,
        resolution: Resolution,
        *,
        created_before: bool,
    ) -> Verdict:
        source = active.subscription.sources.store.get(record.source.key)
        if source is None:
            raise waiting(
                "SourceResourceNotFound", f"{record.source} is not there, or not selected"
            )
        existing = self._context.pediacluster(record.name)
        whose = ownership(existing, record, created_before=created_before)
        if existing is not None:
            self._check_ours(existing, whose, record)
        compiled = compile_lifecycle(record, self._programs, self._guard)
        found = await resolution.resolve(compiled, active, source, self._context.clients)
        # Only before the creation: a condition that turns false later undoes nothing.
        is_new = whose is Ownership.ABSENT and not created_before
        if is_new and not compiled.creation_condition_met(source, found):
            raise waiting("WaitCreationCondition", "the creation condition is not true yet")
        rendered = compiled.render(source, found)
        for warning in rendered.warnings:
            log.info("rendered document", warning=warning, lifecycle=record.name)
        if Mode.OBSERVE in {active.record.options.mode, record.options.mode}:
            return self._writer.observe(record, rendered, existing)
        return await self._writer.write(record, rendered, created_before=created_before)

    def _check_ours(
        self, existing: meta.Object, whose: Ownership, record: lifecycle.LifecycleRecord
    ) -> None:
        if whose is Ownership.CONFLICT:
            policy = record.policy.name if record.policy else ""
            raise Held(
                "NameConflict",
                f"a PediaCluster {record.name} exists that is not this lifecycle's, so it is not "
                "written. Rename or delete it, or annotate it with "
                f"policy.clusterpedia.io/adopt: {policy} to have it taken over",
            )
        if meta.is_deleting(existing):
            message = (
                f"PediaCluster {record.name} is being deleted and is made again when it is gone"
            )
            if SYNCHRO_FINALIZER in meta.finalizers_of(existing):
                message += (
                    f"; it waits for clustersynchro-manager to remove {SYNCHRO_FINALIZER}. If that "
                    f"is not running: {release_command(existing)}"
                )
            raise waiting("PediaClusterTerminating", message, retry_after=TERMINATING_SECONDS)

    def _look_at_leftover(self, name: str) -> None:
        """Propose a PediaCluster whose lifecycle is gone: nobody else would look at it again."""
        self._references.forget(name)
        self._writer.forget(name)
        existing = self._context.pediacluster(name)
        if existing is None or meta.is_deleting(existing):
            self._context.candidates.withdraw(OWNERLESS, name)
            return
        if any(owner.name == name for owner in lifecycle_owners(existing)):
            self._context.candidates.propose(OWNERLESS, Candidate(name, meta.uid_of(existing)))

    async def _let_go(self, obj: meta.Object) -> Result:
        """Remove Clusterpedia's finalizer, which its controller would; we add none."""
        finalizers = meta.finalizers_of(obj)
        if LIFECYCLE_FINALIZER not in finalizers:
            return DONE
        kept = [name for name in finalizers if name != LIFECYCLE_FINALIZER]
        patch = {"metadata": {"finalizers": kept, "resourceVersion": meta.resource_version_of(obj)}}
        try:
            await self._context.clients.lifecycles.patch(meta.name_of(obj), patch)
        except errors.NotFound:
            return DONE
        return DONE


def _conditions(obj: meta.Object) -> list[meta.Object]:
    return (obj.get("status") or {}).get("conditions") or []
