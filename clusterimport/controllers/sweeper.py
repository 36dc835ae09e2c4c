"""Looks at everything of a kind: what no single event leads to, behind what has just happened."""

from itertools import starmap
from random import Random
from typing import Final
from zlib import crc32

from clusterimport.aio import TURN_SECONDS, Pace
from clusterimport.controllers.inforce.references import ReferencedObject
from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.controllers.queues import DeletionKey, SourceKey, Sweep, Whole
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.ownership import is_leftover, source_of
from clusterimport.model import lifecycle, meta
from clusterimport.model.meta import ObjectKey
from clusterimport.model.pediacluster import shard_of
from clusterimport.workqueue import BACKLOG, FRESH

RESYNC_SECONDS: Final = 3600.0
"""Everything is looked at once an hour, plus or minus 10 %, in case an event was missed."""
SLICES: Final = 60
"""In how many parts lifecycles are read again, so that an hour is spread over its minutes."""


class Sweeper:
    """Reconciler of sweeps; it only queues keys, and proposes lifecycles of another type."""

    def __init__(
        self, context: TermContext, random: Random, *, turn_seconds: float = TURN_SECONDS
    ) -> None:
        self._context = context
        self._random = random
        self._turn_seconds = turn_seconds
        self._slice = random.randrange(SLICES)

    async def reconcile(self, key: Sweep) -> Result:
        """Queue what there is to be looked at; lets others run meanwhile."""
        match key.whole:
            case Whole.POLICY:
                await self._look_at_policy(key.name)
            case Whole.SHARD:
                await self._look_at_shard(key.name)
            case Whole.ALL:
                await self._look_at_everything()
                return Result(RESYNC_SECONDS * (0.9 + 0.2 * self._random.random()))
            case Whole.READ:
                await self._read_again()
                return Result(RESYNC_SECONDS / SLICES)
        return DONE

    async def _look_at_policy(self, policy: str) -> None:
        """Queue its deletions; and its sources, if what they are judged by is not as it was."""
        for tenant in self._context.candidates.tenants(policy):
            self._context.queues.deletions.add(DeletionKey(policy, tenant))
        state = self._context.tracker.get(policy)
        revision = self._context.tracker.revision(policy)
        if state is None or self._context.tally.of(policy).revision == revision:
            return
        active = state.governing
        if active is None:
            # Nothing is decided: what was counted last stays the newest that is known.
            self._context.tally.suspend(policy, revision)
            return
        if not active.has_complete_view:
            # Nor is anything before the sources are listed, which has them looked at.
            return
        # At once: what is expected keeps the policy from being settled until it was looked at.
        sources = active.subscription.sources.store.keys()
        self._context.tally.renew(policy, sources, revision)
        await self._look_at_sources(policy, active, revision)

    async def _look_at_sources(
        self, policy: str, active: ActivePolicy, revision: tuple[object, ...]
    ) -> None:
        """Queue what a policy selects, and what it has lifecycles for but does not select.

        Each source once: where there are many the first are done before the last are queued.
        """
        pace, queues = self._pace(), self._context.queues
        # No cache tells of what another selector, or type, had and the present one has not.
        sources = dict.fromkeys(self._context.tally.of(policy).standings)
        for obj in self._context.newest.lifecycles_of(policy):
            if self._context.tracker.revision(policy) != revision:
                # Another look was asked for with what is in force now.
                return
            name = meta.name_of(obj)
            pediacluster = self._context.newest.pediacluster(name)
            if self._has_news(obj, pediacluster, active):
                # What happened while nobody led goes before what is only looked at in case. Only
                # now: at the beginning of a term there may be no cache of references to see it by.
                queues.lifecycles.add(name, priority=FRESH)
            source = source_of(obj, pediacluster)
            if source is not None and active.is_of_type(source):
                sources[source.key] = None
            else:
                self._context.candidates.propose(policy, Candidate.of(obj, pediacluster))
            await pace.step()
        for key in dict.fromkeys((*active.subscription.sources.store.keys(), *sources)):
            queues.sources.add(SourceKey(policy, key), priority=BACKLOG)
            await pace.step()

    async def _look_at_shard(self, shard: str) -> None:
        """Queue a whole shard, to which clustersynchro-manager may have come, or which it left."""
        pace = self._pace()
        for obj in self._context.caches.pediaclusters.list():
            if shard_of(obj) == shard:
                self._context.queues.pediaclusters.add(meta.name_of(obj), priority=BACKLOG)
            await pace.step()

    async def _look_at_everything(self) -> None:
        """Queue every policy, leftover, and lifecycle of no known policy, from the caches alone.

        No event will tell of what happened while nobody led.
        """
        queues, caches, pace = self._context.queues, self._context.caches, self._pace()
        for key in caches.policies.keys():  # noqa: SIM118 - a Lister is no mapping
            self._ask_for(key.name)
        for tenant in self._context.candidates.keys():  # noqa: SIM118 - nor are candidates
            queues.deletions.add(tenant, priority=BACKLOG)
        gone: set[str] = set()
        for obj in caches.lifecycles.list():
            owner = lifecycle.policy_of(obj)
            is_known = owner is None or caches.policies.get(ObjectKey("", owner.name)) is not None
            if owner is not None and not is_known and owner.name not in gone:
                gone.add(owner.name)
                self._ask_for(owner.name)
            self._recall_references(obj)
            # To the others the look at their policy's sources comes, when it knows all of them.
            if owner is None or not is_known or meta.is_deleting(obj):
                queues.lifecycles.add(meta.name_of(obj), priority=BACKLOG)
            await pace.step()
        for obj in caches.pediaclusters.list():
            name = meta.name_of(obj)
            queues.pediaclusters.add(name, priority=BACKLOG)
            if is_leftover(obj, self._context.newest.lifecycle(name)):
                queues.lifecycles.add(name, priority=BACKLOG)
            await pace.step()

    async def _read_again(self) -> None:
        """Have a part of all lifecycles read everything anew, whatever is thought to be known."""
        pace, self._slice = self._pace(), (self._slice + 1) % SLICES
        for key in self._context.caches.lifecycles.keys():  # noqa: SIM118 - a Lister is no mapping
            if crc32(key.name.encode()) % SLICES == self._slice:
                self._context.rendered.doubt(key.name)
                self._context.queues.lifecycles.add(key.name, priority=BACKLOG)
            await pace.step()

    def _pace(self) -> Pace:
        return Pace(self._turn_seconds)

    def _has_news(
        self, obj: meta.Object, existing: meta.Object | None, active: ActivePolicy
    ) -> bool:
        """Whether something else than the policy has changed since the last look."""
        known = self._context.rendered.of(obj)
        if known is None or existing is None:
            return False
        records = self._context.rendered
        if records.policy(active) != known.policy:
            return False
        objects = records.objects(obj, active, existing)
        return bool(objects) and objects != known.objects

    def _recall_references(self, obj: meta.Object) -> None:
        """Have changes of what a lifecycle refers to heard before it was looked at in this term."""
        name = meta.name_of(obj)
        if self._context.caches.lifecycles.get(ObjectKey("", name)) is not None:
            told = lifecycle.told_references(obj)
            self._context.references.recall(name, frozenset(starmap(ReferencedObject, told)))

    def _ask_for(self, policy: str) -> None:
        self._context.tally.outdate(policy)
        self._context.queues.policies.add(policy, priority=BACKLOG)
        self._context.queues.sweeps.add(Sweep(policy), priority=BACKLOG)
