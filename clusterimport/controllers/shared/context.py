"""What the reconcilers of one leadership term share; made anew for each, gone with the lease."""

from dataclasses import dataclass

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.caches import (
    BY_POLICY,
    BY_SOURCE,
    LIFECYCLE_INDEXES,
    Caches,
    source_index,
)
from clusterimport.controllers.inforce.schema import SchemaReader
from clusterimport.controllers.inforce.tracker import PolicyTracker
from clusterimport.controllers.metrics import HealthMetrics, ImportMetrics
from clusterimport.controllers.queues import Queues
from clusterimport.controllers.shared.candidates import Candidates
from clusterimport.controllers.shared.clients import Clients
from clusterimport.controllers.shared.events import EventRecorder
from clusterimport.controllers.shared.health import HealthBoard
from clusterimport.controllers.shared.latency import ImportLatency
from clusterimport.controllers.shared.mutations import MutationCache
from clusterimport.controllers.shared.tally import Tally
from clusterimport.limits.counted import LimitMetrics
from clusterimport.model import meta
from clusterimport.model.gvr import GroupResource
from clusterimport.model.keys import ObjectKey


@dataclass(frozen=True, slots=True)
class TermContext:
    """Everything that more than one reconciler reads or changes."""

    clock: Clock
    caches: Caches
    clients: Clients
    queues: Queues
    tracker: PolicyTracker
    schemas: SchemaReader
    tally: Tally
    candidates: Candidates
    events: EventRecorder
    metrics: ImportMetrics
    health_metrics: HealthMetrics
    limit_metrics: LimitMetrics
    latency: ImportLatency
    health: HealthBoard
    written_lifecycles: MutationCache[str]
    written_pediaclusters: MutationCache[str]

    def lifecycle(self, name: str) -> meta.Object | None:
        """Return the newest known lifecycle of a name."""
        return self.written_lifecycles.newest(name, self.caches.lifecycles.get(ObjectKey("", name)))

    def lifecycles_of(self, policy: str) -> list[meta.Object]:
        """Return the newest known lifecycles whose controller is a policy of this name."""
        return self._newest(self.caches.lifecycles_of(policy), BY_POLICY, policy)

    def lifecycles_for(
        self, policy: str, group_resource: GroupResource, key: ObjectKey
    ) -> list[meta.Object]:
        """Return the newest known lifecycles that a policy has for one source.

        What was made a moment ago is among them: its source may go before any cache shows it.
        """
        cached = self.caches.lifecycles_for(policy, group_resource, key)
        return self._newest(cached, BY_SOURCE, source_index(policy, group_resource, key))

    def _newest(self, cached: list[meta.Object], index: str, value: str) -> list[meta.Object]:
        if not len(self.written_lifecycles):
            return cached
        written = self.written_lifecycles.keys_by_index(index, value)
        names = dict.fromkeys((*map(meta.name_of, cached), *written))
        found = [obj for name in names if (obj := self.lifecycle(name)) is not None]
        return [obj for obj in found if value in LIFECYCLE_INDEXES[index](obj)]

    def pediacluster(self, name: str) -> meta.Object | None:
        """Return the newest known PediaCluster of a name, with digests for credentials."""
        return self.written_pediaclusters.newest(
            name, self.caches.pediaclusters.get(ObjectKey("", name))
        )
