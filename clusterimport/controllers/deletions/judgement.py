"""The live look at the candidates of one tenant, and what it found."""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import NamedTuple

import structlog

from clusterimport.aio import Pace, side_by_side
from clusterimport.controllers.deletions.confirm import Confirmer
from clusterimport.controllers.deletions.executor import is_orphaned
from clusterimport.controllers.deletions.facts import Facts
from clusterimport.controllers.deletions.findings import Certainty, Finding, doubt
from clusterimport.controllers.deletions.settling import Settler
from clusterimport.controllers.queues import OWNERLESS, DeletionKey, SourceKey
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.tally import FAILED_RECONCILE
from clusterimport.engine.ownership import is_leftover, owns, source_of
from clusterimport.limits.deletions import FINDING_SECONDS
from clusterimport.model import lifecycle, meta
from clusterimport.model.policy import FieldErrors, Mode

log = structlog.get_logger(__name__)

LOOKS_AT_ONCE = 16
"""Live looks of one tenant under way together."""
LOOK_AGAIN_SECONDS = 30.0
"""When what is blocked or doubtful is looked at again; only reads."""
LONGEST_LOOK_AGAIN_SECONDS = 300.0
"""It is looked at ever more seldom, down to this: only a person, or an event, will end it."""


class CandidateKind(StrEnum):
    """What may be done with a candidate."""

    FREE = "free"
    """Certain, and not counted."""
    COUNTED = "counted"
    """Certain, and its cluster is lost with it."""
    RELEASABLE = "releasable"
    """Doubtful, and a person may say that it is as it seems."""
    DOUBTFUL = "doubtful"
    WANTED = "wanted"


class Planned(NamedTuple):
    """A candidate whose deletion was decided on, as what it then was."""

    candidate: Candidate
    kind: CandidateKind


@dataclass(slots=True)
class Judged:
    """Candidates of one tenant after the live look; those that are wanted are none any more."""

    basis: tuple[object, ...]
    standing: list[tuple[Candidate, meta.Object, Finding, CandidateKind]] = field(
        default_factory=list
    )
    look_again_seconds: float = LOOK_AGAIN_SECONDS
    """When those that are not deleted are to be looked at anew."""

    def of(self, *kinds: CandidateKind) -> list[meta.Object]:
        """Return the lifecycles of some kinds, by name."""
        return [obj for _, obj, _, kind in self.standing if kind in kinds]

    @property
    def doubts(self) -> list[tuple[meta.Object, Finding]]:
        """What is not certain, and why."""
        return [
            (obj, finding)
            for _, obj, finding, kind in self.standing
            if kind in {CandidateKind.RELEASABLE, CandidateKind.DOUBTFUL}
        ]

    def plan(self, uids: Collection[str]) -> deque[Planned]:
        """Return some of the candidates as what they are now."""
        return deque(
            Planned(candidate, kind)
            for candidate, _, _, kind in self.standing
            if candidate.uid in uids
        )


class _Seen(NamedTuple):
    finding: Finding
    version: str
    """The resourceVersion that was looked at."""
    at: float


@dataclass(slots=True)
class _Looks:
    """What was found of the candidates of one tenant since all were looked at."""

    basis: tuple[object, ...]
    seconds: float = LOOK_AGAIN_SECONDS
    """How long the findings hold something back, once all candidates were looked at."""
    until: float = inf
    """When that ends; not before there is a finding for each."""
    findings: dict[str, _Seen] = field(default_factory=dict)


class Judge:
    """Looks at candidates; withdraws those that are wanted after all."""

    def __init__(self, context: TermContext, facts: Facts) -> None:
        self._context = context
        self._confirmer = Confirmer(context, facts)
        self._settler = Settler(context, facts)
        # What was found is kept until it is time to look at all again: a tenant whose set changes
        # all the time has only what is new in it looked at, and a look that takes minutes goes on
        # where it was.
        self._looks: dict[DeletionKey, _Looks] = {}

    def basis(self, policy: str) -> tuple[object, ...]:
        """Return what a judgement rests on: under another one it is not carried out."""
        state = self._context.tracker.get(policy)
        return (state.uid, state.generation, state.blocker) if state else ()

    def forget(self, key: DeletionKey, uid: str = "") -> None:
        """Have one candidate of a tenant, or all, looked at anew."""
        if not uid:
            self._looks.pop(key, None)
        elif key in self._looks:
            self._looks[key].findings.pop(uid, None)

    def refused(self, key: DeletionKey, obj: meta.Object, message: str) -> None:
        """Take note that the server refuses to delete a candidate: it holds up no other one."""
        looks = self._looks.get(key)
        if looks is not None:
            finding = doubt("DeletionRefused", message)
            looks.findings[meta.uid_of(obj)] = self._seen(obj, finding)

    async def judge(self, key: DeletionKey, *, until: float) -> Judged | None:
        """Look at the candidates that nothing is known of, and sort all.

        None if that was not done by ``until``, on the monotonic clock: the next call goes on.
        """
        candidates = self._context.candidates.of(key)
        looks, pace = self._recent(key, candidates), Pace()
        standing: list[tuple[Candidate, meta.Object]] = []
        unknown: deque[meta.Object] = deque()
        for candidate in candidates:
            await pace.step()
            obj = self.find(key.policy, candidate)
            if obj is None or self._is_kept(key.policy, obj):
                self._context.candidates.withdraw(key.policy, candidate.name)
                continue
            standing.append((candidate, obj))
            if candidate.uid not in looks.findings:
                unknown.append(obj)
        found = await self._look(key, unknown, until=until)
        looks.findings |= found
        if unknown:
            return None
        judged = Judged(looks.basis)
        for candidate, obj in standing:
            await pace.step()
            finding = looks.findings[candidate.uid].finding
            kind = self._kind(key.policy, obj, finding)
            if kind is CandidateKind.WANTED:
                self._keep(key.policy, obj, finding)
            else:
                judged.standing.append((candidate, obj, finding, kind))
        self._remember(key, looks, found)
        judged.look_again_seconds = max(looks.until - self._context.clock.monotonic(), 0.0)
        return judged

    async def confirm(self, key: DeletionKey, planned: Sequence[Planned]) -> list[meta.Object]:
        """Return what is still what it was when its deletion was decided on.

        What was seen a while ago holds a deletion, and does not justify one: that, and what has
        changed since, is looked at anew.
        """
        looks = self._looks.setdefault(key, _Looks(self.basis(key.policy)))
        standing: list[tuple[CandidateKind, meta.Object]] = []
        unknown: deque[meta.Object] = deque()
        for candidate, kind in planned:
            obj = self.find(key.policy, candidate)
            if obj is None or not self._context.candidates.includes(key.policy, candidate.name):
                continue
            standing.append((kind, obj))
            if not self._is_fresh(looks.findings.get(candidate.uid), obj):
                unknown.append(obj)
        looks.findings |= await self._look(key, unknown, until=inf)
        return [
            obj
            for kind, obj in standing
            if self._kind(key.policy, obj, looks.findings[meta.uid_of(obj)].finding) is kind
        ]

    def find(self, policy: str, candidate: Candidate) -> meta.Object | None:
        """Return the object of a candidate as it is known now; None if it is no more."""
        if policy == OWNERLESS:
            obj = self._context.newest.pediacluster(candidate.name)
            if obj is None or not is_leftover(obj, self._context.newest.lifecycle(candidate.name)):
                return None
        else:
            obj = self._context.newest.lifecycle(candidate.name)
        if obj is None or meta.uid_of(obj) != candidate.uid or meta.is_deleting(obj):
            return None
        return obj

    def _recent(self, key: DeletionKey, candidates: Iterable[Candidate]) -> _Looks:
        """Return what is known of the candidates, nothing if it is time to look at all again."""
        basis = self.basis(key.policy)
        looks = self._looks.get(key)
        if looks is None or looks.basis != basis:
            looks = _Looks(basis)
        elif self._context.clock.monotonic() >= looks.until:
            looks = _Looks(basis, min(2 * looks.seconds, LONGEST_LOOK_AGAIN_SECONDS))
        known = looks.findings
        looks.findings = {each.uid: known[each.uid] for each in candidates if each.uid in known}
        self._looks[key] = looks
        return looks

    def _remember(self, key: DeletionKey, looks: _Looks, found: dict[str, _Seen]) -> None:
        """Settle when all is to be looked at again, after each has been."""
        is_doubted = any(seen.finding.certainty is Certainty.DOUBTFUL for seen in found.values())
        if looks.until != inf and is_doubted:
            # It has joined those that wait for long already, and may end by itself.
            looks.seconds = LOOK_AGAIN_SECONDS
            looks.until = min(looks.until, self._context.clock.monotonic() + LOOK_AGAIN_SECONDS)
        elif looks.until == inf:
            looks.until = self._context.clock.monotonic() + looks.seconds
        known = looks.findings
        # Wanted ones are none any more; what leftovers wait for costs no read.
        over = {Certainty.WANTED, *([Certainty.DOUBTFUL] if key.policy == OWNERLESS else ())}
        looks.findings = {uid: s for uid, s in known.items() if s.finding.certainty not in over}

    async def _look(
        self, key: DeletionKey, unknown: deque[meta.Object], *, until: float
    ) -> dict[str, _Seen]:
        """Take from ``unknown`` what is looked at by ``until``; return what was found, by uid."""
        looked: list[tuple[meta.Object, _Seen]] = []
        since = self._context.candidates.came_last(key)

        async def look() -> None:
            pace = Pace()
            while unknown and self._context.clock.monotonic() < until:
                obj = unknown.popleft()
                finding = await self._confirm(key.policy, obj, since=since)
                looked.append((obj, self._seen(obj, finding)))
                await pace.step()

        await side_by_side(*(look() for _ in range(min(LOOKS_AT_ONCE, len(unknown)))))
        missed_at = max((seen.finding.missed_at for _, seen in looked), default=0.0)
        found: dict[str, _Seen] = {}
        pace = Pace()
        for obj, seen in looked:
            await pace.step()
            finding = await self._settler.settle(obj, seen.finding, since=missed_at)
            found[meta.uid_of(obj)] = seen._replace(finding=finding)
        return found

    def _seen(self, obj: meta.Object, finding: Finding) -> _Seen:
        return _Seen(finding, meta.resource_version_of(obj), self._context.clock.monotonic())

    def _is_fresh(self, seen: _Seen | None, obj: meta.Object) -> bool:
        return (
            seen is not None
            and self._context.clock.monotonic() - seen.at < FINDING_SECONDS
            and seen.version == meta.resource_version_of(obj)
        )

    def _kind(self, policy: str, obj: meta.Object, finding: Finding) -> CandidateKind:
        match finding.certainty:
            case Certainty.WANTED:
                return CandidateKind.WANTED
            case Certainty.DOUBTFUL:
                return CandidateKind.RELEASABLE if finding.is_releasable else CandidateKind.DOUBTFUL
            case Certainty.UNWANTED if finding.is_counted and self._takes_cluster(policy, obj):
                return CandidateKind.COUNTED
            case Certainty.UNWANTED:
                return CandidateKind.FREE

    def _keep(self, policy: str, obj: meta.Object, finding: Finding) -> None:
        name = meta.name_of(obj)
        log.info("deletion not confirmed", name=name, finding=finding.message)
        self._context.candidates.withdraw(policy, name)
        self._look_again(policy, obj)

    async def _confirm(self, policy: str, obj: meta.Object, *, since: float) -> Finding:
        if policy == OWNERLESS:
            return await self._look_at_ownerless(obj)
        try:
            record = lifecycle.parse_lifecycle(obj)
        except FieldErrors as problems:
            return doubt("InvalidLifecycle", f"{meta.name_of(obj)} is not usable: {problems}")
        return await self._confirmer.confirm(obj, record, since=since)

    def _takes_cluster(self, policy: str, obj: meta.Object) -> bool:
        """Whether a PediaCluster goes as well.

        It does not with a lifecycle that never had one, or whose name is somebody else's, nor where
        it is orphaned: nothing is lost then.
        """
        if policy == OWNERLESS:
            return True
        existing = self._context.newest.pediacluster(meta.name_of(obj))
        return owns(obj, existing) and not is_orphaned(obj, self._context.tracker)

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
        return self._context.is_busy(policy) or any(
            standing.reason == FAILED_RECONCILE for standing in rejected
        )

    def _is_kept(self, policy: str, obj: meta.Object) -> bool:
        """Whether Observe keeps a lifecycle, because it owns a PediaCluster."""
        state = self._context.tracker.get(policy)
        if state is None or state.active is None:
            return False
        existing = self._context.newest.pediacluster(meta.name_of(obj))
        return owns(obj, existing) and state.active.record.options.mode is Mode.OBSERVE

    def _look_again(self, policy: str, obj: meta.Object) -> None:
        """Have the cache filled anew: it said missing and the server says there."""
        state = self._context.tracker.get(policy)
        if state is None or state.active is None:
            self._context.queues.policies.add(policy)
            return
        active = state.active
        source = source_of(obj, self._context.newest.pediacluster(meta.name_of(obj)))
        if source is None or not active.is_of_type(source):
            return
        if active.subscription.sources.store.get(source.key) is None:
            active.subscription.sources.relist()
        self._context.queues.sources.add_after(SourceKey(policy, source.key), 1.0)
