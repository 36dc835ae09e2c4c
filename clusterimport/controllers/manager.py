"""What runs in every replica: types, caches and policies kept up to date; and the leader's term."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random

import structlog

from clusterimport.aio import Backoff, BackoffOptions, Clock, background
from clusterimport.controllers.controller import Controller
from clusterimport.controllers.equipment import Equipment, Workers
from clusterimport.controllers.inforce.caches import Caches
from clusterimport.controllers.inforce.schema import CRD_NAMES, SchemaReader
from clusterimport.controllers.inforce.signals import Switchboard
from clusterimport.controllers.inforce.tracker import PolicyTracker
from clusterimport.controllers.inforce.types import TypeRegistry
from clusterimport.controllers.leading import ImportTerm
from clusterimport.controllers.metrics import ControllerMetrics, HealthMetrics, ImportMetrics
from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.engine.programs import ProgramCache
from clusterimport.engine.references import ReferenceGuard
from clusterimport.engine.rules import ImportRules
from clusterimport.informers import InformerCrashed, InformerFactory, InformerStatus
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.rest import RestClient
from clusterimport.kube.restmapper import RESTMapper
from clusterimport.limits.counted import LimitMetrics
from clusterimport.model import meta
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS, crd_name
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

WAITING_LOG_SECONDS = 60.0
"""How often it is said what the start still waits for."""
SCHEMA_BACKOFF = BackoffOptions(initial_seconds=2.0)
"""Between tries to read the CRDs; an event about one of them ends it."""


class ImportManager:
    """The import as a whole; ``run`` in every replica, ``lead`` while the lease is held."""

    def __init__(
        self,
        *,
        rest: RestClient,
        informers: InformerFactory,
        rules: ImportRules,
        programs: ProgramCache,
        digest: Digest,
        identity: str,
        workers: Workers,
        health: HealthOptions,
        clock: Clock,
        random: Random,
        controller_metrics: ControllerMetrics,
        import_metrics: ImportMetrics,
        health_metrics: HealthMetrics,
        limit_metrics: LimitMetrics,
        queue_metrics: Callable[[str], QueueMetrics],
    ) -> None:
        self._informers = informers
        self._clock = clock
        self._switchboard = Switchboard()
        self._schemas = SchemaReader(ResourceClient(rest, CUSTOM_RESOURCE_DEFINITIONS))
        self._schemas_changed = asyncio.Event()
        self._schema_backoff = Backoff(SCHEMA_BACKOFF, clock=clock, random=random)
        self._types = TypeRegistry(RESTMapper(rest), informers, clock)
        queue: RateLimitingQueue[str] = rate_limiting_queue(
            "policy-tracker", clock=clock, random=random, metrics=queue_metrics("policy-tracker")
        )
        self._caches = Caches(informers, digest, self._switchboard, _PolicyHandler(queue.add))
        self._tracker = PolicyTracker(
            policies=self._caches.policies,
            informers=informers,
            types=self._types,
            schemas=self._schemas,
            programs=programs,
            switchboard=self._switchboard,
        )
        self._tracking: Controller[str] = Controller(
            "policy-tracker",
            self._tracker,
            queue,
            workers=1,
            clock=clock,
            metrics=controller_metrics,
        )
        self._equipment = Equipment(
            clock=clock,
            random=random,
            caches=self._caches,
            views=informers,
            tracker=self._tracker,
            schemas=self._schemas,
            programs=programs,
            guard=ReferenceGuard(rules),
            rules=rules,
            digest=digest,
            identity=identity,
            workers=workers,
            health=health,
            controller_metrics=controller_metrics,
            import_metrics=import_metrics,
            health_metrics=health_metrics,
            limit_metrics=limit_metrics,
            queue_metrics=queue_metrics,
        )
        self._types.on_change(self._look_at_policies)
        self._types.on_crd_event(self._crd_changed)

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
            for spec, status in self._informers.statuses().items()
            if isinstance(status.error, InformerCrashed)
        )
        return (*self.missing(), *crashed)

    def stale(self) -> tuple[str, ...]:
        """Tell which caches may not have what the server has, since when, and why."""
        return self._informers.stale()

    def distrust(self) -> None:
        """Fill all caches anew, because the server was restored from a backup.

        Who leads has to begin anew, too: what was written and not seen yet is not there any more.
        """
        log.warning("the server's history was lost, listing everything anew")
        self._informers.distrust()

    async def run(self) -> None:
        """Keep caches warm until cancelled."""
        async with background(
            types=self._types.run(),
            schemas=self._follow_schemas(),
            tracking=self._tracking.run(),
            waiting=self._tell_waiting(),
        ):
            await asyncio.Event().wait()

    async def lead(self, rest: RestClient, *, may_write: Callable[[], bool] = lambda: True) -> None:
        """Import until cancelled, writing through a client that is gated by the lease.

        ``may_write`` tells at the end whether what is under way may be finished.
        """
        while self.missing() or self._informers.is_distrusted:
            await self._clock.sleep(0.1)
        term = ImportTerm(self._equipment, rest, may_write=may_write)
        self._switchboard.term = term
        try:
            await term.run()
        finally:
            self._switchboard.term = None

    def _look_at_policies(self) -> None:
        for key in self._caches.policies.keys():  # noqa: SIM118 - a Lister is no mapping
            self._tracking.queue.add(key.name)

    def _crd_changed(self, name: str, is_new: bool) -> None:
        if name in CRD_NAMES:
            self._schemas_changed.set()
            self._caches.wake()
        if is_new:
            # Lifecycles that are older have to see their sources alive under this one.
            for policy in self._tracker.names():
                state = self._tracker.get(policy)
                if state and state.active and crd_name(state.active.source_type) == name:
                    self._switchboard.policy_changed(policy, sources=True)

    async def _follow_schemas(self) -> None:
        pause: float | None = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._schemas_changed.wait()
            self._schemas_changed.clear()
            try:
                changed = await self._schemas.refresh()
            except errors.KubeError as error:
                log.warning("schemas not read", error=str(error))
                pause = self._schema_backoff.next_seconds()
                continue
            self._schema_backoff.reset()
            pause = None
            if changed:
                log.info("schemas read", complete=self._schemas.is_known)
                # Before anything is looked at again: a policy that relies on what is no longer kept
                # has to stop first.
                for key in self._caches.policies.keys():  # noqa: SIM118 - a Lister is no mapping
                    await self._tracker.reconcile(key.name)
                self._switchboard.schemas_changed()

    async def _tell_waiting(self) -> None:
        """Say at once, and then once a minute, what the start waits for."""
        await self._clock.sleep(1.0)
        while True:
            missing = self.missing()
            if missing:
                problems = {
                    str(spec): str(status.error)
                    for spec, status in self._informers.statuses().items()
                    if status.error is not None
                }
                log.warning("waiting", missing=missing, problems=problems)
            await self._clock.sleep(WAITING_LOG_SECONDS)


class _PolicyHandler:
    def __init__(self, add: Callable[..., None]) -> None:
        self._add = add

    def on_change(
        self, key: ObjectKey, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        if _is_own_status(old, new):
            return
        self._add(key.name, priority=BACKLOG if initial else FRESH)

    def on_status(self, status: InformerStatus) -> None:
        del status


def _is_own_status(old: meta.Object | None, new: meta.Object | None) -> bool:
    """Whether only the status changed, which we wrote ourselves."""
    if old is None or new is None or meta.uid_of(old) != meta.uid_of(new):
        return False
    return (
        meta.generation_of(old) == meta.generation_of(new)
        and meta.annotations_of(old) == meta.annotations_of(new)
        and meta.finalizers_of(old) == meta.finalizers_of(new)
        and meta.is_deleting(old) == meta.is_deleting(new)
        and old.get("status") != new.get("status")
    )
