"""What an informer knows: applies lists and events to the store and tells the handlers.

All of it is synchronous. A list in the making is what a complete view will hold, before anybody
sees it; it takes the items of pages or the initial events of a WatchList. An object that the store
has already, in the same version, is taken from the store, so that a relist does not double the
memory.

A replacement of the whole content is a generator that hands control back between objects; additions
and changes come first and deletions last, so that a reader never misses an object that the new list
holds.
"""

import asyncio
from collections.abc import Iterator, Mapping

from clusterimport.informers.handlers import Handlers
from clusterimport.informers.keeping import Interests, Keeper, NamespaceShares, size_of
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
from clusterimport.model.objects import JsonObject, UnusableObject

PARTIAL_METADATA_VERSION = "meta.k8s.io/v1"


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
