"""One leadership term: the reconcilers, their queues, and the way from signals to keys."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import structlog

from clusterimport.aio import Clock
from clusterimport.controllers.caches import Caches
from clusterimport.controllers.controller import Controller
from clusterimport.controllers.deletions.blocks import Blocks
from clusterimport.controllers.deletions.candidates import OWNERLESS, Candidate, Candidates
from clusterimport.controllers.deletions.reconciler import DeletionReconciler
from clusterimport.controllers.events import EventRecorder
from clusterimport.controllers.freshness import WrittenObjects
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.lifecycles.reconciler import LifecycleReconciler
from clusterimport.controllers.lifecycles.references import Target
from clusterimport.controllers.metrics import ControllerMetrics, ImportMetrics
from clusterimport.controllers.policies.reconciler import PolicyReconciler
from clusterimport.controllers.policies.tracker import PolicyTracker
from clusterimport.controllers.result import K, Reconciler
from clusterimport.controllers.schema import SchemaReader
from clusterimport.controllers.sources.reconciler import SourceReconciler
from clusterimport.controllers.tally import Tally
from clusterimport.controllers.term import Clients, Queues, SourceKey, TermContext
from clusterimport.engine.lifecycle import ReferenceGuard
from clusterimport.engine.ownership import lifecycle_owners
from clusterimport.engine.programs import ProgramCache
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.rest import RestClient
from clusterimport.model import lifecycle, meta
from clusterimport.model.gvr import EVENTS, LIFECYCLES, PEDIACLUSTERS, POLICIES, GroupResource
from clusterimport.model.keys import ObjectKey
from clusterimport.model.pediacluster import Digest
from clusterimport.workqueue import (
    BACKLOG,
    FRESH,
    QueueMetrics,
    RateLimitingQueue,
    rate_limiting_queue,
)

log = structlog.get_logger(__name__)

RESYNC_SECONDS = 3600.0
"""Everything is looked at once an hour, plus or minus 10 %, in case an event was missed."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Reconciles at a time, per reconciler."""

    policies: int = 2
    sources: int = 16
    """Each may wait for one write of a lifecycle."""
    lifecycles: int = 32
    """Each may wait for two reads and two writes; the REST layer bounds them all together."""
    deletions: int = 4


@dataclass(frozen=True, slots=True)
class Equipment:
    """What outlives a term and is handed to each."""

    clock: Clock
    random: Random
    caches: Caches
    tracker: PolicyTracker
    schemas: SchemaReader
    programs: ProgramCache
    guard: ReferenceGuard
    digest: Digest
    identity: str
    workers: Workers
    controller_metrics: ControllerMetrics
    import_metrics: ImportMetrics
    queue_metrics: Callable[[str], QueueMetrics]


class ImportTerm:
    """Implements ``signals.Term``; used by one leader until its lease ends."""

    def __init__(
        self, equipment: Equipment, rest: RestClient, *, may_write: Callable[[], bool]
    ) -> None:
        self._equipment = equipment
        self._may_write = may_write
        clock = equipment.clock
        self._queues = self._make_queues()
        self._events = EventRecorder(
            ResourceClient(rest, EVENTS),
            instance=equipment.identity,
            clock=clock,
            random=equipment.random,
        )
        self._context = TermContext(
            clock=clock,
            caches=equipment.caches,
            clients=Clients(
                rest=rest,
                policies=ResourceClient(rest, POLICIES),
                lifecycles=ResourceClient(rest, LIFECYCLES),
                pediaclusters=ResourceClient(rest, PEDIACLUSTERS),
            ),
            queues=self._queues,
            tracker=equipment.tracker,
            schemas=equipment.schemas,
            tally=Tally(self._queues.policies.add),
            candidates=Candidates(clock, self._candidates_changed),
            events=self._events,
            metrics=equipment.import_metrics,
            latency=ImportLatency(clock, equipment.import_metrics),
            written_lifecycles=WrittenObjects(clock),
            written_pediaclusters=WrittenObjects(clock),
        )
        blocks = Blocks()
        self._policies = PolicyReconciler(self._context, blocks)
        self._sources = SourceReconciler(self._context)
        self._lifecycles = LifecycleReconciler(
            self._context,
            programs=equipment.programs,
            guard=equipment.guard,
            digest=equipment.digest,
        )
        self._deletions = DeletionReconciler(self._context, blocks)

    async def run(self) -> None:
        """Reconcile until cancelled; then finish what is under way."""
        async with asyncio.TaskGroup() as group:
            events = group.create_task(self._events.run(), name="events")
            working = [
                group.create_task(controller.run(), name=controller.name)
                for controller in self._controllers()
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

    def _candidates_changed(self, policy: str, seconds: float) -> None:
        self._queues.deletions.add_after(policy, seconds)
        if self._equipment.caches.policies.get(ObjectKey("", policy)) is not None:
            # Its status tells whether deletions are outstanding; one that is gone has none, and
            # would be asked for all its lifecycles each time.
            self._queues.policies.add(policy)

    def policy_changed(self, policy: str, *, sources: bool) -> None:
        """Queue a policy, its blocked deletions, and if asked all its sources."""
        self._queues.policies.add(policy)
        if self._context.candidates.of(policy):
            self._queues.deletions.add(policy)
        if sources:
            self._look_at_sources(policy)

    def view_completed(self, policy: str) -> None:
        """Queue all sources of a policy and those lifecycles that have none any more."""
        self._queues.policies.add(policy)
        self._look_at_sources(policy)
        self._queues.deletions.add(OWNERLESS)

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
        self._lifecycles.reference_changed(target, priority=_priority(initial))

    def lifecycle_changed(
        self, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        """Queue a lifecycle; one that is gone, or was edited, also by its source."""
        obj = new or old
        if obj is None:
            return
        name = meta.name_of(obj)
        if new is None:
            self._context.written_lifecycles.observed_deletion(name, meta.uid_of(obj))
            self._sources.lifecycle_gone(name)
        elif self._context.written_lifecycles.observed(name, new):
            return
        self._queues.lifecycles.add(name, priority=_priority(initial))
        if old is not None:
            # Both: an edit may have given it to another source, or taken its policy off.
            self._look_at_source_of(old)
            self._look_at_source_of(obj)

    def lifecycle_seen(self, new: meta.Object) -> None:
        """Free the memory of a status that the cache has now."""
        self._context.written_lifecycles.observed(meta.name_of(new), new)

    def pediacluster_changed(
        self, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        """Queue the lifecycle of a PediaCluster's name."""
        obj = new or old
        if obj is None:
            return
        name = meta.name_of(obj)
        if new is None:
            self._context.written_pediaclusters.observed_deletion(name, meta.uid_of(obj))
        elif self._context.written_pediaclusters.observed(name, new):
            return
        self._queues.lifecycles.add(name, priority=_priority(initial))

    def schemas_changed(self) -> None:
        """Try again what was refused, and look at everything."""
        self._sources.schemas_changed()
        self._lifecycles.schemas_changed()
        self.look_at_everything()

    def look_at_everything(self) -> None:
        """Queue every policy, source, lifecycle and leftover, behind fresh events."""
        caches = self._equipment.caches
        tracked = set(self._equipment.tracker.names())
        owners = {
            owner.name
            for owner in map(lifecycle.policy_of, caches.lifecycles.list())
            if owner is not None
        }
        for policy in sorted(tracked | owners):
            self._queues.policies.add(policy, priority=BACKLOG)
            self._look_at_sources(policy)
        for obj in caches.pediaclusters.list():
            for owner in lifecycle_owners(obj):
                if caches.lifecycles.get(ObjectKey("", owner.name)) is None:
                    self._queues.lifecycles.add(owner.name, priority=BACKLOG)

    def _look_at_sources(self, policy: str) -> None:
        """Queue what a policy selects, and what it has lifecycles for but does not select."""
        state = self._equipment.tracker.get(policy)
        active = state.active if state else None
        if active is None:
            return
        keys = active.subscription.sources.store.keys()
        self._context.tally.renew(policy, keys if state and state.governing else ())
        # No cache tells of what another selector, or type, had and the present one has not.
        for key in dict.fromkeys((*keys, *self._context.tally.of(policy).standings)):
            self._queues.sources.add(SourceKey(policy, key), priority=BACKLOG)
        for obj in self._equipment.caches.lifecycles_of(policy):
            source = (obj.get("spec") or {}).get("source") or {}
            group_resource = GroupResource(
                str(source.get("group", "")), str(source.get("resource", ""))
            )
            if group_resource == active.source_type.group_resource:
                key = ObjectKey(str(source.get("namespace") or ""), str(source.get("name", "")))
                self._queues.sources.add(SourceKey(policy, key), priority=BACKLOG)
            elif state and state.governing and active.has_complete_view:
                candidate = Candidate(meta.name_of(obj), meta.uid_of(obj))
                self._context.candidates.propose(policy, candidate)

    def _look_at_source_of(self, obj: meta.Object) -> None:
        owner = lifecycle.policy_of(obj)
        source = (obj.get("spec") or {}).get("source") or {}
        if owner is not None and source:
            key = ObjectKey(str(source.get("namespace") or ""), str(source.get("name", "")))
            self._queues.sources.add(SourceKey(owner.name, key))
            self._queues.policies.add(owner.name)

    def _controllers(self) -> list[Controller[Any]]:
        workers = self._equipment.workers
        return [
            self._controller(
                "clusterimportpolicy", self._policies, self._queues.policies, workers.policies
            ),
            self._controller("source", self._sources, self._queues.sources, workers.sources),
            self._controller(
                "pediaclusterlifecycle",
                self._lifecycles,
                self._queues.lifecycles,
                workers.lifecycles,
            ),
            self._controller(
                "deletion", self._deletions, self._queues.deletions, workers.deletions
            ),
        ]

    def _controller(
        self, name: str, reconciler: Reconciler[K], queue: RateLimitingQueue[K], workers: int
    ) -> Controller[K]:
        return Controller(
            name,
            reconciler,
            queue,
            workers=workers,
            clock=self._equipment.clock,
            metrics=self._equipment.controller_metrics,
            may_drain=self._may_write,
        )

    def _make_queues(self) -> Queues:
        return Queues(
            policies=self._make_queue("clusterimportpolicy"),
            sources=self._make_queue("source"),
            lifecycles=self._make_queue("pediaclusterlifecycle"),
            deletions=self._make_queue("deletion"),
        )

    def _make_queue(self, name: str) -> RateLimitingQueue[Any]:
        equipment = self._equipment
        return rate_limiting_queue(
            name,
            clock=equipment.clock,
            random=equipment.random,
            metrics=equipment.queue_metrics(name),
        )

    async def _resync(self) -> None:
        while True:
            self.look_at_everything()
            spread = 0.9 + 0.2 * self._equipment.random.random()
            await self._equipment.clock.sleep(RESYNC_SECONDS * spread)


def _priority(initial: bool) -> int:
    return BACKLOG if initial else FRESH
