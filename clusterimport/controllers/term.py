"""What the reconcilers of one leadership term share; made anew for each, gone with the lease."""

from dataclasses import dataclass
from typing import NamedTuple

from clusterimport.aio import Clock
from clusterimport.controllers.caches import (
    BY_POLICY,
    BY_SOURCE,
    LIFECYCLE_INDEXES,
    Caches,
    source_index,
)
from clusterimport.controllers.clients import Clients
from clusterimport.controllers.deletions.candidates import Candidates, DeletionKey
from clusterimport.controllers.events import EventRecorder
from clusterimport.controllers.freshness import WrittenObjects
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.metrics import HealthMetrics, ImportMetrics
from clusterimport.controllers.pediaclusters.health import HealthBoard
from clusterimport.controllers.policies.tracker import PolicyTracker
from clusterimport.controllers.schema import SchemaReader
from clusterimport.controllers.tally import Tally
from clusterimport.limits.counted import LimitMetrics
from clusterimport.model import meta
from clusterimport.model.gvr import GroupResource
from clusterimport.model.keys import ObjectKey
from clusterimport.workqueue import RateLimitingQueue


class SourceKey(NamedTuple):
    """The unit of work of the source reconciler."""

    policy: str
    source: ObjectKey

    def __str__(self) -> str:
        return f"{self.policy}:{self.source}"


@dataclass(frozen=True, slots=True)
class Queues:
    """The work of a term, one queue per reconciler."""

    policies: RateLimitingQueue[str]
    sources: RateLimitingQueue[SourceKey]
    lifecycles: RateLimitingQueue[str]
    pediaclusters: RateLimitingQueue[str]
    deletions: RateLimitingQueue[DeletionKey]


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
    written_lifecycles: WrittenObjects[str]
    written_pediaclusters: WrittenObjects[str]

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
