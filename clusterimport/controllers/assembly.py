"""From what outlives leadership terms to the parts of one: queues, context, reconcilers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from clusterimport.controllers.controller import Controller
from clusterimport.controllers.deletions.reconciler import DeletionReconciler
from clusterimport.controllers.equipment import Equipment
from clusterimport.controllers.lifecycles.reconciler import LifecycleReconciler
from clusterimport.controllers.pediaclusters.credentials import CredentialReader
from clusterimport.controllers.pediaclusters.reconciler import PediaClusterReconciler
from clusterimport.controllers.pediaclusters.targets import Targets
from clusterimport.controllers.policies.reconciler import PolicyReconciler
from clusterimport.controllers.queues import DeletionKey, Queues, SourceKey
from clusterimport.controllers.result import K, Reconciler
from clusterimport.controllers.shared.blocks import Blocks
from clusterimport.controllers.shared.candidates import Candidates
from clusterimport.controllers.shared.clients import make_clients
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.duty import Assumptions, Duties
from clusterimport.controllers.shared.events import EventRecorder
from clusterimport.controllers.shared.health import HealthBoard
from clusterimport.controllers.shared.latency import ImportLatency
from clusterimport.controllers.shared.mutations import MutationCache
from clusterimport.controllers.shared.tally import Tally
from clusterimport.controllers.shared.turnstiles import Turnstiles
from clusterimport.controllers.sources.reconciler import SourceReconciler
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.rest import RestClient
from clusterimport.limits.counted import Limit
from clusterimport.limits.requests import LOOP_BURST_SECONDS, LOOP_SHARE
from clusterimport.model.gvr import EVENTS
from clusterimport.model.keys import ObjectKey
from clusterimport.model.tenant import Tenant, tenant_of, tenant_of_source
from clusterimport.workqueue import LoopTime, RateLimitingQueue, Sharing, rate_limiting_queue


@dataclass(frozen=True, slots=True)
class Reconcilers:
    """The reconcilers of a term."""

    policies: PolicyReconciler
    sources: SourceReconciler
    lifecycles: LifecycleReconciler
    pediaclusters: PediaClusterReconciler
    deletions: DeletionReconciler


def make_queues(equipment: Equipment, written_lifecycles: MutationCache[str]) -> Queues:
    """Make the empty queues of a term, named as controller-runtime would name controllers.

    Tenants share those whose keys they make, each with the workers that it is made for.
    """
    lifecycles, workers = equipment.caches.lifecycles, equipment.workers
    loop_time = LoopTime(
        equipment.clock,
        share=LOOP_SHARE,
        burst_seconds=LOOP_BURST_SECONDS,
        on_wait=partial(equipment.limit_metrics.limit_reached, Limit.LOOP_TIME),
    )

    def make(name: str, sharing: Sharing[Any] | None = None) -> RateLimitingQueue[Any]:
        return rate_limiting_queue(
            name,
            clock=equipment.clock,
            random=equipment.random,
            metrics=equipment.queue_metrics(name),
            sharing=sharing,
        )

    def by_source(key: SourceKey) -> Tenant:
        return tenant_of_source(key.policy, key.source.namespace)

    def by_name(name: str) -> Tenant:
        # One that was made a moment ago is in no cache yet.
        cached = lifecycles.get(ObjectKey("", name))
        return tenant_of(written_lifecycles.newest(name, cached))

    def by_tenant(key: DeletionKey) -> Tenant:
        return key.tenant

    return Queues(
        policies=make("clusterimportpolicy"),
        sources=make("source", Sharing(by_source, workers.sources, loop_time)),
        lifecycles=make("pediaclusterlifecycle", Sharing(by_name, workers.lifecycles, loop_time)),
        pediaclusters=make("pediacluster", Sharing(by_name, workers.pediaclusters, loop_time)),
        deletions=make("deletion", Sharing(by_tenant, workers.deletions, loop_time)),
    )


def make_duties(equipment: Equipment) -> Duties:
    """Make what decides who looks after a PediaCluster."""
    caches = equipment.caches
    return Duties(
        equipment.health.status, pediaclusters=caches.pediaclusters, lifecycles=caches.lifecycles
    )


def make_context(
    equipment: Equipment,
    rest: RestClient,
    queues: Queues,
    *,
    written_lifecycles: MutationCache[str],
    duties: Duties,
    candidates_changed: Callable[[DeletionKey, float], None],
) -> TermContext:
    """Make what the reconcilers of a term share."""
    clock, caches = equipment.clock, equipment.caches
    assumptions = Assumptions(
        duties, caches.pediaclusters, is_probing=equipment.health.interval_seconds > 0
    )
    return TermContext(
        clock=clock,
        caches=caches,
        clients=make_clients(
            rest,
            views=equipment.views,
            turnstiles=Turnstiles(clock, equipment.random, equipment.limit_metrics),
        ),
        queues=queues,
        tracker=equipment.tracker,
        schemas=equipment.schemas,
        tally=Tally(queues.policies.add),
        candidates=Candidates(clock, candidates_changed),
        events=EventRecorder(
            ResourceClient(rest, EVENTS),
            instance=equipment.identity,
            clock=clock,
            random=equipment.random,
            on_drop=partial(equipment.limit_metrics.limit_reached, Limit.EVENTS),
        ),
        metrics=equipment.import_metrics,
        health_metrics=equipment.health_metrics,
        limit_metrics=equipment.limit_metrics,
        latency=ImportLatency(clock, equipment.import_metrics),
        health=HealthBoard(queues.lifecycles.add, unknown=assumptions.of),
        written_lifecycles=written_lifecycles,
        written_pediaclusters=MutationCache(clock),
    )


def make_reconcilers(context: TermContext, equipment: Equipment, duties: Duties) -> Reconcilers:
    """Make the reconcilers of a term."""
    blocks = Blocks()
    digest, health = equipment.digest, equipment.health
    return Reconcilers(
        policies=PolicyReconciler(context, blocks, equipment.random),
        sources=SourceReconciler(context),
        lifecycles=LifecycleReconciler(
            context, programs=equipment.programs, guard=equipment.guard, digest=digest
        ),
        pediaclusters=PediaClusterReconciler(
            context,
            credentials=CredentialReader(
                context, equipment.rules, digest, secrets_namespace=health.secrets_namespace
            ),
            duties=duties,
            targets=Targets(equipment.random),
            options=health,
            digest=digest,
        ),
        deletions=DeletionReconciler(context, blocks),
    )


def make_controllers(
    reconcilers: Reconcilers,
    queues: Queues,
    equipment: Equipment,
    *,
    may_write: Callable[[], bool],
) -> list[Controller[Any]]:
    """Make what runs the reconcilers."""
    workers = equipment.workers

    def make(reconciler: Reconciler[K], queue: RateLimitingQueue[K], size: int) -> Controller[K]:
        return Controller(
            queue.name,
            reconciler,
            queue,
            workers=size,
            clock=equipment.clock,
            metrics=equipment.controller_metrics,
            may_drain=may_write,
        )

    return [
        make(reconcilers.policies, queues.policies, workers.policies),
        make(reconcilers.sources, queues.sources, workers.sources),
        make(reconcilers.lifecycles, queues.lifecycles, workers.lifecycles),
        make(reconcilers.pediaclusters, queues.pediaclusters, workers.pediaclusters),
        make(reconcilers.deletions, queues.deletions, workers.deletions),
    ]
