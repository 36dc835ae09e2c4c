"""Deletes what is certainly unwanted, in the right order, and never too much at once."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from clusterimport.aio import side_by_side
from clusterimport.controllers.deletions.accounts import Accounts
from clusterimport.controllers.deletions.budget import BudgetVerdict
from clusterimport.controllers.deletions.executor import Executor
from clusterimport.controllers.deletions.facts import Facts
from clusterimport.controllers.deletions.findings import held_back
from clusterimport.controllers.deletions.judgement import CandidateKind, Judge, Judged, Planned
from clusterimport.controllers.deletions.ledger import Ledger, PastDeletion, created_at
from clusterimport.controllers.deletions.releases import token_of, tokens_in
from clusterimport.controllers.queues import OWNERLESS, DeletionKey
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.shared.blocks import BUDGET_EXCEEDED, Block, Blocks
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.events import Regarding
from clusterimport.controllers.shared.refusals import is_refusal
from clusterimport.kube import errors
from clusterimport.limits.counted import Limit
from clusterimport.limits.deletions import DELETION_SLICE_SECONDS, DELETIONS_AT_ONCE
from clusterimport.model import meta
from clusterimport.model.gvr import POLICIES
from clusterimport.model.meta import ObjectKey
from clusterimport.model.names import ALLOW_DELETIONS_ANNOTATION
from clusterimport.model.policy import DEFAULT_MAX_DELETIONS
from clusterimport.model.tenant import namespace_of
from clusterimport.model.times import second_time

log = structlog.get_logger(__name__)

LONGEST_WAIT_SECONDS = 60.0
"""How long candidates wait for the look at all sources of their policy, which may not come to an
end where the server fails."""
POSTPONED_SECONDS = 1.0
"""When to come back to a candidate that changed while it was about to be deleted."""


@dataclass(slots=True)
class _Plan:
    """What of one tenant's candidates goes, in this order."""

    basis: tuple[object, ...]
    free: deque[Planned]
    counted: deque[Planned]
    """Written down before the first of them goes."""
    released: deque[Planned]
    look_again_seconds: float
    """When to judge again what is left then."""


class DeletionReconciler:
    """Reconciler of the candidates of one tenant of a policy; ``OWNERLESS_KEY`` for leftovers."""

    def __init__(self, context: TermContext, blocks: Blocks) -> None:
        self._context = context
        self._blocks = blocks
        self._facts = Facts(context)
        self._judge = Judge(context, self._facts)
        self._executor = Executor(context)
        self._ledger = Ledger(context)
        self._accounts = Accounts(context, self._ledger)
        # What was decided on and is not done yet.
        self._plans: dict[DeletionKey, _Plan] = {}

    async def reconcile(self, key: DeletionKey) -> Result:
        """Judge all candidates of a tenant together, and delete; a slice of that at a time.

        What was decided on is carried out before anything new is judged.
        """
        until = self._context.clock.monotonic() + DELETION_SLICE_SECONDS
        plan = self._plans.get(key)
        if plan is None or plan.basis != self._judge.basis(key.policy):
            self._plans.pop(key, None)
            left = self._context.candidates.seconds_left(key)
            if left > 0:
                return Result(requeue_after=left)
            candidates = self._context.candidates.of(key)
            if not candidates:
                self._forget(key)
                await self._forget_released(key)
                return DONE
            if self._is_incomplete(key) or not await self._is_current(key):
                return Result(requeue_after=POSTPONED_SECONDS)
            judged = await self._judge.judge(key, until=until)
            if judged is None:
                return Result(requeue_after=0.0)
            plan = self._plans[key] = await self._decide(key, judged)
        if not await self._carry_out(key, plan, until=until):
            return Result(requeue_after=0.0)
        del self._plans[key]
        await self._forget_released(key)
        if not self._context.candidates.count(key):
            return DONE
        return Result(requeue_after=plan.look_again_seconds)

    def _forget(self, key: DeletionKey) -> None:
        self._judge.forget(key)
        self._accounts.exempt(key, ())
        self._unblock(key)

    async def _forget_released(self, key: DeletionKey) -> None:
        """Write down what of a release is left; raises KubeError where that fails.

        Before all sources were looked at once, nobody knows what of it is no candidate any more.
        """
        if self._context.tally.of(key.policy).is_complete:
            left = {candidate.uid for candidate in self._context.candidates.of(key)}
            self._ledger.keep_released(key, left)
            await self._ledger.write(key.policy)

    def _is_incomplete(self, key: DeletionKey) -> bool:
        """Whether more candidates are about to come, since all sources are looked at just now.

        After a start, or another selector, the first few of a mass deletion are not judged alone.
        """
        is_looking = self._context.is_busy(key.policy)
        waiting = self._context.candidates.seconds_waiting(key)
        return is_looking and waiting < LONGEST_WAIT_SECONDS

    async def _is_current(self, key: DeletionKey) -> bool:
        """Whether the server has the policy as we know it.

        A newer selector may take what ours leaves out, and the cache of the sources can be ahead
        of that of the policies: what counts is an answer of after the last candidate came.
        """
        state = self._context.tracker.get(key.policy)
        if state is None:
            # Nobody's leftovers, or a policy that is gone: that is looked at live in any case.
            return True
        since = self._context.candidates.came_last(key)
        fact = await self._facts.of(POLICIES, key.policy, since=since)
        try:
            live = fact.get()
        except errors.NotFound:
            return False
        return (meta.uid_of(live), meta.generation_of(live)) == (state.uid, state.generation)

    async def _decide(self, key: DeletionKey, judged: Judged) -> _Plan:
        """Say what goes and what is held, and tell of it."""
        counted = judged.of(CandidateKind.COUNTED)
        if counted:
            await self._accounts.count(key.policy)
        over_budget, released, share = self._weigh(key, judged)
        done, kept = _uids(released), _uids(over_budget)
        counted = [obj for obj in counted if meta.uid_of(obj) not in done | kept]
        free = judged.of(CandidateKind.FREE)
        self._accounts.exempt(key, _uids([*free, *(obj for obj, _ in judged.doubts)]))
        # Counted at once, before anything else is waited for: others are judged meanwhile.
        self._note(key, counted, share)
        if released:
            log.warning(
                "deletions released",
                policy=key.policy,
                namespace=namespace_of(key.tenant),
                count=len(released),
            )
            self._ledger.release(key, done)
        self._tell(key, judged, over_budget, done)
        return _Plan(
            judged.basis,
            free=judged.plan(_uids(free)),
            counted=judged.plan(_uids(counted)),
            released=judged.plan(done),
            look_again_seconds=judged.look_again_seconds,
        )

    async def _carry_out(self, key: DeletionKey, plan: _Plan, *, until: float) -> bool:
        """Delete until it is time to let others work; return whether all is done.

        Raises KubeError where the server fails. The rest of the plan stands, and what failed is
        judged again behind it.
        """
        for part in (plan.free, plan.counted, plan.released):
            if part and part is not plan.free:
                await self._ledger.write(key.policy)
            while part:
                if part is plan.released and not self._tokens(key.policy):
                    log.warning("release taken back", policy=key.policy, left=len(part))
                    part.clear()
                    plan.look_again_seconds = POSTPONED_SECONDS
                    break
                if self._context.clock.monotonic() >= until:
                    return False
                batch = [part.popleft() for _ in range(min(DELETIONS_AT_ONCE, len(part)))]
                await self._delete(key, plan, batch)
        return True

    async def _delete(self, key: DeletionKey, plan: _Plan, batch: list[Planned]) -> None:
        """Delete some candidates side by side; raises KubeError where the server fails."""
        # Many take a while; meanwhile a source comes back, or its policy is edited.
        objects = await self._judge.confirm(key, batch)

        async def delete(obj: meta.Object) -> None:
            name, uid = meta.name_of(obj), meta.uid_of(obj)
            is_candidate = self._context.candidates.includes(key.policy, name)
            if self._judge.basis(key.policy) != plan.basis or not is_candidate:
                return
            try:
                if key.policy == OWNERLESS:
                    await self._executor.delete_pediacluster(obj)
                else:
                    await self._executor.delete(obj)
            except errors.Conflict:
                # It has changed since the look: the next round looks again.
                log.info("deletion postponed", name=name, policy=key.policy)
                self._judge.forget(key, uid)
                plan.look_again_seconds = POSTPONED_SECONDS
            except errors.ApiError as error:
                if not is_refusal(error):
                    raise
                log.warning("deletion refused", name=name, policy=key.policy, error=str(error))
                self._judge.refused(key, obj, f"the server refuses to delete {name}: {error}")
                plan.look_again_seconds = POSTPONED_SECONDS
            else:
                self._context.candidates.withdraw(key.policy, name)

        await side_by_side(*map(delete, objects))

    def _weigh(
        self, key: DeletionKey, judged: Judged
    ) -> tuple[list[meta.Object], list[meta.Object], int]:
        """Return what is over the budget, what a person has released, and the tenant's share."""
        verdict, share = BudgetVerdict.WITHIN, 0
        counted, releasable = judged.of(CandidateKind.COUNTED), judged.of(CandidateKind.RELEASABLE)
        if counted:
            asked = {meta.uid_of(obj): self._came_at(key.policy, obj) for obj in counted}
            verdict, share = self._accounts.judge(key, asked)
        over_budget = [] if verdict is BudgetVerdict.WITHIN else counted
        released = self._released(key, [*counted, *releasable]) or self._released(
            key, [*over_budget, *releasable]
        )
        return over_budget, released, share

    def _released(self, key: DeletionKey, asked: list[meta.Object]) -> list[meta.Object]:
        """Return what the annotation on the policy releases: exactly this set, or its rest.

        The rest of one set may go while the annotation has the token of another one already.
        """
        said = self._tokens(key.policy)
        if not said:
            return []
        obj = self._context.caches.policies.get(ObjectKey("", key.policy)) or {}
        if token_of(meta.uid_of(obj), _uids(asked)) in said:
            return asked
        releases = self._ledger.releases(key.policy)
        return [each for each in asked if releases.includes(key.tenant, meta.uid_of(each))]

    def _tokens(self, policy: str) -> frozenset[str]:
        """Return what a person says may be deleted of a policy; none once that is taken back."""
        obj = self._context.caches.policies.get(ObjectKey("", policy)) or {}
        return tokens_in(meta.annotations_of(obj).get(ALLOW_DELETIONS_ANNOTATION, ""))

    def _came_at(self, policy: str, obj: meta.Object) -> float:
        """Return when the cluster came that goes with a candidate."""
        cluster = (
            obj if policy == OWNERLESS else self._context.newest.pediacluster(meta.name_of(obj))
        )
        return created_at(cluster or obj)

    def _note(self, key: DeletionKey, counted: list[meta.Object], share: int) -> None:
        if not counted:
            return
        now = self._context.clock.now()
        namespace = namespace_of(key.tenant)
        entries = [
            PastDeletion(
                meta.name_of(obj),
                meta.uid_of(obj),
                second_time(now),
                namespace,
                second_time(datetime.fromtimestamp(self._came_at(key.policy, obj), UTC)),
            )
            for obj in counted
        ]
        self._ledger.note(key.policy, entries, namespace=namespace, share=share)

    def _tell(
        self,
        key: DeletionKey,
        judged: Judged,
        over_budget: list[meta.Object],
        released: frozenset[str],
    ) -> None:
        over_budget = [obj for obj in over_budget if meta.uid_of(obj) not in released]
        doubts = [(obj, f) for obj, f in judged.doubts if meta.uid_of(obj) not in released]
        if not over_budget and not doubts:
            self._unblock(key)
            return
        policy, tenant = key
        obj = self._context.caches.policies.get(ObjectKey("", policy))
        releasable = [doubted for doubted, finding in doubts if finding.is_releasable]
        token = token_of(meta.uid_of(obj or {}), _uids([*over_budget, *releasable]))
        maximum = self._accounts.maximum(policy)
        said = "" if maximum == DEFAULT_MAX_DELETIONS else str(maximum)
        held = held_back(over_budget, doubts, token=token, maximum=said)
        before = self._blocks.of(policy, tenant)
        if not self._blocks.set(policy, tenant, held):
            return
        log.warning(
            "deletions blocked",
            policy=policy,
            namespace=namespace_of(tenant),
            reason=held.reason,
            count=held.count,
            allow=token,
        )
        self._count_blocked(policy)
        if before is not None and before.reason == held.reason:
            # The same as before, of another set: the condition tells it.
            return
        self._context.metrics.delete_blocked(policy)
        if held.reason == BUDGET_EXCEEDED:
            self._context.limit_metrics.limit_reached(Limit.DELETION_BUDGET)
        if obj is not None:
            alone = Block.of(policy, [(tenant, held)])
            self._context.events.warning(
                Regarding.of(obj), "DeletionBlocked", "Delete", alone.message
            )

    def _unblock(self, key: DeletionKey) -> None:
        if self._blocks.clear(*key):
            self._count_blocked(key.policy)

    def _count_blocked(self, policy: str) -> None:
        self._context.metrics.deletions_blocked(policy, self._blocks.count(policy))
        self._context.queues.policies.add(policy)


def _uids(objects: Iterable[meta.Object]) -> frozenset[str]:
    return frozenset(map(meta.uid_of, objects))
