"""A list in the making: what a complete view will hold, before anybody sees it.

It takes the items of pages or the initial events of a WatchList. An object that the store has
already, in the same version, is taken from the store, so that a relist does not double the memory.
"""

from collections.abc import Mapping

from clusterimport.informers.keeping import Keeper, NamespaceShares, size_of
from clusterimport.model.meta import Identity, Object, ObjectKey, resource_version_of, uid_of
from clusterimport.model.objects import JsonObject, UnusableObject


class Listing:
    """The temporary map of one list."""

    def __init__(
        self, known: Mapping[ObjectKey, Object], keeper: Keeper, shares: NamespaceShares
    ) -> None:
        self._known = known
        self._keeper = keeper
        # What is kept of this list beyond what the store has.
        self._shares = shares
        self._kept: dict[ObjectKey, Object] = {}
        self._seen: set[ObjectKey] = set()

    @property
    def kept(self) -> Mapping[ObjectKey, Object]:
        """The objects that some interest takes, as they will be stored."""
        return self._kept

    @property
    def seen_count(self) -> int:
        """How many objects there are, also those that no interest takes."""
        return len(self._seen)

    def put(self, key: ObjectKey, obj: Identity) -> None:
        """Take an item, or a newer one of its key."""
        self._seen.add(key)
        known = self._known.get(key)
        before = self._kept.get(key, known)
        new = self._keeper.keep(obj, before, self._shares)
        if known is not None and new is not None and _is_no_news(known, obj, new):
            if isinstance(known, JsonObject) and isinstance(new, JsonObject):
                # The same object, and perhaps another interest in it.
                known.takers = new.takers
            new = known
        self._count(key, before, new)
        if new is None:
            self._kept.pop(key, None)
        else:
            self._kept[key] = new

    def drop(self, key: ObjectKey) -> None:
        """Take note that an object went while the list was being made."""
        self._seen.discard(key)
        self._count(key, self._kept.pop(key, None), None)

    def _count(self, key: ObjectKey, before: Object | None, new: Object | None) -> None:
        self._shares.add(key.namespace, size_of(new) - size_of(before))


def _is_no_news(known: Object, obj: Identity, new: Object) -> bool:
    """Whether what is stored can stay; what was refused before may be taken now."""
    if not same_version(known, obj):
        return False
    before = known.problem if isinstance(known, UnusableObject) else None
    return before == (new.problem if isinstance(new, UnusableObject) else None)


def same_version(one: Object, other: Object) -> bool:
    """Whether two objects are the same state of the same object."""
    version = resource_version_of(one)
    return bool(version) and version == resource_version_of(other) and uid_of(one) == uid_of(other)
