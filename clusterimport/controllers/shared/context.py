"""What the reconcilers of one leadership term share; made anew for each, gone with the lease."""

from dataclasses import dataclass

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.caches import Caches
from clusterimport.controllers.inforce.hub import Hub
from clusterimport.controllers.inforce.references import ReferenceIndex
from clusterimport.controllers.inforce.schema import SchemaReader
from clusterimport.controllers.inforce.tracker import PolicyTracker
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.metrics import HealthMetrics, ImportMetrics
from clusterimport.controllers.queues import Queues
from clusterimport.controllers.shared.candidates import Candidates
from clusterimport.controllers.shared.claims import NameClaims
from clusterimport.controllers.shared.contested import ContestedFields
from clusterimport.controllers.shared.events import EventRecorder
from clusterimport.controllers.shared.health import HealthBoard
from clusterimport.controllers.shared.newest import Newest
from clusterimport.controllers.shared.tally import Tally
from clusterimport.controllers.shared.turnstiles import Turnstiles
from clusterimport.limits.counted import LimitMetrics


@dataclass(frozen=True, slots=True)
class TermContext:
    """Everything that more than one reconciler reads or changes."""

    clock: Clock
    queues: Queues
    caches: Caches
    newest: Newest
    tracker: PolicyTracker
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
    health: HealthBoard
    events: EventRecorder
    metrics: ImportMetrics
    health_metrics: HealthMetrics
    limit_metrics: LimitMetrics

    def is_busy(self, policy: str) -> bool:
        """Whether a source has not been looked at since what its policy rests on changed."""
        return self.tally.is_busy(policy, self.tracker.revision(policy))
