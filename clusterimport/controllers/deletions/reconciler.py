"""Deletes what is certainly unwanted, in the right order, and never too much at once."""

from collections.abc import Iterable
from datetime import UTC, datetime

import structlog

from clusterimport.controllers.deletions.accounts import Accounts
from clusterimport.controllers.deletions.blocks import BUDGET_EXCEEDED, Block, Blocks, Held
from clusterimport.controllers.deletions.budget import Verdict, judge, share_of
from clusterimport.controllers.deletions.candidates import OWNERLESS, DeletionKey
from clusterimport.controllers.deletions.executor import Executor
from clusterimport.controllers.deletions.judgement import LOOK_AGAIN_SECONDS, Judge, Judged
from clusterimport.controllers.deletions.ledger import Ledger
from clusterimport.controllers.deletions.pastdeletions import PastDeletion, created_at
from clusterimport.controllers.deletions.releases import Releases, token_of, tokens_in
from clusterimport.controllers.events import Regarding, second_time
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.term import TermContext
from clusterimport.kube import errors
from clusterimport.limits import Limit
from clusterimport.model import meta
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import ALLOW_DELETIONS_ANNOTATION
from clusterimport.model.tenant import namespace_of

log = structlog.get_logger(__name__)

LONGEST_WAIT_SECONDS = 60.0
"""How long candidates wait for the look at all sources of their policy, which may not come to an
end where the server fails."""
POSTPONED_SECONDS = 1.0
"""When to come back to a candidate that changed while it was about to be deleted."""


class DeletionReconciler:
    """Reconciler of the candidates of one tenant of a policy; ``OWNERLESS_KEY`` for leftovers."""

    def __init__(self, context: TermContext, blocks: Blocks) -> None:
        self._context = context
        self._blocks = blocks
        self._releases = Releases()
        self._judge = Judge(context)
        self._executor = Executor(context)
        self._ledger = Ledger(context)
        self._accounts = Accounts(context, self._ledger)

    async def reconcile(self, key: DeletionKey) -> Result:
        """Judge all candidates of a tenant together."""
        left = self._context.candidates.seconds_left(key)
        if left > 0:
            return Result(requeue_after=left)
        candidates = self._context.candidates.of(key)
        self._releases.keep(key, {candidate.uid for candidate in candidates})
        if not candidates:
            self._judge.forget(key)
            self._accounts.exempt(key, ())
            self._unblock(key)
            return DONE
        if self._is_incomplete(key) or not await self._is_current(key.policy):
            return Result(requeue_after=POSTPONED_SECONDS)
        await self._carry_out(key, await self._judge.judge(key))
        if not self._context.candidates.of(key):
            return DONE
        is_held = self._blocks.of(*key) is not None
        return Result(requeue_after=LOOK_AGAIN_SECONDS if is_held else POSTPONED_SECONDS)

    def _is_incomplete(self, key: DeletionKey) -> bool:
        """Whether more candidates are about to come, since all sources are looked at just now.

        After a start, or another selector, the first few of a mass deletion are not judged alone.
        """
        is_looking = self._context.tally.is_busy(key.policy)
        waiting = self._context.candidates.seconds_waiting(key)
        return is_looking and waiting < LONGEST_WAIT_SECONDS

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

    async def _carry_out(self, key: DeletionKey, judged: Judged) -> None:
        await self._accounts.count(key.policy)
        over_budget, released, share = self._decide(key, judged)
        going = _uids([*judged.free, *released, *(judged.counted if not over_budget else ())])
        if going & judged.remembered:
            # What was seen a while ago holds a deletion, and does not justify one.
            self._judge.forget(key, going)
            judged = await self._judge.judge(key)
            await self._accounts.count(key.policy)
            over_budget, released, share = self._decide(key, judged)
        self._accounts.exempt(key, _uids([*judged.free, *(obj for obj, _ in judged.doubtful)]))
        done = _uids(released)
        kept = _uids(over_budget)
        counted = [obj for obj in judged.counted if meta.uid_of(obj) not in done | kept]
        # Counted at once, before anything else is waited for: others are judged meanwhile.
        self._note(key, counted, share)
        await self._delete(key, judged.free, judged.basis)
        if counted:
            await self._ledger.write(key.policy)
            await self._delete(key, counted, judged.basis)
        if released:
            log.warning(
                "deletions released",
                policy=key.policy,
                namespace=namespace_of(key.tenant),
                count=len(released),
            )
            self._releases.add(key, done)
            await self._delete(key, released, judged.basis)
        self._tell(key, judged, over_budget, done)

    def _decide(
        self, key: DeletionKey, judged: Judged
    ) -> tuple[list[meta.Object], list[meta.Object], int]:
        """Return what is over the budget, what a person has released, and the tenant's share."""
        verdict, share = Verdict.WITHIN, 0
        if judged.counted:
            asked = {meta.uid_of(obj): self._came_at(key.policy, obj) for obj in judged.counted}
            accounts = self._accounts.of(key, asked)
            now = self._context.clock.now().timestamp()
            verdict = judge(key.tenant, accounts, now)
            share = share_of(accounts[key.tenant], now)
        over_budget = [] if verdict is Verdict.WITHIN else judged.counted
        released = self._released(key, [*judged.counted, *judged.releasable]) or self._released(
            key, [*over_budget, *judged.releasable]
        )
        return over_budget, released, share

    def _released(self, key: DeletionKey, asked: list[meta.Object]) -> list[meta.Object]:
        """Return what the annotation on the policy releases: exactly this set, or its rest."""
        obj = self._context.caches.policies.get(ObjectKey("", key.policy))
        if obj is None:
            return []
        said = tokens_in(meta.annotations_of(obj).get(ALLOW_DELETIONS_ANNOTATION, ""))
        if token_of(meta.uid_of(obj), _uids(asked)) in said:
            return asked
        rest = self._releases.of(key)
        return [each for each in asked if meta.uid_of(each) in rest]

    def _came_at(self, policy: str, obj: meta.Object) -> float:
        """Return when the cluster came that goes with a candidate."""
        cluster = obj if policy == OWNERLESS else self._context.pediacluster(meta.name_of(obj))
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

    async def _delete(
        self, key: DeletionKey, objects: list[meta.Object], basis: tuple[object, ...]
    ) -> None:
        policy = key.policy
        for obj in objects:
            name = meta.name_of(obj)
            # Many take a while; meanwhile a source comes back, or its policy is edited.
            is_candidate = self._context.candidates.includes(policy, name)
            if self._judge.basis(policy) != basis or not is_candidate:
                continue
            try:
                if policy == OWNERLESS:
                    await self._executor.delete_pediacluster(obj)
                else:
                    await self._executor.delete(obj)
            except errors.Conflict:
                # It has changed since the look: the next round looks again.
                log.info("deletion postponed", name=name, policy=policy)
                self._judge.forget(key, {meta.uid_of(obj)})
                continue
            self._context.candidates.withdraw(policy, name)

    def _tell(
        self,
        key: DeletionKey,
        judged: Judged,
        over_budget: list[meta.Object],
        released: frozenset[str],
    ) -> None:
        over_budget = [obj for obj in over_budget if meta.uid_of(obj) not in released]
        doubts = [(obj, f) for obj, f in judged.doubtful if meta.uid_of(obj) not in released]
        if not over_budget and not doubts:
            self._unblock(key)
            return
        policy, tenant = key
        obj = self._context.caches.policies.get(ObjectKey("", policy))
        releasable = [doubted for doubted, finding in doubts if finding.is_releasable]
        token = token_of(meta.uid_of(obj or {}), _uids([*over_budget, *releasable]))
        held = Held.of(over_budget, doubts, token=token)
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
        block = self._blocks.get(policy)
        self._context.metrics.deletions_blocked(policy, block.count if block else 0)
        self._context.queues.policies.add(policy)


def _uids(objects: Iterable[meta.Object]) -> frozenset[str]:
    return frozenset(map(meta.uid_of, objects))
