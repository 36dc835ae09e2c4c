"""Whom the changes of an object concern that others refer to."""

from typing import NamedTuple

from clusterimport.model.gvr import GroupResource
from clusterimport.model.meta import ObjectKey
from clusterimport.model.multimap import Multimap


class ReferencedObject(NamedTuple):
    """An object as the index knows it: without version, which may change underneath."""

    group_resource: GroupResource
    key: ObjectKey


class ReferenceIndex:
    """Which lifecycles refer to which objects, by what their last look resolved."""

    def __init__(self) -> None:
        # Two views of the same pairs.
        self._lifecycles: Multimap[ReferencedObject, str] = Multimap()
        self._targets: Multimap[str, ReferencedObject] = Multimap()

    def lifecycles_of(self, target: ReferencedObject) -> frozenset[str]:
        """Return the lifecycles that a change of an object concerns."""
        return frozenset(self._lifecycles.of(target))

    def is_shared(self, target: ReferencedObject) -> bool:
        """Whether several lifecycles refer to an object."""
        return self._lifecycles.count(target) > 1

    def replace(self, lifecycle: str, targets: frozenset[ReferencedObject]) -> None:
        """Set all objects that a lifecycle refers to."""
        before = self._of(lifecycle)
        for gone in before - targets:
            self._lifecycles.discard(gone, lifecycle)
            self._targets.discard(lifecycle, gone)
        for new in targets - before:
            self._lifecycles.add(new, lifecycle)
            self._targets.add(lifecycle, new)

    def add(self, lifecycle: str, target: ReferencedObject) -> None:
        """Add an object before it is read, so that no change of it goes unheard meanwhile."""
        self.replace(lifecycle, self._of(lifecycle) | {target})

    def recall(self, lifecycle: str, targets: frozenset[ReferencedObject]) -> None:
        """Take over what an earlier term resolved; what a look of this one did stands."""
        if not self._targets.count(lifecycle):
            self.replace(lifecycle, targets)

    def clear(self) -> None:
        """Forget all: what others did meanwhile is not known."""
        self._lifecycles.clear()
        self._targets.clear()

    def forget(self, lifecycle: str) -> None:
        """Forget a lifecycle that is gone."""
        self.replace(lifecycle, frozenset())

    def _of(self, lifecycle: str) -> frozenset[ReferencedObject]:
        return frozenset(self._targets.of(lifecycle))
