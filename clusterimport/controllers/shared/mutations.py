"""What was written and is not yet seen: a reconciler must not act on a view older than its own.

An informer shows a write some milliseconds after the server accepted it. A reconcile in between
would create again, or patch against an old version (KEP-5647 describes the class of faults). This
overlay answers with the newer of the cached object and the server's answer to our last write.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic

from clusterimport.aio import Clock
from clusterimport.controllers.result import K
from clusterimport.model import meta
from clusterimport.model.meta import at_least
from clusterimport.workqueue import current_priority

FORGET_AFTER_SECONDS = 60.0
"""After this the cache is believed again: the written object may have gone unseen."""
PUT_OFF = 4
"""What may wait for the answer to one write. Where others write as well, waiting tells nothing."""


@dataclass(frozen=True, slots=True)
class _Written:
    obj: meta.Object | None
    uid: str
    version: str
    at: float
    priority: int


class MutationCache(Generic[K]):
    """The newest known state of the objects of one type; owned by one leadership term.

    ``indexes`` are those of the cache by which it is asked for many at a time.
    """

    def __init__(
        self,
        clock: Clock,
        indexes: Mapping[str, Callable[[meta.Object], Iterable[str]]] | None = None,
    ) -> None:
        self._clock = clock
        self._indexes = indexes or {}
        self._written: dict[K, _Written] = {}
        # By index and value the keys of _written that have it, in order; no empty parts.
        self._indexed: dict[tuple[str, str], dict[K, None]] = {}
        # Of writes that are under way: what is to be told when they have ended.
        self._writing: dict[K, list[Callable[[], None]]] = {}

    @contextmanager
    def writing(self, key: K) -> Iterator[None]:
        """Write an object inside, and remember the answer there.

        The event of a write may overtake its answer, and often does where the loop is busy.
        """
        if key in self._writing:  # another task writes it as well: what comes is news to one
            yield
            return
        told = self._writing[key] = []
        try:
            yield
        finally:
            if self._writing.get(key) is told:
                self._catch_up(key)

    def put_off(self, key: K, tell: Callable[[], None]) -> bool:
        """Have ``tell`` called as soon as a write of this object has ended; False if none does.

        By then it is known whether what was seen is that write. It keeps its order.
        """
        told = self._writing.get(key)
        if told is None:
            return False
        if len(told) == PUT_OFF:
            self._catch_up(key)
            return False
        told.append(tell)
        return True

    def wrote(self, key: K, obj: meta.Object) -> None:
        """Remember the server's answer to a create, update or patch."""
        self._forget(key)
        self._written[key] = _Written(
            obj,
            meta.uid_of(obj),
            meta.resource_version_of(obj),
            self._clock.monotonic(),
            current_priority(),
        )
        for place in self._places(obj):
            self._indexed.setdefault(place, {})[key] = None

    def deleted(self, key: K, obj: meta.Object) -> None:
        """Remember that this object, and no later one of its name, was deleted."""
        self._forget(key)
        self._written[key] = _Written(
            None,
            meta.uid_of(obj),
            meta.resource_version_of(obj),
            self._clock.monotonic(),
            current_priority(),
        )

    def observed(self, key: K, cached: meta.Object) -> int | None:
        """Drop the memory of a write that the cache has caught up with.

        Returns the priority of the work that wrote where the cache shows that very write now, which
        tells nothing new; else None.
        """
        written = self._written.get(key)
        if written is None or not self._is_seen(written, cached):
            return None
        self._forget(key)
        is_that = (
            written.obj is not None
            and meta.uid_of(cached) == written.uid
            and meta.resource_version_of(cached) == written.version
        )
        return written.priority if is_that else None

    def observed_deletion(self, key: K, uid: str) -> None:
        """Drop the memory of an object whose end the cache has seen."""
        written = self._written.get(key)
        if written is not None and written.uid == uid:
            self._forget(key)

    def clear(self) -> None:
        """Forget all writes that have ended."""
        self._written.clear()
        self._indexed.clear()

    def keys_by_index(self, name: str, value: str) -> tuple[K, ...]:
        """Return the keys of what was written with this value in an index, and not seen since."""
        return tuple(self._indexed.get((name, value), ()))

    def __len__(self) -> int:
        """Return how many writes the cache has not shown yet."""
        return len(self._written)

    def newest(self, key: K, cached: meta.Object | None) -> meta.Object | None:
        """Return the newer of the cached object and what was written last."""
        written = self._written.get(key)
        if written is None:
            return cached
        if self._is_seen(written, cached):
            self._forget(key)
            return cached
        return written.obj

    def _catch_up(self, key: K) -> None:
        for tell in self._writing.pop(key):
            tell()

    def _forget(self, key: K) -> None:
        written = self._written.pop(key, None)
        for place in self._places(written.obj) if written and written.obj else ():
            keys = self._indexed.get(place, {})
            keys.pop(key, None)
            if not keys:
                self._indexed.pop(place, None)

    def _places(self, obj: meta.Object) -> list[tuple[str, str]]:
        return [(name, value) for name, index in self._indexes.items() for value in index(obj)]

    def _is_seen(self, written: _Written, cached: meta.Object | None) -> bool:
        if self._clock.monotonic() - written.at > FORGET_AFTER_SECONDS:
            return True
        if cached is None:
            return written.obj is None
        if written.obj is None and meta.uid_of(cached) == written.uid:
            return False
        return at_least(meta.resource_version_of(cached), written.version)
