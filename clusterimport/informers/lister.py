"""The read-only view of an informer's store.

Reading costs no request and never waits. What comes back is what the server had a moment ago; it
belongs to everyone and must not be changed.
"""

import builtins

from clusterimport.informers.store import Store
from clusterimport.model.meta import Object, ObjectKey


class Lister:
    """Lookups by key and by index."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, key: ObjectKey) -> Object | None:
        """Return an object, or None if there is none, or no interest takes it."""
        return self._store.objects.get(key)

    def keys(self) -> builtins.list[ObjectKey]:
        """Return all keys."""
        return list(self._store.objects)

    def list(self) -> builtins.list[Object]:
        """Return all objects."""
        return list(self._store.objects.values())

    def items(self) -> builtins.list[tuple[ObjectKey, Object]]:
        """Return all keys with their objects."""
        return list(self._store.objects.items())

    def by_index(self, name: str, value: str) -> builtins.list[Object]:
        """Return the objects found under a value; raises KeyError for an unknown index."""
        objects = self._store.objects
        return [objects[key] for key in self._store.indexed(name, value)]

    def count_indexed(self, name: str, value: str) -> int:
        """Return how many objects are found under a value, in O(1); raises KeyError as above."""
        return self._store.count_indexed(name, value)

    def __contains__(self, key: object) -> bool:
        return key in self._store.objects

    def __len__(self) -> int:
        return len(self._store.objects)
