"""Informers that see what a test shows them, when it shows it: no task, no request, no time."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from clusterimport.aio import Latch
from clusterimport.errors import ClusterImportError
from clusterimport.informers import (
    EventHandler,
    InformerSpec,
    InformerStatus,
    Keep,
    Lister,
    Predicate,
    Registration,
    SharedInformer,
    Transform,
)
from clusterimport.informers.handlers import Handlers
from clusterimport.informers.metrics import NullInformerMetrics
from clusterimport.informers.store import IndexFunction, Store
from clusterimport.kube.decoding import open_object
from clusterimport.limits.objects import SOURCE_BOUNDS
from clusterimport.model.gvr import GroupResource, GroupVersionResource
from clusterimport.model.meta import Identity, Object, ObjectKey
from clusterimport.model.objects import JsonObject, UnusableObject
from development.apiserver.objectstore import ObjectStore
from tests.fakes.informers.seals import Seals
from tests.fakes.kube.received import key_of, received


class HandInformer:
    """Implements ``SharedInformer``.

    Public attributes hold what was asked of it; ``see`` and ``fail`` change what it shows.
    """

    def __init__(self, spec: InformerSpec, transform: Transform | None) -> None:
        self.spec = spec
        self.users = 0
        self.relists = 0
        self.interests: dict[str, Predicate] = {}
        self._transform = transform
        self._store = Store()
        self._seals = Seals(str(spec))
        self._told = Handlers(str(spec), NullInformerMetrics())
        self._latches: dict[str, Latch] = {}
        self._synced = Latch("synced")
        self._status = InformerStatus()
        self._seen = 0

    @property
    def store(self) -> Lister:
        return Lister(self._store)

    @property
    def has_synced(self) -> Latch:
        return self._synced

    @property
    def status(self) -> InformerStatus:
        return self._status

    @property
    def seen_count(self) -> int:
        return self._seen

    def add_handler(self, handler: EventHandler) -> Registration:
        self._told.add(handler, tuple(self._store.objects.items()), self._status)
        return Registration(self._synced, lambda: self._told.remove(handler))

    def add_count_listener(self, listener: Callable[[], None]) -> Registration:
        self._told.add_count_listener(listener)
        return Registration(self._synced, lambda: self._told.remove_count_listener(listener))

    def add_index(self, name: str, function: IndexFunction) -> None:
        self._store.add_index(name, function)

    def add_interest(self, name: str, predicate: Predicate) -> Registration:
        self.interests[name] = predicate
        self._latches[name] = Latch(name)
        self._synced = Latch("synced")
        self.tell(replace(self._status, synced=False))
        return Registration(self._latches[name], lambda: self.remove_interest(name))

    def remove_interest(self, name: str) -> None:
        self.interests.pop(name, None)
        self._latches.pop(name, None)

    def relist(self) -> None:
        self.relists += 1

    @property
    def has_handlers(self) -> bool:
        return bool(self._told._handlers)

    def see(self, objects: Iterable[Object], *, initial: bool = False) -> None:
        """Be shown everything that the server has: a complete view, told as changes."""
        found = list(objects)
        self._seen = len(found)
        kept = {
            key_of(obj): self._kept(obj)
            for obj in found
            if isinstance(obj, UnusableObject) or not self.interests or self._takers(obj)
        }
        for key in self._store.objects.keys() - kept.keys():
            self._seals.pop(key)
            self._told.change(key, self._store.pop(key), None, initial=initial)
        for key, obj in kept.items():
            known = self._store.objects.get(key)
            if known != obj or getattr(known, "takers", None) != getattr(obj, "takers", None):
                self._seals.put(key, obj)
                self._told.change(key, self._store.put(key, obj), obj, initial=initial)
        for latch in (self._synced, *self._latches.values()):
            latch.set()
        self.tell(InformerStatus(synced=True))
        self._told.counted(self._seen)

    def _kept(self, obj: Object) -> Object:
        if isinstance(obj, JsonObject) and self.interests:
            return JsonObject(obj, obj.json, self._takers(obj))
        return self._transform(dict(obj)) if self._transform else obj

    def _takers(self, obj: Object) -> frozenset[str]:
        answers = {name: takes(obj) for name, takes in self.interests.items()}
        return frozenset(
            name if answer else f"?{name}"
            for name, answer in answers.items()
            if answer is not False
        )

    def change(self, old: Object | None, new: Object | None, *, initial: bool) -> None:
        """Tell a change that the store does not show."""
        self._told.change(key_of(new or old or {}), old, new, initial=initial)

    def fail(
        self, error: ClusterImportError, *, type_missing: bool = False, since: float = 0.0
    ) -> None:
        """Be refused by the server, since that moment of the clock; what is there stays."""
        self.tell(InformerStatus(self._synced.is_set, error, since, type_missing))

    def tell(self, status: InformerStatus) -> None:
        """Have this status, and tell it if it is another."""
        before, self._status = self._status, status
        if status.differs_from(before):
            self._told.status(status)


class HandInformers:
    """Implements ``InformerFactory``; counts users as the real one does."""

    def __init__(self) -> None:
        self.in_use: dict[InformerSpec, HandInformer] = {}
        self.answers: list[str] = []
        """What live answers told, as words."""
        self._is_distrusted = False

    def distrust(self) -> None:
        self._is_distrusted = True

    @property
    def is_distrusted(self) -> bool:
        """Whether nothing was seen since it was said that nothing is to be trusted."""
        return self._is_distrusted

    def found(self, resource: GroupResource, key: ObjectKey, uid: str) -> None:
        self.answers.append(f"found {resource} {key} {uid}")

    def not_found(self, resource: GroupResource, key: ObjectKey) -> None:
        self.answers.append(f"not found {resource} {key}")

    def conflicted(self, resource: GroupResource, key: ObjectKey) -> None:
        self.answers.append(f"conflicted {resource} {key}")

    def acquire(self, spec: InformerSpec, *, transform: Transform | None = None) -> SharedInformer:
        informer = self.in_use.setdefault(spec, HandInformer(spec, transform))
        informer.users += 1
        return informer

    def release(self, informer: SharedInformer) -> None:
        mine = self.in_use[informer.spec]
        mine.users -= 1
        if not mine.users:
            del self.in_use[informer.spec]

    def statuses(self) -> dict[InformerSpec, InformerStatus]:
        return {spec: informer.status for spec, informer in self.in_use.items()}

    def of(self, gvr: GroupVersionResource) -> HandInformer:
        """Return the one informer of a type."""
        (found,) = [informer for spec, informer in self.in_use.items() if spec.gvr == gvr]
        return found

    def see(self, store: ObjectStore, *types: GroupVersionResource, initial: bool = False) -> None:
        """Show all informers, or those of some types, what the server has now."""
        self._is_distrusted = False
        for spec, informer in list(self.in_use.items()):
            if spec.gvr in store.types and (not types or spec.gvr in types):
                found = store.matching(
                    spec.gvr, spec.namespace, spec.label_selector, spec.field_selector
                )
                informer.see([_shape(obj, spec) for obj in found], initial=initial)

    def stale(self) -> tuple[str, ...]:
        return ()


def _shape(obj: dict[str, Any], spec: InformerSpec) -> Object:
    match spec.keep:
        case Keep.WHOLE:
            return obj
        case Keep.COMPACT | Keep.REFERENCED:
            opened = open_object(received(obj), SOURCE_BOUNDS)
            return opened if isinstance(opened, UnusableObject) else opened.compact
        case Keep.IDENTITY:
            kind = ("meta.k8s.io/v1", "PartialObjectMetadata")
            found = received(obj)
            return Identity(*kind, found.namespace, found.name, found.uid, found.resource_version)


def keys(informer: SharedInformer) -> list[ObjectKey]:
    """Return what an informer holds, sorted."""
    return sorted(informer.store.keys())
