"""Values by key, where most keys have one.

Of ten thousand clusters an index of sources has ten thousand values with one key each: a dict or a
set for each would be 200 bytes that say nothing.
"""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class _Many(dict[V, None]):
    """Several values, in the order in which they came."""

    __slots__ = ()


class Multimap(Generic[K, V]):
    """A dict of sets that keep their order; a set of one is just that value."""

    def __init__(self) -> None:
        self._values: dict[K, V | _Many[V]] = {}

    def add(self, key: K, value: V) -> None:
        """Add a value to those of a key; one that is there changes nothing."""
        found = self._values.setdefault(key, value)
        if isinstance(found, _Many):
            found[value] = None
        elif found != value:
            self._values[key] = _Many(dict.fromkeys((found, value)))

    def discard(self, key: K, value: V) -> None:
        """Remove a value, if it is there."""
        found = self._values.get(key)
        if isinstance(found, _Many):
            found.pop(value, None)
            if len(found) == 1:
                (self._values[key],) = found
        elif found == value:
            self._values.pop(key, None)

    def of(self, key: K) -> Iterator[V]:
        """Iterate over the values of a key; nothing for one that has none."""
        found = self._values.get(key)
        if isinstance(found, _Many):
            yield from found
        elif key in self._values:
            yield found  # type: ignore[misc]

    def count(self, key: K) -> int:
        """Return how many values a key has, in O(1)."""
        found = self._values.get(key)
        return len(found) if isinstance(found, _Many) else int(key in self._values)

    def __iter__(self) -> Iterator[K]:
        """Iterate over the keys that have a value."""
        return iter(self._values)

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()

    def __len__(self) -> int:
        """Return how many keys have a value."""
        return len(self._values)
