"""What was written and is not yet seen: a reconciler must not act on a view older than its own.

An informer shows a write some milliseconds after the server accepted it. A reconcile in between
would create again, or patch against an old version (KEP-5647 describes the class of faults). This
overlay answers with the newer of the cached object and the server's answer to our last write.
"""

from dataclasses import dataclass
from typing import Generic

from clusterimport.aio import Clock
from clusterimport.controllers.result import K
from clusterimport.model import meta

FORGET_AFTER_SECONDS = 60.0
"""After this the cache is believed again: the written object may have gone unseen."""


@dataclass(frozen=True, slots=True)
class _Written:
    obj: meta.Object | None
    uid: str
    version: str
    at: float


class WrittenObjects(Generic[K]):
    """The newest known state of the objects of one type; owned by one leadership term."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._written: dict[K, _Written] = {}

    def wrote(self, key: K, obj: meta.Object) -> None:
        """Remember the server's answer to a create, update or patch."""
        self._written[key] = _Written(
            obj, meta.uid_of(obj), meta.resource_version_of(obj), self._clock.monotonic()
        )

    def deleted(self, key: K, obj: meta.Object) -> None:
        """Remember that this object, and no later one of its name, was deleted."""
        self._written[key] = _Written(
            None, meta.uid_of(obj), meta.resource_version_of(obj), self._clock.monotonic()
        )

    def observed(self, key: K, cached: meta.Object) -> bool:
        """Drop the memory of a write that the cache has caught up with.

        Returns whether what the cache shows now is that very write, which tells nothing new.
        """
        written = self._written.get(key)
        if written is None or not self._is_seen(written, cached):
            return False
        del self._written[key]
        return (
            written.obj is not None
            and meta.uid_of(cached) == written.uid
            and meta.resource_version_of(cached) == written.version
        )

    def observed_deletion(self, key: K, uid: str) -> None:
        """Drop the memory of an object whose end the cache has seen."""
        written = self._written.get(key)
        if written is not None and written.uid == uid:
            del self._written[key]

    def __len__(self) -> int:
        """Return how many writes the cache has not shown yet."""
        return len(self._written)

    def newest(self, key: K, cached: meta.Object | None) -> meta.Object | None:
        """Return the newer of the cached object and what was written last."""
        written = self._written.get(key)
        if written is None:
            return cached
        if self._is_seen(written, cached):
            del self._written[key]
            return cached
        return written.obj

    def _is_seen(self, written: _Written, cached: meta.Object | None) -> bool:
        if self._clock.monotonic() - written.at > FORGET_AFTER_SECONDS:
            return True
        if cached is None:
            return written.obj is None
        if written.obj is None and meta.uid_of(cached) == written.uid:
            return False
        return at_least(meta.resource_version_of(cached), written.version)


def at_least(version: str, other: str) -> bool:
    """Whether ``version`` is not older, by KEP-5504's rule for versions of one type."""
    if version.isdecimal() and other.isdecimal():
        return int(version) >= int(other)
    return version == other
