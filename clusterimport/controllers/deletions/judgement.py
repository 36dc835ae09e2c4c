"""The live look at all candidates of one tenant, and what it found."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import structlog

from clusterimport.controllers.deletions.candidates import OWNERLESS, Candidate, DeletionKey
from clusterimport.controllers.deletions.confirm import Certainty, Confirmer, Finding, doubt
from clusterimport.controllers.tally import FAILED_RECONCILE
from clusterimport.controllers.term import SourceKey, TermContext
from clusterimport.engine.ownership import is_leftover, lifecycle_owners, source_of
from clusterimport.model import lifecycle, meta
from clusterimport.model.policy import FieldErrors, Mode

log = structlog.get_logger(__name__)

LOOKS_AT_ONCE = 16
"""Live looks of one tenant under way together."""
LOOK_AGAIN_SECONDS = 30.0
"""How often what is blocked or doubtful is looked at again; only reads."""
LONGEST_LOOK_AGAIN_SECONDS = 300.0
"""What only a person can release is looked at ever more seldom, down to this."""
_SLICE = 500
"""Candidates that are sorted without letting others run."""


@dataclass(slots=True)
class Judged:
    """Candidates of one tenant after the live look."""

    basis: tuple[object, ...]
    free: list[meta.Object] = field(default_factory=list)
    """Certain, and not counted."""
    counted: list[meta.Object] = field(default_factory=list)
    """Certain, and their clusters are lost with them."""
    doubtful: list[tuple[meta.Object, Finding]] = field(default_factory=list)
    remembered: set[str] = field(default_factory=set)
    """Uids of those that were not looked at now: good enough to hold them, not to delete them."""

    @property
    def releasable(self) -> list[meta.Object]:
        """The doubts that a person may release."""
        return [obj for obj, finding in self.doubtful if finding.is_releasable]


@dataclass(slots=True)
class _Looks:
    """What was found of the candidates of one tenant since all were looked at."""

    basis: tuple[object, ...]
    until: float
    seconds: float
    findings: dict[str, Finding] = field(default_factory=dict)


class Judge:
    """Looks at candidates; withdraws those that are wanted after all."""

    def __init__(self, context: TermContext) -> None:
        self._context = context
        self._confirmer = Confirmer(context)
        # A tenant whose set changes all the time has only what is new in it looked at each time.
        # Leftovers are nobody's, and what they wait for costs no read.
        self._looks: dict[DeletionKey, _Looks] = {}

    def basis(self, policy: str) -> tuple[object, ...]:
        """Return what a judgement rests on: under another one it is not carried out."""
        state = self._context.tracker.get(policy)
        return (state.uid, state.generation, state.blocker) if state else ()

    def forget(self, key: DeletionKey, uids: Collection[str] | None = None) -> None:
        """Have these candidates of a tenant, or all, looked at anew."""
        if uids is None:
            self._looks.pop(key, None)
        elif key in self._looks:
            for uid in uids:
                self._looks[key].findings.pop(uid, None)

    async def judge(self, key: DeletionKey) -> Judged:
        """Look at the candidates that nothing is known of, and sort all."""
        candidates = self._context.candidates.of(key)
        looks = self._recent(key, candidates)
        judged = Judged(basis=looks.basis)
        slots = asyncio.Semaphore(LOOKS_AT_ONCE)

        async def look(candidate: Candidate, obj: meta.Object) -> None:
            async with slots:
                finding = await self._confirm(key.policy, obj)
            if finding.certainty is not Certainty.WANTED and key.policy != OWNERLESS:
                looks.findings[candidate.uid] = finding
            self._sort(key.policy, obj, finding, judged)

        async with asyncio.TaskGroup() as group:
            for number, candidate in enumerate(candidates, 1):
                if number % _SLICE == 0:
                    await asyncio.sleep(0)
                obj = self._find(key.policy, candidate)
                if obj is None or self._is_kept(key.policy, obj):
                    self._context.candidates.withdraw(key.policy, candidate.name)
                    continue
                known = looks.findings.get(candidate.uid)
                if known is None:
                    group.create_task(look(candidate, obj), name=f"confirm-{candidate.name}")
                else:
                    judged.remembered.add(candidate.uid)
                    self._sort(key.policy, obj, known, judged)
        for objects in (judged.free, judged.counted):
            objects.sort(key=meta.name_of)
        judged.doubtful.sort(key=lambda pair: meta.name_of(pair[0]))
        if judged.doubtful:
            # Unlike a budget, the world may settle a doubt by itself.
            looks.seconds = LOOK_AGAIN_SECONDS
            looks.until = min(looks.until, self._context.clock.monotonic() + LOOK_AGAIN_SECONDS)
        return judged

    def _recent(self, key: DeletionKey, candidates: Iterable[Candidate]) -> _Looks:
        """Return what is known of the candidates, nothing if it is time to look at all again."""
        now, basis = self._context.clock.monotonic(), self.basis(key.policy)
        looks = self._looks.get(key)
        if looks is None or looks.basis != basis:
            looks = _Looks(basis, now + LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS)
        elif now >= looks.until:
            seconds = min(2 * looks.seconds, LONGEST_LOOK_AGAIN_SECONDS)
            looks = _Looks(basis, now + seconds, seconds)
        known = looks.findings
        looks.findings = {each.uid: known[each.uid] for each in candidates if each.uid in known}
        self._looks[key] = looks
        return looks

    def _sort(self, policy: str, obj: meta.Object, finding: Finding, judged: Judged) -> None:
        match finding.certainty:
            case Certainty.WANTED:
                name = meta.name_of(obj)
                log.info("deletion not confirmed", name=name, finding=finding.message)
                self._context.candidates.withdraw(policy, name)
                self._look_again(policy, obj)
            case Certainty.DOUBTFUL:
                judged.doubtful.append((obj, finding))
            case Certainty.UNWANTED if finding.is_counted and self._takes_cluster(policy, obj):
                judged.counted.append(obj)
            case Certainty.UNWANTED:
                judged.free.append(obj)

    async def _confirm(self, policy: str, obj: meta.Object) -> Finding:
        if policy == OWNERLESS:
            return await self._look_at_ownerless(obj)
        try:
            record = lifecycle.parse_lifecycle(obj)
        except FieldErrors as problems:
            return doubt("InvalidLifecycle", f"{meta.name_of(obj)} is not usable: {problems}")
        return await self._confirmer.confirm(obj, record)

    def _takes_cluster(self, policy: str, obj: meta.Object) -> bool:
        """Whether a PediaCluster goes as well: a lifecycle that never had one is no loss."""
        return policy == OWNERLESS or self._context.pediacluster(meta.name_of(obj)) is not None

    async def _look_at_ownerless(self, obj: meta.Object) -> Finding:
        for name in self._context.tracker.names():
            state = self._context.tracker.get(name)
            active = state.governing if state else None
            if active is None or not active.has_complete_view:
                # Its lifecycle may be made again as soon as this policy can be judged.
                return doubt("InvalidPolicy", f"policy {name} is not in force")
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
