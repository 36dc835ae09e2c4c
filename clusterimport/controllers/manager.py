"""The wiring: what runs in every replica, and what is made for a leader's term.

From top to bottom: the hub and what follows it, the queues, whoever puts keys into them; and then,
once the lease is held, the reconcilers that take them out.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from typing import Any

import structlog

from clusterimport.aio import Backoff, BackoffOptions, Clock, StepBudget, background
from clusterimport.controllers.controller import Controller
from clusterimport.controllers.deletions.reconciler import DeletionReconciler
from clusterimport.controllers.inforce.caches import Caches, PolicyHandler
from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.inforce.references import ReferenceIndex
from clusterimport.controllers.inforce.schema import CRD_NAMES, SchemaReader
from clusterimport.controllers.inforce.tracker import PolicyTracker
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.lifecycles.reconciler import LifecycleReconciler
from clusterimport.controllers.metrics import ReplicaMetrics
from clusterimport.controllers.pediaclusters.credentials import CredentialReader
from clusterimport.controllers.pediaclusters.options import HealthOptions, MakeProbe
from clusterimport.controllers.pediaclusters.reconciler import PediaClusterReconciler
from clusterimport.controllers.pediaclusters.targets import Targets
from clusterimport.controllers.policies.reconciler import PolicyReconciler
from clusterimport.controllers.queues import EVERYTHING, REREAD, Sweep, Workers, make_queues
from clusterimport.controllers.result import K, Reconciler
from clusterimport.controllers.shared.blocks import Blocks
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.duty import Assumptions, Duties, StatusMode
from clusterimport.controllers.shared.handlers import LifecycleHandler, PediaClusterHandler
from clusterimport.controllers.shared.newest import Newest
from clusterimport.controllers.shared.rendered import RenderedRecords
from clusterimport.controllers.sources.reconciler import SourceReconciler
from clusterimport.controllers.sweeper import RESYNC_SECONDS, SLICES, Sweeper
from clusterimport.engine.evaluation import ProgramCache
from clusterimport.engine.references import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.informers import InformerCrashed
from clusterimport.kube.remedies import remedy
from clusterimport.kube.rest import RestClient
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS, crd_name
from clusterimport.model.pediacluster import Digest
from clusterimport.model.tenant import Tenant, tenant_of
from clusterimport.settings import Settings
from clusterimport.workqueue import RateLimitingQueue, rate_limiting_queue

log = structlog.get_logger(__name__)

WAITING_LOG_SECONDS = 60.0
"""How often it is said what the start still waits for."""
SCHEMA_BACKOFF = BackoffOptions(initial_seconds=2.0)
"""Between tries to read the CRDs; an event about one of them ends it."""


class ImportManager:
    """The import as a whole; ``run`` in every replica, ``lead`` while the lease is held."""

    def __init__(
        self,
        hub: Hub,
        settings: Settings,
        *,
        make_probe: MakeProbe,
        workers: Workers,
        digest: Digest,
        clock: Clock,
        random: Random,
        metrics: ReplicaMetrics,
    ) -> None:
        self._hub = hub
        self._settings = settings
        self._workers = workers
        self._digest = digest
        self._clock = clock
        self._random = random
        self._metrics = metrics
        # One for all controllers, which share the loop.
        self._budget = StepBudget()
        self._programs = ProgramCache(metrics=metrics.engine)
        self._rules = ImportRules(
            allowed_features=settings.allowed_features,
            allow_cross_namespace=settings.allow_cross_namespace,
            authentication_from=settings.authentication_from,
        )
        self._health = HealthOptions(
            make_probe=make_probe,
            status=StatusMode(settings.pediacluster_status),
            interval_seconds=settings.probe_interval_seconds,
            secrets_namespace=settings.namespace,
        )

        self._term: ImportTerm | None = None
        # Until this process ends: what statuses say of versions may be of those that are lost.
        self._is_history_lost = False

        # What is kept, and follows the server.
        self._schemas = SchemaReader(hub.client(CUSTOM_RESOURCE_DEFINITIONS))
        self._caches = Caches(hub.informers, digest)
        self._newest = Newest(self._caches, clock)
        self._references = ReferenceIndex()
        self._latency = ImportLatency(clock, metrics.imports)
        self._duties = Duties(
            self._health.status,
            pediaclusters=self._caches.pediaclusters,
            lifecycles=self._caches.lifecycles,
        )

        # What is to be done; shut while nobody leads.
        self.queues = make_queues(
            workers,
            self._tenant_of,
            clock=clock,
            random=random,
            limits=metrics.limits,
            metrics=metrics.queue,
        )
        self._shut_queues()
        self._tracked: RateLimitingQueue[str] = rate_limiting_queue(
            "policy-tracker", clock=clock, random=random, metrics=metrics.queue("policy-tracker")
        )

        # Who puts it there.
        self._tracker = PolicyTracker(
            hub=hub,
            caches=self._caches,
            schemas=self._schemas,
            programs=self._programs,
            queues=self.queues,
            references=self._references,
            latency=self._latency,
        )
        self._caches.follow(
            PolicyHandler(self._tracked, self.queues.policies),
            LifecycleHandler(self.queues, self._caches, self._newest),
            PediaClusterHandler(self.queues, self._newest, self._duties),
        )
        hub.types.on_change(self._look_at_policies)
        hub.types.on_crd_event(self._crd_changed)

    def missing(self) -> tuple[str, ...]:
        """Name what has to come before anything can be imported; empty when all is there."""
        names = self._caches.missing()
        if not self._schemas.is_known:
            names.append("CustomResourceDefinitions")
        return tuple(names)

    def unready(self) -> tuple[str, ...]:
        """Name what is not as it should be: what is missing, and informers that met a bug.

        Those do not keep a replica from leading: what they do not concern goes on.
        """
        crashed = (
            f"informer {spec} (crashed)"
            for spec, status in self._hub.informers.statuses().items()
            if isinstance(status.error, InformerCrashed)
        )
        return (*self.missing(), *crashed)

    def stale(self) -> tuple[str, ...]:
        """Tell which caches may not have what the server has, since when, and why."""
        return self._hub.informers.stale()

    def distrust(self) -> None:
        """Fill all caches anew, because the server was restored from a backup.

        Who leads has to begin anew, too: what was written and not seen yet is not there any more.
        """
        log.warning("the server's history was lost, listing everything anew")
        self._hub.informers.distrust()
        self._is_history_lost = True
        if self._term is not None:
            self._term.context.rendered.disbelieve()

    async def run(self) -> None:
        """Keep caches warm until cancelled."""
        tracking = self._controller(self._tracker, self._tracked, 1)
        backoff = Backoff(SCHEMA_BACKOFF, clock=self._clock, random=self._random)
        async with background(
            types=self._hub.types.run(),
            schemas=self._schemas.follow(backoff, self._look_under_other_schemas),
            tracking=tracking.run(),
            waiting=self._tell_waiting(),
        ):
            await asyncio.Event().wait()

    async def lead(self, rest: RestClient, *, may_write: Callable[[], bool] = lambda: True) -> None:
        """Import until cancelled, writing through a client that is gated by the lease.

        ``may_write`` tells at the end whether what is under way may be finished.
        """
        while self.missing() or self._hub.informers.is_distrusted:
            await self._clock.sleep(0.1)
        self._term = self.term(self.context(rest), may_write=may_write)
        self.open_queues()
        try:
            await self._term.run()
        finally:
            self._term = None

    def context(self, rest: RestClient) -> TermContext:
        """Make what the reconcilers of a term share."""
        is_probing = self._health.interval_seconds > 0
        assumptions = Assumptions(self._duties, self._caches.pediaclusters, is_probing=is_probing)
        return TermContext.over(
            rest,
            hub=self._hub,
            queues=self.queues,
            caches=self._caches,
            newest=self._newest,
            tracker=self._tracker,
            schemas=self._schemas,
            references=self._references,
            latency=self._latency,
            unknown=assumptions.of,
            rendered=RenderedRecords(self._rules, believes=not self._is_history_lost),
            instance=self._settings.identity,
            clock=self._clock,
            random=self._random,
            metrics=self._metrics,
        )

    def term(self, context: TermContext, *, may_write: Callable[[], bool]) -> "ImportTerm":
        """Make the reconcilers of a term, each with its queue."""
        blocks, closing = Blocks(), AsyncExitStack()
        lifecycles = LifecycleReconciler(
            context,
            programs=self._programs,
            guard=ReferenceGuard(self._rules),
            digest=self._digest,
        )
        pediaclusters = PediaClusterReconciler(
            context,
            credentials=CredentialReader(
                context,
                self._rules,
                self._digest,
                secrets_namespace=self._health.secrets_namespace,
            ),
            duties=self._duties,
            targets=Targets(self._random),
            options=self._health,
            digest=self._digest,
        )
        make = partial(self._controller, may_drain=may_write)
        queues, size = self.queues, self._workers
        controllers: list[Controller[Any]] = [
            make(PolicyReconciler(context, blocks, self._random), queues.policies, size.policies),
            make(SourceReconciler(context), queues.sources, size.sources),
            make(lifecycles, queues.lifecycles, size.lifecycles),
            make(pediaclusters, queues.pediaclusters, size.pediaclusters),
            make(DeletionReconciler(context, blocks), queues.deletions, size.deletions),
            make(Sweeper(context, self._random), queues.sweeps, size.sweeps),
        ]
        # In reverse, when nobody makes new connections, or counts, any more.
        closing.push_async_callback(pediaclusters.aclose)
        closing.callback(context.turnstiles.close)
        closing.callback(lifecycles.close)
        closing.callback(self._metrics.imports.term_ended)
        closing.callback(self._shut_queues)
        return ImportTerm(context, controllers, closing)

    def open_queues(self) -> None:
        """Begin to hear, with a look at everything; what was known of before is out of date."""
        self._newest.clear()
        self._references.clear()
        self._latency.clear()
        for queue in self.queues:
            queue.reopen()
        self.queues.sweeps.add(EVERYTHING)
        self.queues.sweeps.add_after(REREAD, RESYNC_SECONDS / SLICES)

    def _controller(
        self,
        reconciler: Reconciler[K],
        queue: RateLimitingQueue[K],
        size: int,
        *,
        may_drain: Callable[[], bool] = lambda: True,
    ) -> Controller[K]:
        return Controller(
            queue.name,
            reconciler,
            queue,
            workers=size,
            clock=self._clock,
            metrics=self._metrics.controllers,
            budget=self._budget,
            may_drain=may_drain,
        )

    def _shut_queues(self) -> None:
        for queue in self.queues:
            queue.shut_down(discard=True)

    def _tenant_of(self, name: str) -> Tenant:
        # One that was made a moment ago is in no cache yet.
        return tenant_of(self._newest.lifecycle(name))

    def _look_at_policies(self) -> None:
        for key in self._caches.policies.keys():  # noqa: SIM118 - a Lister is no mapping
            self._tracked.add(key.name)

    def _crd_changed(self, name: str, is_new: bool) -> None:
        if name in CRD_NAMES:
            self._schemas.poke()
            self._caches.wake()
        if is_new:
            # Lifecycles that are older have to see their sources alive under this one.
            for policy in self._tracker.names():
                state = self._tracker.get(policy)
                if state and state.active and crd_name(state.active.source_type) == name:
                    self.queues.sweeps.add(Sweep(policy))

    async def _look_under_other_schemas(self) -> None:
        # Before anything is looked at again: a policy that relies on what is no longer kept has to
        # stop first.
        for key in self._caches.policies.keys():  # noqa: SIM118 - a Lister is no mapping
            await self._tracker.reconcile(key.name)
        if self._term is not None:
            self._term.context.rendered.disbelieve()
        self.queues.sweeps.add(EVERYTHING)

    async def _tell_waiting(self) -> None:
        """Say at once, and then once a minute, what the start waits for."""
        await self._clock.sleep(1.0)
        while True:
            missing = self.missing()
            if missing:
                problems = {
                    str(spec): status.error
                    for spec, status in self._hub.informers.statuses().items()
                    if status.error is not None
                }
                told = {spec: str(error) for spec, error in problems.items()}
                mending = sorted(set(filter(None, map(remedy, problems.values()))))
                log.warning("waiting", missing=missing, problems=told, remedies=mending)
            await self._clock.sleep(WAITING_LOG_SECONDS)


class ImportTerm:
    """What was made for one leader, until its lease ends."""

    def __init__(
        self,
        context: TermContext,
        controllers: Sequence[Controller[Any]],
        closing: AsyncExitStack,
    ) -> None:
        self.context = context
        self.controllers = controllers
        self._closing = closing

    async def run(self) -> None:
        """Reconcile until cancelled; then finish what is under way, and write no Events after it.

        All probes are closed, however it ended.
        """
        async with self._closing, asyncio.TaskGroup() as group:
            events = group.create_task(self.context.events.run(), name="events")
            working = [
                group.create_task(controller.run(), name=controller.name)
                for controller in self.controllers
            ]
            try:
                await asyncio.Event().wait()
            finally:
                for task in working:
                    task.cancel()
                await asyncio.wait(working)
                events.cancel()
