"""One leadership term: the reconcilers, their queues, and the way from signals to keys."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Final

import structlog

from clusterimport.controllers.assembly import (
    make_context,
    make_controllers,
    make_duties,
    make_queues,
    make_reconcilers,
)
from clusterimport.controllers.equipment import Equipment
from clusterimport.controllers.inforce.caches import LIFECYCLE_INDEXES
from clusterimport.controllers.lifecycles.references import Target
from clusterimport.controllers.queues import OWNERLESS_KEY, DeletionKey, SourceKey
from clusterimport.controllers.shared.candidates import Candidate
from clusterimport.controllers.shared.mutations import MutationCache
from clusterimport.controllers.walks import Walks
from clusterimport.engine.ownership import is_leftover, source_of, witnessed_source
from clusterimport.kube.rest import RestClient
from clusterimport.model import lifecycle, meta
from clusterimport.model.gvr import GroupResource
from clusterimport.model.keys import ObjectKey
from clusterimport.model.synchro import shard_of
from clusterimport.workqueue import BACKLOG, FRESH

log = structlog.get_logger(__name__)

RESYNC_SECONDS = 3600.0
"""Everything is looked at once an hour, plus or minus 10 %, in case an event was missed."""

_EVERYTHING: Final = object()
"""Key of the walk that belongs to no policy."""


class ImportTerm:
    """Implements ``signals.Term``; used by one leader until its lease ends."""

    def __init__(
        self, equipment: Equipment, rest: RestClient, *, may_write: Callable[[], bool]
    ) -> None:
        self._equipment = equipment
        self._may_write = may_write
        written_lifecycles: MutationCache[str] = MutationCache(equipment.clock, LIFECYCLE_INDEXES)
        self._queues = make_queues(equipment, written_lifecycles)
        self._duties = make_duties(equipment)
        self._walks = Walks(equipment.clock.monotonic)
        self._context = make_context(
            equipment,
            rest,
            self._queues,
            written_lifecycles=written_lifecycles,
            duties=self._duties,
            candidates_changed=self._candidates_changed,
        )
        self._reconcilers = make_reconcilers(self._context, equipment, self._duties)

    async def run(self) -> None:
        """Reconcile until cancelled; then finish what is under way, and close all probes."""
        controllers = make_controllers(
            self._reconcilers, self._queues, self._equipment, may_write=self._may_write
        )
        try:
            async with asyncio.TaskGroup() as group:
                events = group.create_task(self._context.events.run(), name="events")
                working = [
                    group.create_task(controller.run(), name=controller.name)
                    for controller in controllers
                ]
                resync = group.create_task(self._resync(), name="resync")
                try:
                    await asyncio.Event().wait()
                finally:
                    resync.cancel()
                    for task in working:
                        task.cancel()
                    await asyncio.wait(working)
                    events.cancel()
        finally:
            # Here, and not above: nobody makes new connections, or counts, any more, however it
            # ended.
            self._context.metrics.term_ended()
            self._walks.close()
            self._reconcilers.lifecycles.close()
            self._context.clients.turnstiles.close()
            await self._reconcilers.pediaclusters.aclose()

    def _candidates_changed(self, key: DeletionKey, seconds: float) -> None:
        self._queues.deletions.add_after(key, seconds)
        if self._equipment.caches.policies.get(ObjectKey("", key.policy)) is not None:
            # Its status tells whether deletions are outstanding; one that is gone has none, and
            # would be asked for all its lifecycles each time.
            self._queues.policies.add(key.policy)

    def policy_changed(self, policy: str, *, sources: bool) -> None:
        """Queue a policy, its blocked deletions, and if asked all its sources."""
        if self._equipment.tracker.get(policy) is None:
            self._reconcilers.sources.policy_gone(policy)
            self._context.latency.forget_policy(policy)
        self._queues.policies.add(policy)
        for tenant in self._context.candidates.tenants(policy):
            self._queues.deletions.add(DeletionKey(policy, tenant))
        if sources:
            self._look_at_sources(policy)

    def view_completed(self, policy: str) -> None:
        """Queue all sources of a policy and those lifecycles that have none any more."""
        self._queues.policies.add(policy)
        self._look_at_sources(policy)
        self._queues.deletions.add(OWNERLESS_KEY)

    def source_changed(self, policy: str, key: ObjectKey, *, initial: bool) -> None:
        """Queue one source."""
        if not initial:
            self._context.latency.changed(policy, key)
        self._queues.sources.add(SourceKey(policy, key), priority=_priority(initial))

    def reference_changed(
        self, group_resource: GroupResource, key: ObjectKey, *, initial: bool
    ) -> None:
        """Queue the lifecycles that refer to an object."""
        target = Target(group_resource, key)
        self._reconcilers.lifecycles.reference_changed(target, priority=_priority(initial))

    def lifecycle_changed(
        self, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        """Queue a lifecycle; one that is gone, or was edited, also by its source."""
        obj = new or old
        if obj is None:
            return
        name = meta.name_of(obj)
        is_known = False
        if new is None:
            self._context.written_lifecycles.observed_deletion(name, meta.uid_of(obj))
            self._reconcilers.sources.lifecycle_gone(name)
        else:
            is_known = self._context.written_lifecycles.observed(name, new)
        if _may_allow_otherwise(old, new):
            # Another credential may be used now, or may no more.
            self._queues.pediaclusters.add(name, priority=_priority(initial))
        if is_known:
            return
        self._queues.lifecycles.add(name, priority=_priority(initial))
        if old is not None:
            # All of them: an edit may have named another source, or another policy, or none.
            self._look_at_sources_of(old, obj)

    def lifecycle_seen(self, new: meta.Object) -> None:
        """Free the memory of a status that the cache has now."""
        self._context.written_lifecycles.observed(meta.name_of(new), new)

    def pediacluster_changed(
        self, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        """Queue a PediaCluster, and the lifecycle of its name."""
        obj = new or old
        if obj is None:
            return
        name = meta.name_of(obj)
        is_known = False
        if old is not None and (new is None or meta.uid_of(new) != meta.uid_of(old)):
            self._reconcilers.lifecycles.pediacluster_gone(name)
        if new is None:
            self._context.written_pediaclusters.observed_deletion(name, meta.uid_of(obj))
        else:
            is_known = self._context.written_pediaclusters.observed(name, new)
        self._queues.pediaclusters.add(name, priority=_priority(initial))
        if not is_known:
            # What the lifecycle reconciler has written itself is no news to it.
            self._queues.lifecycles.add(name, priority=_priority(initial))
        self._look_at_shards(old, new)

    def pediacluster_seen(self, old: meta.Object, new: meta.Object) -> None:
        """Queue a PediaCluster whose status somebody else has written."""
        name = meta.name_of(new)
        if not self._context.written_pediaclusters.observed(name, new):
            self._queues.pediaclusters.add(name)
        self._look_at_shards(old, new)

    def _look_at_shards(self, old: meta.Object | None, new: meta.Object | None) -> None:
        """Queue a whole shard when clustersynchro-manager may have come to it, or left it."""
        shards = self._duties.changed_shards(old, new)
        if shards:
            self._walks.ask(shards, partial(self._walk_shards, shards))

    def _walk_shards(self, shards: Collection[str]) -> Iterator[None]:
        for obj in self._equipment.caches.pediaclusters.list():
            if shard_of(obj) in shards:
                self._queues.pediaclusters.add(meta.name_of(obj), priority=BACKLOG)
            yield

    def schemas_changed(self) -> None:
        """Try again what was refused, and look at everything."""
        self._reconcilers.sources.schemas_changed()
        self._reconcilers.lifecycles.schemas_changed()
        self._reconcilers.pediaclusters.schemas_changed()
        self.look_at_everything()

    def look_at_everything(self) -> None:
        """Queue every policy, source, lifecycle and leftover, behind fresh events.

        From the caches alone: no event will tell of what happened while nobody led.
        """
        for key in self._equipment.caches.policies.keys():  # noqa: SIM118 - a Lister is no mapping
            self._look_at_policy(key.name)
        self._walks.ask(_EVERYTHING, self._walk_everything)
        for tenant in self._context.candidates.keys():  # noqa: SIM118 - nor are candidates
            self._queues.deletions.add(tenant, priority=BACKLOG)

    def _look_at_policy(self, policy: str) -> None:
        self._queues.policies.add(policy, priority=BACKLOG)
        self._look_at_sources(policy)

    def _walk_everything(self) -> Iterator[None]:
        """Find what no look at the sources of a policy that stands leads to."""
        caches = self._equipment.caches
        gone: set[str] = set()
        for obj in caches.lifecycles.list():
            owner = lifecycle.policy_of(obj)
            is_known = owner is None or caches.policies.get(ObjectKey("", owner.name)) is not None
            if owner is not None and not is_known and owner.name not in gone:
                gone.add(owner.name)
                self._look_at_policy(owner.name)
            if not self._is_led_to(obj):
                self._queues.lifecycles.add(meta.name_of(obj), priority=BACKLOG)
            yield
        for obj in caches.pediaclusters.list():
            name = meta.name_of(obj)
            self._queues.pediaclusters.add(name, priority=BACKLOG)
            if is_leftover(obj, self._context.lifecycle(name)):
                self._queues.lifecycles.add(name, priority=BACKLOG)
            yield

    def _is_led_to(self, obj: meta.Object) -> bool:
        """Whether the look at the sources of its policy comes to a lifecycle."""
        owner = lifecycle.policy_of(obj)
        state = self._equipment.tracker.get(owner.name) if owner else None
        active = state.governing if state else None
        return active is not None and active.has_complete_view and not meta.is_deleting(obj)

    def _look_at_sources(self, policy: str) -> None:
        """Queue what a policy selects, and what it has lifecycles for but does not select."""
        state = self._equipment.tracker.get(policy)
        active = state.governing if state else None
        if active is None:
            # Nothing is decided: what was counted last stays the newest that is known.
            self._context.tally.suspend(policy)
            return
        # At once: what is expected keeps the policy from being settled until it was looked at.
        self._context.tally.renew(policy, active.subscription.sources.store.keys())
        self._walks.ask(policy, partial(self._walk_sources, policy))

    def _walk_sources(self, policy: str) -> Iterator[None]:
        state = self._equipment.tracker.get(policy)
        active = state.governing if state else None
        if active is None:
            return
        keys = active.subscription.sources.store.keys()
        # No cache tells of what another selector, or type, had and the present one has not.
        for key in dict.fromkeys((*keys, *self._context.tally.of(policy).standings)):
            self._queues.sources.add(SourceKey(policy, key), priority=BACKLOG)
            yield
        for obj in self._context.lifecycles_of(policy):
            pediacluster = self._context.pediacluster(meta.name_of(obj))
            source = source_of(obj, pediacluster)
            if source is not None and active.is_of_type(source):
                self._queues.sources.add(SourceKey(policy, source.key), priority=BACKLOG)
            elif active.has_complete_view:
                self._context.candidates.propose(policy, Candidate.of(obj, pediacluster))
            yield
            if self._equipment.tracker.get(policy) is not state:
                # Another walk was asked for with what is in force now.
                return

    def _look_at_sources_of(self, *versions: meta.Object) -> None:
        """Queue whatever may have to put a lifecycle back as it was, or to let go of it."""
        pediacluster = self._context.pediacluster(meta.name_of(versions[0]))
        sources = {
            source.key
            for obj in versions
            for source in (witnessed_source(obj, pediacluster), lifecycle.stored_source(obj))
            if source is not None
        }
        policies = {owner.name for owner in map(lifecycle.policy_of, versions) if owner is not None}
        for policy in sorted(policies):
            if self._equipment.caches.policies.get(ObjectKey("", policy)) is not None:
                # One that is gone would be asked for all its lifecycles with each that goes.
                self._queues.policies.add(policy)
            for key in sorted(sources):
                self._queues.sources.add(SourceKey(policy, key))

    async def _resync(self) -> None:
        while True:
            self.look_at_everything()
            spread = 0.9 + 0.2 * self._equipment.random.random()
            await self._equipment.clock.sleep(RESYNC_SECONDS * spread)


def _may_allow_otherwise(old: meta.Object | None, new: meta.Object | None) -> bool:
    """Whether the policy of a lifecycle, or what that allows a credential, may be another now."""
    if old is not None and new is not None and lifecycle.policy_of(old) != lifecycle.policy_of(new):
        return True
    said = [((obj or {}).get("spec") or {}).get("allowedCredentialFeatures") for obj in (old, new)]
    return (said[0] or None) != (said[1] or None)


def _priority(initial: bool) -> int:
    return BACKLOG if initial else FRESH
