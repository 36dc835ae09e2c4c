"""The objects of one informer, with indexes. One writer; many readers, by a view.

Writing is plain ``def``: no task can see an object without its index entries. What is stored is
never changed in place, so readers may keep what they got.

Reading costs no request and never waits. What comes back is what the server had a moment ago; it
belongs to everyone and must not be changed.
"""

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping

from clusterimport.model.meta import Object, ObjectKey
from clusterimport.model.multimap import Multimap

IndexFunction = Callable[[Object], Iterable[str]]
"""Gives the values under which an object is found; pure, cheap, never raises."""


class Store:
    """A dict of objects that keeps its indexes true."""

    def __init__(self) -> None:
        self._objects: dict[ObjectKey, Object] = {}
        self._functions: dict[str, IndexFunction] = {}
        # A key is in _indexes[name] under a value if and only if _functions[name] gives that value
        # for its object.
        self._indexes: dict[str, Multimap[str, ObjectKey]] = {}

    @property
    def objects(self) -> Mapping[ObjectKey, Object]:
        """The content, live; for reading only."""
        return self._objects

    def put(self, key: ObjectKey, obj: Object) -> Object | None:
        """Insert or replace an object; return the one that was there."""
        old = self._objects.get(key)
        if old is not None:
            self._unindex(key, old)
        self._objects[key] = obj
        for name in self._functions:
            self._index(name, key, obj)
        return old

    def pop(self, key: ObjectKey) -> Object | None:
        """Remove an object; return it."""
        old = self._objects.pop(key, None)
        if old is not None:
            self._unindex(key, old)
        return old

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Add an index over present and future content; the same one again is harmless.

        Raises ValueError if another function has the name.
        """
        known = self._functions.get(name)
        if known is not None:
            if known is not function:
                raise ValueError(f"index {name} exists with another function")
            return
        self._functions[name] = function
        self._indexes[name] = Multimap()
        for key, obj in self._objects.items():
            self._index(name, key, obj)

    def indexed(self, name: str, value: str) -> Iterator[ObjectKey]:
        """Iterate over the keys found under a value; raises KeyError for an unknown index."""
        return self._indexes[name].of(value)

    def count_indexed(self, name: str, value: str) -> int:
        """Return how many keys are found under a value; raises KeyError for an unknown index."""
        return self._indexes[name].count(value)

    def _index(self, name: str, key: ObjectKey, obj: Object) -> None:
        index = self._indexes[name]
        for value in self._functions[name](obj):
            index.add(value, key)

    def _unindex(self, key: ObjectKey, obj: Object) -> None:
        for name, function in self._functions.items():
            index = self._indexes[name]
            for value in function(obj):
                index.discard(value, key)


class Lister:
    """The read-only view of a store: lookups by key and by index."""

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
