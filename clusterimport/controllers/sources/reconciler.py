"""Keeps one lifecycle per selected source, and tells which lifecycles seem to be unwanted.

Never deletes: a lifecycle that its policy seems not to want becomes a candidate, and whether that
is certain is decided in ``controllers.deletions``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.contested import (
    FIELD_CONTESTED,
    Contested,
    without_fields,
)
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.refusals import RefusalLedger, is_refusal
from clusterimport.controllers.shared.tally import (
    FAILED_RECONCILE,
)
from clusterimport.controllers.sources.bodies import lifecycle_body, lifecycle_patch
from clusterimport.controllers.sources.rejections import SourceRejections
from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.ownership import NameClaim, claim_on, owns, witnessed_source
from clusterimport.kube import errors
from clusterimport.model import lifecycle, meta
from clusterimport.model.gvr import LIFECYCLES
from clusterimport.model.lifecyclespec import build_lifecycle_spec
from clusterimport.model.objects import UnusableObject
from clusterimport.model.policy import LIFECYCLE_EXTENSION_FIELDS, DeletionPolicy, Mode

log = structlog.get_logger(__name__)


class SourceReconciler:
    """Reconciler of (policy, source)."""

    def __init__(self, context: TermContext) -> None:
        self._context = context
        self._refusals: RefusalLedger[SourceKey] = RefusalLedger(context.clock, context.schemas)
        self._rejections = SourceRejections(context)

    async def reconcile(self, key: SourceKey) -> Result:
        """Make the lifecycle of one source equal to what the policy says."""
        state = self._context.tracker.get(key.policy)
        active = state.governing if state else None
        is_decidable = self._context.schemas.is_known
        if state is None or active is None or not active.has_complete_view or not is_decidable:
            # Nothing can be decided about sources; what exists stays as it is.
            self._context.latency.looked_at(key.policy, key.source, created=False)
            if state is None:
                self._forget(key)
            return DONE
        result = await self._judge_source(key, active)
        self._context.tally.judged(key.policy, key.source)
        return result

    def _forget(self, key: SourceKey) -> None:
        """Forget what was refused to a source, and what it waits for."""
        self._refusals.forget(key)
        self._context.claims.drop(key)

    async def _judge_source(self, key: SourceKey, active: ActivePolicy) -> Result:
        source = active.subscription.sources.store.get(key.source)
        if source is None:
            self._unselect(key, active, keep="")
            return DONE
        if isinstance(source, UnusableObject):
            return self._leave_alone(key, source, active)
        try:
            name = active.name_for(source)
        except EvaluationError as error:
            # Never a reason to delete: what exists stays as it is.
            self._tell_orphans(key, active)
            self._reject(key, source, error.reason, error.message, active)
            self._look_at_existing(key, active)
            return DONE
        if not name:
            self._unselect(key, active, keep="")
            return DONE
        self._context.tally.expect(key.policy, key.source)
        return await self._ensure(key, name, active, source)

    def _leave_alone(self, key: SourceKey, source: UnusableObject, active: ActivePolicy) -> Result:
        """Tell that nothing can be read of a source; what was imported stays as it is."""
        problem = source.problem
        self._tell_orphans(key, active)
        message = f"the source cannot be read, and what was imported stays: {problem.message}"
        self._reject(key, source, problem.reason("Source"), message, active)
        self._look_at_existing(key, active)
        return DONE

    def _look_at_existing(self, key: SourceKey, active: ActivePolicy) -> None:
        """Have what a rejected source has already tell how it stands: its references go on."""
        for obj in self._existing(key, active):
            self._context.queues.lifecycles.add(meta.name_of(obj))

    def _existing(self, key: SourceKey, active: ActivePolicy) -> list[meta.Object]:
        return self._context.newest.lifecycles_for(
            key.policy, active.source_type.group_resource, key.source
        )

    def _unselect(self, key: SourceKey, active: ActivePolicy, *, keep: str) -> None:
        """Propose every lifecycle of the source but one; with none to keep it is not selected."""
        for obj in self._existing(key, active):
            name = meta.name_of(obj)
            pediacluster = self._context.newest.pediacluster(name)
            if name == keep:
                continue
            if keep and owns(obj, pediacluster) and not self._is_replaced(key, active, keep):
                # Renamed: it goes when the PediaCluster of the new name stands.
                self._context.candidates.withdraw(key.policy, name)
                continue
            candidate = Candidate.of(obj, pediacluster)
            self._context.candidates.propose(key.policy, candidate)
        self._tell_orphans(key, active)
        if not keep:
            self._forget(key)
            self._context.tally.discard(key.policy, key.source)
            self._context.latency.looked_at(key.policy, key.source, created=False)

    def _is_replaced(self, key: SourceKey, active: ActivePolicy, name: str) -> bool:
        source, pediacluster = _wanted_source(key, active), self._context.newest.pediacluster(name)
        return self._context.newest.has_successor(source, name, pediacluster)

    def _look_at(self, obj: meta.Object) -> None:
        """Have a lifecycle tell how it stands; one that would ask us in turn is left to itself."""
        name = meta.name_of(obj)
        if witnessed_source(obj, self._context.newest.pediacluster(name)) is not None:
            self._context.queues.lifecycles.add(name)

    def _tell_orphans(self, key: SourceKey, active: ActivePolicy) -> None:
        """Have lifecycles that get no new spec give up their PediaClusters where Orphan is new."""
        if active.record.options.deletion_policy is not DeletionPolicy.ORPHAN:
            return
        for obj in self._existing(key, active):
            if (obj.get("spec") or {}).get("deletionPolicy") != DeletionPolicy.ORPHAN:
                self._context.queues.lifecycles.add(meta.name_of(obj))

    async def _ensure(
        self, key: SourceKey, name: str, active: ActivePolicy, source: meta.Object
    ) -> Result:
        wanted = self._wanted_spec(key, active)
        current = self._context.newest.lifecycle(name)
        if current is None:
            return await self._create(key, name, active, source, wanted)
        claim = self._judge(current, key, active)
        if claim is not None:
            self._context.claims.wait(name, key)
            self._reject(key, source, *claim, active)
            for obj in self._existing(key, active):
                self._look_at(obj)
            if meta.is_deleting(current):
                # Clusterpedia's finalizer may hold it, and is to be taken off.
                self._context.queues.lifecycles.add(name)
            return DONE
        self._context.claims.drop(key)
        self._context.candidates.withdraw(key.policy, name)
        self._unselect(key, active, keep=name)
        is_kept = self._is_observed(current, active)
        patch = None if is_kept else lifecycle_patch(current, active, wanted)
        if patch is None:
            standing = self._context.tally.find(key.policy, key.source)
            if standing is not None and (standing.is_rejected or not standing.has_lifecycle):
                self._context.tally.revisit(key.policy, key.source)
            self._context.queues.lifecycles.add(name)
            return DONE
        withheld = self._withheld(name, patch)
        allowed = without_fields(patch, frozenset(field.path for field in withheld))
        if allowed is not None:
            result = await self._update(key, current, allowed, source, active)
            if result.requeue_after is not None:
                return result
            # A webhook's doing shows in the answer.
            newest = self._context.newest.lifecycle(name) or current
            withheld = self._withheld(name, lifecycle_patch(newest, active, wanted))
        if not withheld:
            self._context.tally.revisit(key.policy, key.source)
            return DONE
        return await self._leave_contested(key, name, withheld, source, active)

    def _withheld(self, name: str, patch: Mapping[str, Any] | None) -> tuple[Contested, ...]:
        """Return the fields that another writer holds. Whose the lifecycle is no one else says."""
        withheld = self._context.contested.withheld(name, patch) if patch else ()
        return tuple(field for field in withheld if field.path[0] == "spec")

    async def _leave_contested(
        self,
        key: SourceKey,
        name: str,
        fields: Sequence[Contested],
        source: meta.Object,
        active: ActivePolicy,
    ) -> Result:
        """Tell of fields that do not stay; what is imported follows the policy all the same."""
        client = self._context.hub.client(LIFECYCLES)
        message = await self._context.contested.describe(
            name, fields, f"lifecycle {name}", lambda: client.get(name, metadata_only=True)
        )
        self._reject(key, source, FIELD_CONTESTED, message, active)
        self._look_at_existing(key, active)
        return Result(requeue_after=self._context.contested.seconds_until_due(fields))

    def _wanted_spec(self, key: SourceKey, active: ActivePolicy) -> dict[str, Any]:
        kept = self._context.schemas.current.kept_lifecycle_spec(LIFECYCLE_EXTENSION_FIELDS)
        return build_lifecycle_spec(
            active.record,
            _wanted_source(key, active),
            active.reference_versions,
            kept_fields=kept,
        )

    def _judge(
        self, current: meta.Object, key: SourceKey, active: ActivePolicy
    ) -> NameClaim | None:
        """Return why the lifecycle of the name is not this source's to write; None if it is."""
        return claim_on(
            current,
            key.policy,
            _wanted_source(key, active),
            self._context.newest.pediacluster(meta.name_of(current)),
            is_astray=lambda policy: self._is_astray(current, policy),
        )

    def _is_astray(self, current: meta.Object, policy: str) -> bool:
        """Whether a lifecycle was given to a policy that would never have made it.

        Only what more than its spec says is believed here, and only a policy that knows all its
        sources can be said not to want one.
        """
        source = witnessed_source(current, self._context.newest.pediacluster(meta.name_of(current)))
        state = self._context.tracker.get(policy)
        active = state.governing if state else None
        if source is None or active is None or lifecycle.is_observed(current):
            return False
        try:
            return active.has_complete_view and not active.makes(meta.name_of(current), source)
        except EvaluationError:
            return False

    def _is_observed(self, current: meta.Object, active: ActivePolicy) -> bool:
        """Whether the lifecycle may not be touched: Observe, and it has a PediaCluster."""
        if active.record.options.mode is not Mode.OBSERVE:
            return False
        return self._context.newest.pediacluster(meta.name_of(current)) is not None

    async def _create(
        self,
        key: SourceKey,
        name: str,
        active: ActivePolicy,
        source: meta.Object,
        spec: Mapping[str, Any],
    ) -> Result:
        body = lifecycle_body(name, active, spec)
        refusal = self._refusals.standing(key, name, body)
        if refusal is not None:
            return Result(requeue_after=self._refusals.seconds_until_due(refusal))
        written = self._context.newest.written_lifecycles
        try:
            with written.writing(name):
                created = await self._context.hub.client(LIFECYCLES).create(body)
                written.wrote(name, created)
        except errors.AlreadyExists:
            # Somebody was first, or our cache is behind: the object itself tells whose it is.
            current = await self._context.hub.client(LIFECYCLES).get(name)
            written.wrote(name, current)
            self._context.queues.sources.add(key)
            return DONE
        except errors.ApiError as error:
            return self._refused(key, name, body, source, error, active)
        self._accepted(key, name, "create")
        self._context.tally.revisit(key.policy, key.source)
        self._unselect(key, active, keep=name)
        return DONE

    async def _update(
        self,
        key: SourceKey,
        current: meta.Object,
        patch: Mapping[str, Any],
        source: meta.Object,
        active: ActivePolicy,
    ) -> Result:
        name = meta.name_of(current)
        refusal = self._refusals.standing(key, name, patch)
        if refusal is not None:
            return Result(requeue_after=self._refusals.seconds_until_due(refusal))
        written = self._context.newest.written_lifecycles
        try:
            with written.writing(name):
                updated = await self._context.hub.client(LIFECYCLES).patch(name, patch)
                written.wrote(name, updated)
        except errors.ApiError as error:
            return self._refused(key, name, patch, source, error, active)
        # A lifecycle that is edited by hand is put back at once, however often.
        self._context.contested.wrote(name, patch, updated)
        self._accepted(key, name, "patch")
        return DONE

    def _accepted(self, key: SourceKey, name: str, verb: str) -> None:
        log.info("lifecycle written", verb=verb, lifecycle=name, policy=key.policy)
        self._refusals.forget(key)
        self._context.metrics.written("pediaclusterlifecycles", verb)
        # The event of the write comes too, and is no news.
        self._context.queues.lifecycles.add(name)

    def _refused(
        self,
        key: SourceKey,
        name: str,
        body: Mapping[str, Any],
        source: meta.Object,
        error: errors.ApiError,
        active: ActivePolicy,
    ) -> Result:
        if not is_refusal(error):
            if isinstance(error, errors.Forbidden):
                self._reject(key, source, FAILED_RECONCILE, str(error), active)
            raise error
        refusal = self._refusals.refused(key, name, body, error)
        self._reject(key, source, FAILED_RECONCILE, str(error), active)
        return Result(requeue_after=self._refusals.seconds_until_due(refusal))

    def _reject(
        self, key: SourceKey, source: meta.Object, reason: str, message: str, active: ActivePolicy
    ) -> None:
        self._rejections.reject(key, source, reason, message, self._existing(key, active))


def _wanted_source(key: SourceKey, active: ActivePolicy) -> lifecycle.SourceReference:
    gvr = active.source_type
    return lifecycle.SourceReference(
        gvr.group, gvr.version, gvr.resource, key.source.namespace, key.source.name
    )
