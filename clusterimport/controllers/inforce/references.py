"""Whom the changes of an object concern that others refer to."""

from typing import NamedTuple

from clusterimport.model.gvr import GroupResource
from clusterimport.model.meta import ObjectKey


class ReferencedObject(NamedTuple):
    """An object as the index knows it: without version, which may change underneath."""

    group_resource: GroupResource
    key: ObjectKey


class ReferenceIndex:
    """Which lifecycles refer to which objects, by what their last look resolved."""

    def __init__(self) -> None:
        # Two views of the same pairs.
        self._lifecycles: dict[ReferencedObject, set[str]] = {}
        self._targets: dict[str, frozenset[ReferencedObject]] = {}

    def lifecycles_of(self, target: ReferencedObject) -> frozenset[str]:
        """Return the lifecycles that a change of an object concerns."""
        return frozenset(self._lifecycles.get(target, ()))

    def is_shared(self, target: ReferencedObject) -> bool:
        """Whether several lifecycles refer to an object."""
        return len(self._lifecycles.get(target, ())) > 1

    def replace(self, lifecycle: str, targets: frozenset[ReferencedObject]) -> None:
        """Set all objects that a lifecycle refers to."""
        before = self._targets.get(lifecycle, frozenset())
        for gone in before - targets:
            users = self._lifecycles[gone]
            users.discard(lifecycle)
            if not users:
                del self._lifecycles[gone]
        for new in targets - before:
            self._lifecycles.setdefault(new, set()).add(lifecycle)
        if targets:
            self._targets[lifecycle] = targets
        else:
            self._targets.pop(lifecycle, None)

    def add(self, lifecycle: str, target: ReferencedObject) -> None:
        """Add an object before it is read, so that no change of it goes unheard meanwhile."""
        self.replace(lifecycle, self._targets.get(lifecycle, frozenset()) | {target})

    def recall(self, lifecycle: str, targets: frozenset[ReferencedObject]) -> None:
        """Take over what an earlier term resolved; what a look of this one did stands."""
        if lifecycle not in self._targets:
            self.replace(lifecycle, targets)

    def clear(self) -> None:
        """Forget all: what others did meanwhile is not known."""
        self._lifecycles.clear()
        self._targets.clear()

    def forget(self, lifecycle: str) -> None:
        """Forget a lifecycle that is gone."""
        self.replace(lifecycle, frozenset())
