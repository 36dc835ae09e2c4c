"""A list in the making: what a complete view will hold, before anybody sees it.

It takes the items of pages or the initial events of a WatchList. An object that the store has
already, in the same version, is taken from the store, so that a relist does not double the memory.
"""

from collections.abc import Callable, Mapping

from clusterimport.model.keys import ObjectKey
from clusterimport.model.meta import Object, resource_version_of, uid_of


class Listing:
    """The temporary map of one list."""

    def __init__(
        self,
        known: Mapping[ObjectKey, Object],
        take: Callable[[Object], bool],
        transform: Callable[[Object], Object],
    ) -> None:
        self._known = known
        self._take = take
        self._transform = transform
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

    def put(self, key: ObjectKey, obj: Object) -> None:
        """Take an item, or a newer one of its key."""
        self._seen.add(key)
        if not self._take(obj):
            self._kept.pop(key, None)
            return
        known = self._known.get(key)
        if known is not None and same_version(known, obj):
            self._kept[key] = known
        else:
            self._kept[key] = self._transform(obj)

    def drop(self, key: ObjectKey) -> None:
        """Take note that an object went while the list was being made."""
        self._seen.discard(key)
        self._kept.pop(key, None)


def same_version(one: Object, other: Object) -> bool:
    """Whether two objects are the same state of the same object."""
    version = resource_version_of(one)
    return bool(version) and version == resource_version_of(other) and uid_of(one) == uid_of(other)
