"""Our own types as they are known now: the caches, and over them what no cache shows yet."""

from clusterimport.aio import Clock
from clusterimport.controllers.inforce.caches import (
    BY_POLICY,
    BY_SOURCE,
    LIFECYCLE_INDEXES,
    Caches,
    source_index,
)
from clusterimport.controllers.shared.mutations import MutationCache
from clusterimport.engine.ownership import Ownership, ownership, source_of
from clusterimport.model import meta
from clusterimport.model.gvr import GroupResource
from clusterimport.model.lifecycle import SourceReference, parse_lifecycle
from clusterimport.model.meta import ObjectKey
from clusterimport.model.policy import FieldErrors


class Newest:
    """What was written is told here by the reconcilers, what was seen by the handlers."""

    def __init__(self, caches: Caches, clock: Clock) -> None:
        self._caches = caches
        self.written_lifecycles: MutationCache[str] = MutationCache(clock, LIFECYCLE_INDEXES)
        self.written_pediaclusters: MutationCache[str] = MutationCache(clock)
        self.lost: set[str] = set()
        """Lifecycles whose PediaCluster was seen to go: what has the name now is none of before."""

    def clear(self) -> None:
        """Forget what was written: a term begins, and others may have led meanwhile."""
        self.written_lifecycles.clear()
        self.written_pediaclusters.clear()
        self.lost.clear()

    def lifecycle(self, name: str) -> meta.Object | None:
        """Return the newest known lifecycle of a name."""
        cached = self._caches.lifecycles.get(ObjectKey("", name))
        return self.written_lifecycles.newest(name, cached)

    def lifecycles_of(self, policy: str) -> list[meta.Object]:
        """Return the newest known lifecycles whose controller is a policy of this name."""
        return self._newest(self._caches.lifecycles_of(policy), BY_POLICY, policy)

    def lifecycles_for(
        self, policy: str, group_resource: GroupResource, key: ObjectKey
    ) -> list[meta.Object]:
        """Return the newest known lifecycles that a policy has for one source.

        What was made a moment ago is among them: its source may go before any cache shows it.
        """
        cached = self._caches.lifecycles_for(policy, group_resource, key)
        return self._newest(cached, BY_SOURCE, source_index(policy, group_resource, key))

    def pediacluster(self, name: str) -> meta.Object | None:
        """Return the newest known PediaCluster of a name, with digests for credentials."""
        cached = self._caches.pediaclusters.get(ObjectKey("", name))
        return self.written_pediaclusters.newest(name, cached)

    def has_successor(
        self, source: SourceReference, name: str, pediacluster: meta.Object | None
    ) -> bool:
        """Whether the lifecycle of another name has its PediaCluster for a renamed source.

        ``pediacluster`` is the one of that name, as somebody has seen it; until then the old one
        stays.
        """
        successor = self.lifecycle(name)
        if successor is None or pediacluster is None or meta.is_deleting(pediacluster):
            return False
        try:
            record = parse_lifecycle(successor)
        except FieldErrors:
            return False
        whose = source_of(successor, pediacluster)
        return (
            whose is not None
            and whose.is_same_object(source)
            and ownership(pediacluster, record, created_at="") is Ownership.OURS
        )

    def _newest(self, cached: list[meta.Object], index: str, value: str) -> list[meta.Object]:
        if not len(self.written_lifecycles):
            return cached
        written = self.written_lifecycles.keys_by_index(index, value)
        names = dict.fromkeys((*map(meta.name_of, cached), *written))
        found = [obj for name in names if (obj := self.lifecycle(name)) is not None]
        return [obj for obj in found if value in LIFECYCLE_INDEXES[index](obj)]
