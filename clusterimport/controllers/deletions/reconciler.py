"""Deletes what is certainly unwanted, in the right order, and never too much at once."""

import asyncio
from dataclasses import dataclass, field

import structlog

from clusterimport.controllers.deletions.blocks import Block, Blocks, token_in
from clusterimport.controllers.deletions.budget import (
    PastDeletion,
    is_within,
    parse_deletions,
    recent,
)
from clusterimport.controllers.deletions.candidates import OWNERLESS, Candidate
from clusterimport.controllers.deletions.confirm import Certainty, Confirmer, Finding, doubt
from clusterimport.controllers.deletions.executor import Executor
from clusterimport.controllers.deletions.releases import Releases
from clusterimport.controllers.events import Regarding, second_time
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.tally import FAILED_RECONCILE
from clusterimport.controllers.term import SourceKey, TermContext
from clusterimport.engine.ownership import is_leftover, lifecycle_owners, source_of
from clusterimport.kube import errors
from clusterimport.model import lifecycle, meta
from clusterimport.model.conditions import find
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import ALLOW_DELETIONS_ANNOTATION
from clusterimport.model.policy import FieldErrors, Mode

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS = 30.0
"""How often what is blocked or doubtful is looked at again; only reads."""
POSTPONED_SECONDS = 1.0
"""When to come back to a candidate that changed while it was about to be deleted."""
LOOKS_AT_ONCE = 16
"""Live looks of one policy under way together."""


@dataclass(slots=True)
class _Judged:
    """Candidates of one policy after the live look."""

    basis: tuple[object, ...]
    free: list[meta.Object] = field(default_factory=list)
    counted: list[meta.Object] = field(default_factory=list)
    doubtful: list[tuple[meta.Object, Finding]] = field(default_factory=list)


class DeletionReconciler:
    """Reconciler of policy names, for their candidates; ``OWNERLESS`` for those without one."""

    def __init__(self, context: TermContext, blocks: Blocks) -> None:
        self._context = context
        self._blocks = blocks
        self._releases = Releases(context.clock)
        self._confirmer = Confirmer(context)
        self._executor = Executor(context)
        # Deletions that the server could not be told of: Clusterpedia's CRD drops the field.
        self._remembered: dict[str, tuple[PastDeletion, ...]] = {}

    async def reconcile(self, key: str) -> Result:
        """Judge all candidates of a policy together."""
        left = self._context.candidates.seconds_left(key)
        if left > 0:
            return Result(requeue_after=left)
        candidates = self._context.candidates.of(key)
        self._releases.keep(key, {candidate.uid for candidate in candidates})
        if not candidates:
            self._unblock(key)
            return DONE
        if not await self._is_current(key):
            return Result(requeue_after=POSTPONED_SECONDS)
        judged = await self._judge(key, candidates)
        await self._delete(key, judged.free, judged.basis)
        await self._delete_counted(key, judged)
        if not self._context.candidates.of(key):
            return DONE
        is_held = self._blocks.get(key) is not None
        return Result(requeue_after=LOOK_AGAIN_SECONDS if is_held else POSTPONED_SECONDS)

    async def _is_current(self, policy: str) -> bool:
        """Whether the server has the policy as we know it.

        A newer selector may take what ours leaves out, and the cache of the sources can be ahead
        of that of the policies.
        """
        state = self._context.tracker.get(policy)
        if state is None:
            # Nobody's leftovers, or a policy that is gone: that is looked at live in any case.
            return True
        try:
            live = await self._context.clients.policies.get(policy)
        except errors.NotFound:
            return False
        return (meta.uid_of(live), meta.generation_of(live)) == (state.uid, state.generation)

    def _basis(self, policy: str) -> tuple[object, ...]:
        """Return what a judgement rests on: under another one it is not carried out."""
        state = self._context.tracker.get(policy)
        return (state.uid, state.generation, state.blocker) if state else ()

    async def _judge(self, policy: str, candidates: tuple[Candidate, ...]) -> _Judged:
        judged = _Judged(basis=self._basis(policy))
        slots = asyncio.Semaphore(LOOKS_AT_ONCE)

        async def look(candidate: Candidate) -> None:
            async with slots:
                await self._look(policy, candidate, judged)

        async with asyncio.TaskGroup() as group:
            for candidate in candidates:
                group.create_task(look(candidate), name=f"confirm-{candidate.name}")
        for objects in (judged.free, judged.counted):
            objects.sort(key=meta.name_of)
        judged.doubtful.sort(key=lambda pair: meta.name_of(pair[0]))
        return judged

    async def _look(self, policy: str, candidate: Candidate, judged: _Judged) -> None:
        obj = self._find(policy, candidate)
        if obj is None or self._is_kept(policy, obj):
            self._context.candidates.withdraw(policy, candidate.name)
            return
        if policy == OWNERLESS:
            finding = await self._look_at_ownerless(obj)
        else:
            try:
                record = lifecycle.parse_lifecycle(obj)
            except FieldErrors as problems:
                finding = doubt("InvalidLifecycle", f"{candidate.name} is not usable: {problems}")
                judged.doubtful.append((obj, finding))
                return
            finding = await self._confirmer.confirm(obj, record)
        match finding.certainty:
            case Certainty.WANTED:
                log.info("deletion not confirmed", name=candidate.name, finding=finding.message)
                self._context.candidates.withdraw(policy, candidate.name)
                self._look_again(policy, obj)
            case Certainty.DOUBTFUL:
                judged.doubtful.append((obj, finding))
            case Certainty.UNWANTED if finding.is_counted:
                judged.counted.append(obj)
            case Certainty.UNWANTED:
                judged.free.append(obj)

    async def _look_at_ownerless(self, obj: meta.Object) -> Finding:
        for name in self._context.tracker.names():
            state = self._context.tracker.get(name)
            active = state.governing if state else None
            if active is None or not active.has_complete_view:
                # Its lifecycle may be made again as soon as this policy can be judged.
                return Finding(
                    Certainty.DOUBTFUL, "InvalidPolicy", f"policy {name} is not in force"
                )
            if self._is_making_lifecycles(name):
                return doubt("Reconciling", f"policy {name} has sources without a lifecycle yet")
        return await self._confirmer.confirm_ownerless(obj)

    def _is_making_lifecycles(self, policy: str) -> bool:
        """Whether a lifecycle may be missing only because it could not be made again so far."""
        rejected = self._context.tally.of(policy).rejected.values()
        return self._context.tally.is_busy(policy) or any(
            standing.reason == FAILED_RECONCILE for standing in rejected
        )

    def _find(self, policy: str, candidate: Candidate) -> meta.Object | None:
        if policy == OWNERLESS:
            obj = self._context.pediacluster(candidate.name)
            if obj is None or not is_leftover(obj, self._context.lifecycle(candidate.name)):
                return None
        else:
            obj = self._context.lifecycle(candidate.name)
        if obj is None or meta.uid_of(obj) != candidate.uid or meta.is_deleting(obj):
            return None
        return obj

    def _is_kept(self, policy: str, obj: meta.Object) -> bool:
        """Whether Observe keeps a lifecycle, because it owns a PediaCluster."""
        state = self._context.tracker.get(policy)
        if state is None or state.active is None:
            return False
        existing = self._context.pediacluster(meta.name_of(obj))
        is_owner = existing is not None and any(
            owner.uid == meta.uid_of(obj) for owner in lifecycle_owners(existing)
        )
        return is_owner and state.active.record.options.mode is Mode.OBSERVE

    def _look_again(self, policy: str, obj: meta.Object) -> None:
        """Have the cache filled anew: it said missing and the server says there."""
        state = self._context.tracker.get(policy)
        if state is None or state.active is None:
            self._context.queues.policies.add(policy)
            return
        active = state.active
        source = source_of(obj, self._context.pediacluster(meta.name_of(obj)))
        if source is None or not active.is_of_type(source):
            return
        if active.subscription.sources.store.get(source.key) is None:
            active.subscription.sources.relist()
        self._context.queues.sources.add_after(SourceKey(policy, source.key), 1.0)

    async def _delete_counted(self, policy: str, judged: _Judged) -> None:
        releasable = [obj for obj, finding in judged.doubtful if finding.is_releasable]
        asked = [*judged.counted, *releasable]
        uids = {meta.uid_of(obj) for obj in judged.counted}
        # One that was written down and not deleted after all is counted once.
        past = tuple(entry for entry in self._past(policy) if entry.uid not in uids)
        total = self._total(policy)
        fits = is_within(len(judged.counted), len(past), total)
        released = self._released(policy, asked)
        if released:
            log.warning("deletions released", policy=policy, count=len(released))
            await self._delete(policy, released, judged.basis)
        elif fits:
            await self._remember(policy, judged.counted, past)
            await self._delete(policy, judged.counted, judged.basis)
        self._tell(policy, judged, fits=fits or bool(released), released=released)

    def _released(self, policy: str, asked: list[meta.Object]) -> list[meta.Object]:
        """Return what the annotation on the policy releases: a set that was shown, exactly."""
        obj = self._context.caches.policies.get(ObjectKey("", policy))
        if obj is None:
            return []
        told = find((obj.get("status") or {}).get("conditions") or (), "DeletionBlocked")
        token = token_in(told.message) if told else ""
        self._releases.resume(policy, token, {meta.uid_of(each) for each in asked})
        said = meta.annotations_of(obj).get(ALLOW_DELETIONS_ANNOTATION, "")
        uids = self._releases.released(policy, said)
        return [each for each in asked if meta.uid_of(each) in uids]

    def _past(self, policy: str) -> tuple[PastDeletion, ...]:
        obj = self._context.caches.policies.get(ObjectKey("", policy))
        status = (obj.get("status") or {}) if obj else {}
        known = dict.fromkeys(
            (*parse_deletions(status.get("deletions")), *self._remembered.get(policy, ()))
        )
        return recent(known, self._context.clock.now())

    def _total(self, policy: str) -> int:
        if policy != OWNERLESS:
            return len(self._context.caches.lifecycles_of(policy))
        return sum(1 for obj in self._context.caches.pediaclusters.list() if _is_owned(obj))

    async def _remember(
        self, policy: str, objects: list[meta.Object], past: tuple[PastDeletion, ...]
    ) -> None:
        """Write down what will be deleted, before it is, so that a restart forgets nothing."""
        if not objects:
            return
        now = second_time(self._context.clock.now())
        entries = (
            *past,
            *(PastDeletion(meta.name_of(obj), meta.uid_of(obj), now) for obj in objects),
        )
        self._remembered[policy] = entries
        obj = self._context.caches.policies.get(ObjectKey("", policy))
        if obj is None or not self._context.schemas.current.policy_keeps("status.deletions"):
            return
        patch = {
            "metadata": {"resourceVersion": meta.resource_version_of(obj)},
            "status": {"deletions": [entry.to_dict() for entry in entries]},
        }
        await self._context.clients.policies.patch(policy, patch, subresource="status")

    async def _delete(
        self, policy: str, objects: list[meta.Object], basis: tuple[object, ...]
    ) -> None:
        for obj in objects:
            name = meta.name_of(obj)
            # Many take a while; meanwhile a source comes back, or its policy is edited.
            if self._basis(policy) != basis or not self._context.candidates.includes(policy, name):
                continue
            try:
                if policy == OWNERLESS:
                    await self._executor.delete_pediacluster(obj)
                else:
                    await self._executor.delete(obj)
            except errors.Conflict:
                # It has changed since the look: the next round looks again.
                log.info("deletion postponed", name=name, policy=policy)
                continue
            self._context.candidates.withdraw(policy, name)

    def _tell(
        self, policy: str, judged: _Judged, *, fits: bool, released: list[meta.Object]
    ) -> None:
        gone = {meta.uid_of(obj) for obj in released}
        blocked = [] if fits else list(judged.counted)
        doubts = [(obj, f) for obj, f in judged.doubtful if meta.uid_of(obj) not in gone]
        if not blocked and not doubts:
            self._unblock(policy)
            return
        releasable = [obj for obj, finding in doubts if finding.is_releasable]
        uids = {meta.uid_of(obj) for obj in [*blocked, *releasable]}
        token = self._releases.show(policy, uids) if uids else ""
        block = Block.of(blocked, doubts, policy=policy, token=token)
        if not self._blocks.set(policy, block):
            return
        log.warning(
            "deletions blocked", policy=policy, reason=block.reason, count=block.count, allow=token
        )
        self._context.metrics.deletions_blocked(policy, block.count)
        self._context.metrics.delete_blocked(policy)
        self._context.queues.policies.add(policy)
        obj = self._context.caches.policies.get(ObjectKey("", policy))
        if obj is not None:
            self._context.events.warning(
                Regarding.of(obj), "DeletionBlocked", "Delete", block.message
            )

    def _unblock(self, policy: str) -> None:
        if self._blocks.clear(policy):
            self._context.metrics.deletions_blocked(policy, 0)
            self._context.queues.policies.add(policy)


def _is_owned(pediacluster: meta.Object) -> bool:
    return next(iter(lifecycle_owners(pediacluster)), None) is not None
