"""The shared view of one type: store, handlers, interests, and the reflector that feeds them."""

from collections.abc import Callable
from random import Random

from clusterimport.aio import Clock, Latch
from clusterimport.informers.cache import Cache
from clusterimport.informers.contradictions import Contradictions
from clusterimport.informers.errors import InformerCrashed
from clusterimport.informers.handlers import EventHandler, Handlers, Registration
from clusterimport.informers.keeping import Interests, NamespaceShares, Predicate
from clusterimport.informers.listwatch import ListerWatcher
from clusterimport.informers.metrics import InformerMetrics
from clusterimport.informers.options import InformerOptions
from clusterimport.informers.progress import Progress
from clusterimport.informers.reflector import Reflector
from clusterimport.informers.spec import InformerSpec, InformerStatus
from clusterimport.informers.store import IndexFunction, Lister
from clusterimport.informers.transforms import Interner, Slimmer, Transform, chain
from clusterimport.limits.counted import LimitMetrics
from clusterimport.model.meta import ObjectKey


class ServerInformer:
    """Implements ``SharedInformer``; made by the factory."""

    def __init__(
        self,
        spec: InformerSpec,
        lister_watcher: ListerWatcher,
        *,
        transform: Transform | None = None,
        interner: Interner,
        options: InformerOptions,
        clock: Clock,
        random: Random,
        metrics: InformerMetrics,
        shares: NamespaceShares,
        limits: LimitMetrics,
    ) -> None:
        name = str(spec)
        self.spec = spec
        self._interests = Interests(name, metrics)
        # The latch of each interest that stands; set by the first list that began after it.
        self._interest_latches: dict[str, Latch] = {}
        self._handlers = Handlers(name, metrics)
        self._progress = Progress(name, self._handlers, clock)
        self._cache = Cache(
            spec,
            interests=self._interests,
            handlers=self._handlers,
            transform=chain(Slimmer(interner), transform),
            interner=interner,
            shares=shares,
            limits=limits,
            metrics=metrics,
        )
        self._contradictions = Contradictions(
            name,
            self._cache.store.objects,
            lists_begun=lambda: self._progress.begun,
            lists_completed=lambda: self._progress.completed,
            relist=self._list_from_scratch,
            options=options,
            clock=clock,
            metrics=metrics,
        )
        self._reflector = Reflector(
            spec,
            lister_watcher,
            cache=self._cache,
            progress=self._progress,
            options=options,
            clock=clock,
            random=random,
            metrics=metrics,
        )

    @property
    def store(self) -> Lister:
        """The read-only view of the content."""
        return self._cache.lister

    @property
    def has_synced(self) -> Latch:
        """Set while the store is a complete view for all interests."""
        return self._progress.has_synced

    @property
    def status(self) -> InformerStatus:
        """How the informer is doing."""
        return self._progress.status

    @property
    def heard_at(self) -> float:
        """Monotonic time, in seconds, when the server last sent anything, bookmarks included."""
        return self._progress.heard_at

    @property
    def seen_count(self) -> int:
        """How many objects the server has, also those that no interest takes."""
        return self._cache.seen_count

    def add_handler(self, handler: EventHandler) -> Registration:
        """Tell a handler the present content as initial additions, then every change."""
        self._handlers.add(handler, tuple(self._cache.store.objects.items()), self.status)
        return Registration(self.has_synced, lambda: self._handlers.remove(handler))

    def add_count_listener(self, listener: Callable[[], None]) -> Registration:
        """Tell whenever ``seen_count`` is another; synchronous, never raises."""
        self._handlers.add_count_listener(listener)
        return Registration(self.has_synced, lambda: self._handlers.remove_count_listener(listener))

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Index present and future content; raises ValueError if the name is taken."""
        self._cache.store.add_index(name, function)

    def add_interest(self, name: str, predicate: Predicate) -> Registration:
        """Keep the objects that ``predicate`` takes, and list again to get them."""
        if self._interests.set(name, predicate):
            self._want_list(renew=True)
            latch = self._progress.latch_after(self._progress.begun)
            self._interest_latches[name] = latch
        return Registration(
            self._interest_latches[name], lambda: self._remove_interest(name, predicate)
        )

    def remove_interest(self, name: str) -> None:
        """Forget an interest; the last one gone, everything is kept again."""
        self._interest_latches.pop(name, None)
        if self._interests.remove(name):
            # What the others take is there; only if nobody is left, more has to come.
            self._want_list(renew=not self._interests)

    def relist(self) -> None:
        """List again now."""
        self._want_list(renew=False, wake=True)

    def distrust(self) -> None:
        """List from scratch, and be called complete only then: all that is known may be wrong."""
        self._progress.renew()
        self._list_from_scratch()

    def found(self, key: ObjectKey, uid: str) -> None:
        """Take note that a live answer has an object; lists anew where no event explains it."""
        is_bounded = self.spec.label_selector or self.spec.field_selector or len(self._interests)
        self._contradictions.found(key, uid, is_expected=not is_bounded)

    def not_found(self, key: ObjectKey) -> None:
        """Take note that a live answer lacks an object, as ``found``."""
        self._contradictions.not_found(key)

    def conflicted(self, key: ObjectKey) -> None:
        """Take note that the server has another state of an object than a write was for."""
        self._contradictions.doubt(key)

    async def run(self) -> None:
        """Follow the server until cancelled; only the factory calls this."""
        await self._reflector.run()

    def crashed(self, where: str) -> None:
        """Show that ``run`` has ended by a bug until the server is followed again."""
        self._progress.fail(InformerCrashed(f"crashed, which is a bug: {where}"))

    def close(self) -> None:
        """Give back what the content takes of shared bounds; only the factory calls this."""
        self._contradictions.close()
        self._cache.close()

    def _list_from_scratch(self) -> None:
        self._reflector.relist(wake=True, from_scratch=True)

    def _remove_interest(self, name: str, predicate: Predicate) -> None:
        if self._interests.get(name) is predicate:
            self.remove_interest(name)

    def _want_list(self, *, renew: bool, wake: bool = False) -> None:
        if renew:
            self._progress.renew()
        self._reflector.relist(wake=wake)
