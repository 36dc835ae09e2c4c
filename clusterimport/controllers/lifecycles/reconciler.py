"""Keeps the PediaCluster of one lifecycle equal to what the template of its policy says.

A lifecycle's spec is a record of ours that others may be able to edit. So nothing in it is
followed: what is imported, from where and how, is the policy's to say, and whose source it is for
is told by its status, by the mark on its PediaCluster, or by the policy's name template.
"""

from dataclasses import replace

import structlog

from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.controllers.lifecycles.reading import SharedReads
from clusterimport.controllers.lifecycles.references import Resolution
from clusterimport.controllers.lifecycles.report import Reporter
from clusterimport.controllers.lifecycles.unlabelled import Unlabelled
from clusterimport.controllers.lifecycles.verdict import (
    Held,
    ImportVerdict,
    NotYet,
    conflict,
    waiting,
)
from clusterimport.controllers.lifecycles.waits import WAIT_CREATION_CONDITION, ConditionWaits
from clusterimport.controllers.lifecycles.wishes import Wishes
from clusterimport.controllers.lifecycles.witness import TypeWitness
from clusterimport.controllers.lifecycles.writer import PediaClusterWriter
from clusterimport.controllers.queues import OWNERLESS, SourceKey
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.permissions import MISSING_PERMISSION
from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.lifecycle import ConditionOutcome, ReferenceGuard, compile_lifecycle
from clusterimport.engine.ownership import (
    Ownership,
    is_leftover,
    ownership,
    source_of,
    witnessed_source,
)
from clusterimport.kube import errors
from clusterimport.model import conditions, lifecycle, meta
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import LIFECYCLE_FINALIZER, SYNCHRO_FINALIZER
from clusterimport.model.objects import UnusableObject
from clusterimport.model.pediacluster import Digest, release_command
from clusterimport.model.policy import Mode
from clusterimport.traces import without_frames

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
        self._reads = SharedReads(context.clock)
        self._unlabelled = Unlabelled(context.clock)
        self._waits = ConditionWaits(context.clock)
        self._writer = PediaClusterWriter(context, digest)
        self._witness = TypeWitness(context)
        self._wishes = Wishes(context)
        self._reporter = Reporter(context)

    async def reconcile(self, key: str) -> Result:
        """Look at a lifecycle, its source, its references and its PediaCluster."""
        obj = self._context.newest.lifecycle(key)
        if obj is None:
            self._look_at_leftover(key)
            return DONE
        existing = self._context.newest.pediacluster(key)
        if existing is not None and is_leftover(existing, obj):
            self._propose_leftover(existing, obj)
        else:
            self._context.candidates.withdraw(OWNERLESS, key)
        if self._context.candidates.is_condemned(key):
            return DONE
        if meta.is_deleting(obj):
            return await self._let_go(obj)
        owner = lifecycle.policy_of(obj)
        state = self._context.tracker.get(owner.name) if owner else None
        active = state.governing if state else None
        if owner is not None and self._is_gone(owner.name):
            # Made while its policy went: nobody else would look at it again.
            self._wishes.propose(owner.name, obj)
        if owner is None or state is None or state.uid != owner.uid or active is None:
            return DONE
        source = source_of(obj, existing)
        if source is None or not active.is_of_type(source) or not active.has_complete_view:
            return DONE
        return await self._import(obj, source._replace(version=active.source_type.version), active)

    def _is_gone(self, policy: str) -> bool:
        return self._context.caches.policies.get(ObjectKey("", policy)) is None

    def close(self) -> None:
        """Keep nothing that was read; the term is over."""
        self._reads.close()

    async def _import(
        self, obj: meta.Object, source: lifecycle.SourceReference, active: ActivePolicy
    ) -> Result:
        record = lifecycle.lifecycle_under(active.record, obj, source, active.reference_versions)
        resolution = Resolution(
            record.name,
            self._context.references,
            reads=self._reads,
            unlabelled=self._unlabelled,
            limits=self._context.limit_metrics,
            is_live=self._context.rendered.is_doubted(record.name),
        )
        created_before = conditions.is_true(_conditions(obj), "Created")
        created_at = self._created_at(obj)
        stands = self._stands(record, created_at=created_at)
        existing = self._context.newest.pediacluster(record.name)
        is_certain = witnessed_source(obj, existing) is not None
        found, renamed, type_uid = None, None, ""
        try:
            found, name = _selected(source, active)
            if found is not None and name != record.name and not is_certain:
                # Its spec may have been edited: what it names decides whether it is wanted at all.
                self._context.queues.sources.add(SourceKey(active.record.name, source.key))
                return DONE
            renamed = self._wishes.renamed(obj, record, found, name)
            if renamed is not None and not stands:
                raise renamed
            is_certain = is_certain or found is not None
            verdict = await self._bring_about(
                obj,
                record,
                active,
                found,
                resolution,
                created_before=created_before,
                created_at=created_at,
            )
        except NotYet as reason:
            log.debug("import waits", lifecycle=record.name, reason=str(reason))
            return Result(requeue_after=NOT_YET_SECONDS)
        except Held as held:
            verdict = ImportVerdict(exists=stands, held=without_frames(held))
        except EvaluationError as error:
            if error.limit is not None:
                self._context.limit_metrics.limit_reached(error.limit)
            message = error.told(has_extensions=self._has_extensions)
            verdict = ImportVerdict(exists=stands, held=Held(error.reason, message))
        except errors.Conflict:
            # Our view is older than the server's; the event that brings it is on its way.
            raise
        except errors.Forbidden as error:
            # Unlike other failures this one lasts until a person grants the right.
            missing = Held(MISSING_PERMISSION, f"the controller lacks a right: {error}")
            verdict = ImportVerdict(exists=stands, held=missing)
            await self._reporter.tell(
                obj, record, verdict, resolution.status, is_certain=is_certain
            )
            raise
        except errors.ApiError as error:
            await self._reporter.failed(
                obj, record, error, resolution.status, stands=stands, is_certain=is_certain
            )
            raise
        if verdict.held and stands and record.options.mode is not Mode.OBSERVE:
            # What cannot be rendered is not updated; who takes it along is decided all the same.
            await self._writer.mark(record)
        if found is not None:
            # A renamed one follows its source as before; that it goes outranks what else there is.
            verdict = replace(verdict, held=renamed or verdict.held)
            obj, type_uid = await self._witness.see(obj, source)
        await self._reporter.tell(
            obj, record, verdict, resolution.status, is_certain=is_certain, type_uid=type_uid
        )
        self._wishes.told(record, is_of_its_name=found is not None and renamed is None)
        return Result(verdict.held.retry_after) if verdict.held else DONE

    @property
    def _has_extensions(self) -> bool:
        """Whether a policy can have fields of ours, so that advice may name them."""
        return self._context.schemas.current.keeps_extension("allowedCredentialFeatures")

    def _created_at(self, obj: meta.Object) -> str:
        """Return since when a lifecycle says that it has the PediaCluster which is there.

        Where that was seen to go the word is of no worth, whatever the times say.
        """
        is_lost = meta.name_of(obj) in self._context.newest.lost
        return "" if is_lost else conditions.true_since(_conditions(obj), "Created")

    def _stands(self, record: lifecycle.LifecycleRecord, *, created_at: str) -> bool:
        """Whether our PediaCluster is there, also if it has lost its mark since we made it."""
        existing = self._context.newest.pediacluster(record.name)
        whose = ownership(existing, record, created_at=created_at)
        return whose is Ownership.OURS or (
            bool(created_at) and whose in {Ownership.RENEW, Ownership.ADOPT}
        )

    async def _bring_about(
        self,
        obj: meta.Object,
        record: lifecycle.LifecycleRecord,
        active: ActivePolicy,
        source: meta.Object | None,
        resolution: Resolution,
        *,
        created_before: bool,
        created_at: str,
    ) -> ImportVerdict:
        if source is None:
            raise waiting(
                "SourceResourceNotFound", f"{record.source} is not there, or not selected"
            )
        existing = self._context.newest.pediacluster(record.name)
        whose = ownership(existing, record, created_at=created_at)
        if existing is not None:
            self._check_ours(existing, whose, record)
            is_kept = whose is Ownership.OURS and record.options.mode is Mode.IMPORT
            if is_kept and created_before and self._is_as_left(obj, active, source, existing):
                resolution.recall(obj, record)
                return ImportVerdict(exists=True)
        compiled = compile_lifecycle(record, self._programs, self._guard)
        found = await resolution.resolve(compiled, active, source, self._context.hub)
        # Only before the creation: a condition that turns false later undoes nothing.
        is_new = whose is Ownership.ABSENT and not created_before
        if is_new:
            self._check_condition(record, compiled.creation_condition(source, found))
        self._waits.forget(record.name)
        rendered = compiled.render(source, found)
        for warning in rendered.warnings:
            log.info("rendered document", warning=warning, lifecycle=record.name)
        if record.options.mode is Mode.OBSERVE:
            return self._writer.observe(record, rendered, existing)
        verdict = await self._writer.write(record, rendered, created_at=created_at)
        left = self._context.newest.pediacluster(record.name)
        if verdict.held is None and left is not None:
            records = self._context.rendered
            made = records.made(obj, active, source, left, resolution.versions)
            records.left(record.name, made)
        return verdict

    def _is_as_left(
        self, obj: meta.Object, active: ActivePolicy, source: meta.Object, existing: meta.Object
    ) -> bool:
        """Whether all that a look would read is what the last one read, and left."""
        records = self._context.rendered
        known = records.of(obj)
        return known is not None and known == records.present(obj, active, source, existing)

    def _check_condition(
        self, record: lifecycle.LifecycleRecord, outcome: ConditionOutcome
    ) -> None:
        if not outcome.is_met:
            obj = self._context.newest.lifecycle(record.name)
            raise waiting(WAIT_CREATION_CONDITION, self._waits.message(record.name, obj, outcome))

    def _check_ours(
        self, existing: meta.Object, whose: Ownership, record: lifecycle.LifecycleRecord
    ) -> None:
        if whose is Ownership.CONFLICT:
            self._propose_leftover(existing, self._context.newest.lifecycle(record.name))
            raise conflict(existing, record)
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
        """Free the name of a lifecycle that is gone, and propose what it leaves.

        Nobody else would look at that again.
        """
        for source in self._context.claims.release(name):
            self._context.queues.sources.add(source)
        self._context.references.forget(name)
        self._context.contested.forget(name)
        self._waits.forget(name)
        self._unlabelled.forget(name)
        self._reporter.forget(name)
        self._context.rendered.forget(name)
        self._writer.forget(name)
        self._witness.forget(name)
        existing = self._context.newest.pediacluster(name)
        self._context.newest.lost.discard(name)
        if existing is None:
            # What was assumed of its health, that nobody will find out now.
            self._context.health.forget(name)
        if existing is None or meta.is_deleting(existing):
            self._context.candidates.withdraw(OWNERLESS, name)
            return
        self._propose_leftover(existing, None)

    def _propose_leftover(self, existing: meta.Object, obj: meta.Object | None) -> None:
        if is_leftover(existing, obj) and not meta.is_deleting(existing):
            candidate = Candidate(meta.name_of(existing), meta.uid_of(existing))
            self._context.candidates.propose(OWNERLESS, candidate)

    async def _let_go(self, obj: meta.Object) -> Result:
        """Remove Clusterpedia's finalizer, which its controller would; we add none."""
        finalizers = meta.finalizers_of(obj)
        if LIFECYCLE_FINALIZER not in finalizers:
            return DONE
        kept = [name for name in finalizers if name != LIFECYCLE_FINALIZER]
        patch = {"metadata": {"finalizers": kept, "resourceVersion": meta.resource_version_of(obj)}}
        try:
            await self._context.hub.client(LIFECYCLES).patch(meta.name_of(obj), patch)
        except errors.NotFound:
            return DONE
        return DONE


def _selected(
    source: lifecycle.SourceReference, active: ActivePolicy
) -> tuple[meta.Object | None, str]:
    """Return a source that the policy takes, and what it calls it.

    The cache has what any policy takes, and what none can judge: that raises Held. Raises
    EvaluationError where the policy cannot say.
    """
    obj = active.subscription.sources.store.get(source.key)
    if isinstance(obj, UnusableObject):
        problem = obj.problem
        raise Held(problem.reason("Source"), f"{source} cannot be read: {problem.message}")
    if obj is None:
        return None, ""
    name = active.name_for(obj)
    return (obj, name) if name else (None, "")


def _conditions(obj: meta.Object) -> list[meta.Object]:
    return (obj.get("status") or {}).get("conditions") or []
