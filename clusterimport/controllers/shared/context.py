"""What the reconcilers of one leadership term share; made anew for each, gone with the lease."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Self

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.caches import Caches
from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.inforce.references import ReferenceIndex
from clusterimport.controllers.inforce.schema import SchemaReader
from clusterimport.controllers.inforce.state import PolicyStates
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.metrics import HealthMetrics, ImportMetrics, ReplicaMetrics
from clusterimport.controllers.queues import Queues
from clusterimport.controllers.shared.candidates import Candidates
from clusterimport.controllers.shared.claims import NameClaims
from clusterimport.controllers.shared.contested import ContestedFields
from clusterimport.controllers.shared.events import EventRecorder
from clusterimport.controllers.shared.handover import Handover
from clusterimport.controllers.shared.health import Health, HealthBoard
from clusterimport.controllers.shared.newest import Newest
from clusterimport.controllers.shared.rendered import RenderedRecords
from clusterimport.controllers.shared.tally import Tally
from clusterimport.controllers.shared.turnstiles import LiveRequests, Turnstiles
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.rest import RestClient
from clusterimport.limits.counted import Limit, LimitMetrics
from clusterimport.model.gvr import EVENTS


@dataclass(frozen=True, slots=True)
class TermContext:
    """Everything that more than one reconciler reads or changes."""

    clock: Clock
    queues: Queues
    caches: Caches
    newest: Newest
    tracker: PolicyStates
    schemas: SchemaReader
    references: ReferenceIndex
    latency: ImportLatency
    hub: Hub
    """The API server, through a connection that the lease gates."""
    turnstiles: Turnstiles
    tally: Tally
    candidates: Candidates
    claims: NameClaims
    contested: ContestedFields[str]
    """What the source reconciler wrote to lifecycles, by their names."""
    handover: Handover
    """Judged credentials, from the lifecycle reconciler to that of PediaClusters."""
    health: HealthBoard
    rendered: RenderedRecords
    events: EventRecorder
    metrics: ImportMetrics
    health_metrics: HealthMetrics
    limit_metrics: LimitMetrics

    @classmethod
    def over(
        cls,
        rest: RestClient,
        *,
        hub: Hub,
        queues: Queues,
        caches: Caches,
        newest: Newest,
        tracker: PolicyStates,
        schemas: SchemaReader,
        references: ReferenceIndex,
        latency: ImportLatency,
        unknown: Callable[[str], Health],
        rendered: RenderedRecords,
        instance: str,
        clock: Clock,
        random: Random,
        metrics: ReplicaMetrics,
    ) -> Self:
        """Make what lasts a term over what a replica keeps.

        ``rest`` is the connection that the lease gates, ``unknown`` the health of a cluster that
        was not looked at yet, ``rendered`` what is known of earlier looks, ``instance`` who says
        what Events tell.
        """
        turnstiles = Turnstiles(clock, random, metrics.limits)
        return cls(
            clock=clock,
            queues=queues,
            caches=caches,
            newest=newest,
            tracker=tracker,
            schemas=schemas,
            references=references,
            latency=latency,
            hub=hub.led(rest, LiveRequests(hub.informers, turnstiles)),
            turnstiles=turnstiles,
            tally=Tally(queues.policies),
            candidates=Candidates(clock, queues, caches.policies),
            claims=NameClaims(),
            contested=ContestedFields(clock),
            handover=Handover(),
            health=HealthBoard(queues.lifecycles, unknown=unknown),
            rendered=rendered,
            events=EventRecorder(
                ResourceClient(rest, EVENTS),
                instance=instance,
                clock=clock,
                random=random,
                on_drop=partial(metrics.limits.limit_reached, Limit.EVENTS),
            ),
            metrics=metrics.imports,
            health_metrics=metrics.health,
            limit_metrics=metrics.limits,
        )

    def is_busy(self, policy: str) -> bool:
        """Whether a source has not been looked at since what its policy rests on changed."""
        return self.tally.is_busy(policy, self.tracker.revision(policy))
