"""What an informer knows: applies lists and events to the store and tells the handlers.

All of it is synchronous. A replacement of the whole content is a generator that hands control
back between objects; additions and changes come first and deletions last, so that a reader never
misses an object that the new list holds.
"""

import asyncio
from collections.abc import Iterator

from clusterimport.informers.handlers import Handlers
from clusterimport.informers.keeping import Interests, Keeper, NamespaceShares, size_of
from clusterimport.informers.listing import Listing, same_version
from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.spec import InformerSpec
from clusterimport.informers.store import Lister, Store
from clusterimport.informers.transforms import Interner, Transform
from clusterimport.kube.watch import WatchEvent
from clusterimport.limits.counted import LimitMetrics
from clusterimport.model.meta import (
    Identity,
    Object,
    ObjectKey,
    is_older,
    resource_version_of,
    uid_of,
)

PARTIAL_METADATA_VERSION = "meta.k8s.io/v1"


class Cache:
    """Content of one informer; written by its reflector only."""

    def __init__(
        self,
        spec: InformerSpec,
        *,
        interests: Interests,
        handlers: Handlers,
        transform: Transform,
        interner: Interner,
        shares: NamespaceShares,
        limits: LimitMetrics,
        metrics: InformerMetrics,
    ) -> None:
        self._name = str(spec)
        self._api_versions = ("", spec.gvr.api_version, PARTIAL_METADATA_VERSION)
        self._handlers = handlers
        self._interner = interner
        self._shares = shares
        self._metrics = metrics
        self.room = asyncio.Event()
        """Set when objects that there was no room for are worth another look."""
        self._keeper = Keeper(
            spec,
            interests=interests,
            transform=transform,
            interner=interner,
            limits=limits,
            room_made=self.room.set,
        )
        self.store = Store()
        self.lister = Lister(self.store)
        self.seen_count = 0
        self._size_bytes = 0

    def begin(self) -> Listing:
        """Start a list; nothing changes before it is handed to ``replace``."""
        self.room.clear()
        return Listing(self.store.objects, self._keeper, self._shares.draft())

    def close(self) -> None:
        """Give the room back; nothing is applied any more."""
        for key, obj in self.store.objects.items():
            self._shares.add(key.namespace, -size_of(obj))

    def collect(self, listing: Listing, obj: Identity, event_type: str = "ADDED") -> None:
        """Add an item of a list, or an event before the end of the initial ones."""
        key = self._key(obj)
        if key is None:
            return
        if event_type == "DELETED":
            listing.drop(key)
        elif event_type in {"ADDED", "MODIFIED"}:
            listing.put(key, obj)
        else:
            self._metrics.event_ignored(self._name, "unknown")

    def replace(self, listing: Listing) -> Iterator[None]:
        """Make the content equal to a list; yields after every object.

        Only differences are told. Items of the list are ``initial``; a deletion found by a list
        is not, since it is news.
        """
        self.seen_count = listing.seen_count
        for key, new in listing.kept.items():
            old = self.store.objects.get(key)
            if old is not new:
                self._put(key, new)
                self._handlers.change(key, old, new, initial=True)
            yield
        gone = [key for key in self.store.objects if key not in listing.kept]
        for key in gone:
            old = self._pop(key)
            self._handlers.change(key, old, None, initial=False)
            yield
        self._count()

    def apply(self, event: WatchEvent) -> bool:
        """Apply one event of a watch; return False if it says nothing about this type."""
        key = self._key(event.object)
        if key is None:
            return False
        if event.type == "DELETED":
            self._delete(key, event.object)
        elif event.type in {"ADDED", "MODIFIED"}:
            self._upsert(key, event.object, added=event.type == "ADDED")
        else:
            self._metrics.event_ignored(self._name, "unknown")
            return False
        self._count()
        return True

    def _upsert(self, key: ObjectKey, obj: Identity, *, added: bool) -> None:
        old = self.store.objects.get(key)
        if old is None:
            self.seen_count += added
        elif same_version(old, obj):
            self._metrics.event_ignored(self._name, "duplicate")
            return
        elif _is_older_than(obj, old):
            self._metrics.event_ignored(self._name, "stale")
            return
        new = self._keeper.keep(obj, old, self._shares)
        if new is not None:
            self._put(key, new)
            self._handlers.change(key, old, new, initial=False)
        elif old is not None:
            self._pop(key)
            self._handlers.change(key, old, None, initial=False)

    def _delete(self, key: ObjectKey, obj: Identity) -> None:
        old = self.store.objects.get(key)
        if old is not None and uid_of(old) != uid_of(obj) and _is_older_than(obj, old):
            # The end of an earlier object of this name; the present one lives.
            self._metrics.event_ignored(self._name, "stale")
            return
        self.seen_count = max(self.seen_count - 1, len(self.store.objects) - (old is not None))
        if old is not None:
            self._pop(key)
            self._handlers.change(key, old, None, initial=False)

    def _put(self, key: ObjectKey, obj: Object) -> None:
        old = self.store.put(key, obj)
        self._add(key, size_of(obj) - size_of(old))

    def _pop(self, key: ObjectKey) -> Object | None:
        old = self.store.pop(key)
        self._add(key, -size_of(old))
        return old

    def _add(self, key: ObjectKey, more_bytes: int) -> None:
        self._size_bytes += more_bytes
        self._shares.add(key.namespace, more_bytes)

    def _key(self, obj: Identity) -> ObjectKey | None:
        # Tables, Status objects and objects of another group come from proxies and old servers.
        if obj.name and obj.api_version in self._api_versions:
            return ObjectKey(self._interner.text(obj.namespace), obj.name)
        self._metrics.event_ignored(self._name, "malformed")
        return None

    def _count(self) -> None:
        kept = len(self.store.objects)
        self._metrics.objects(self._name, kept, self.seen_count, self._size_bytes)
        self._handlers.counted(self.seen_count)


def _is_older_than(obj: Object, other: Object) -> bool:
    return is_older(resource_version_of(obj), resource_version_of(other))
