"""What the rest of the program may know of informers."""

from collections.abc import Callable, Mapping
from typing import Protocol

from clusterimport.aio import Latch
from clusterimport.informers.handlers import EventHandler, Registration
from clusterimport.informers.keeping import Predicate
from clusterimport.informers.spec import InformerSpec, InformerStatus
from clusterimport.informers.store import IndexFunction, Lister
from clusterimport.informers.transforms import Transform
from clusterimport.model.gvr import GroupResource
from clusterimport.model.meta import ObjectKey


class SharedInformer(Protocol):
    """A view of one type that everyone shares who acquired the same spec.

    What is promised: handlers see every object's changes in the server's order, each in the same
    step as the store; a reader of the store after ``has_synced`` sees a complete view that was true
    at one moment and follows the server from there. What is not: that the view is current now, or
    that two informers are at the same moment.
    """

    @property
    def spec(self) -> InformerSpec:
        """What it shows."""

    @property
    def store(self) -> Lister:
        """The read-only view of the content."""

    @property
    def has_synced(self) -> Latch:
        """Set while the store is a complete view for all interests.

        A change of interests renews it: ask for it again, do not keep it.
        """

    @property
    def status(self) -> InformerStatus:
        """How the informer is doing."""

    @property
    def seen_count(self) -> int:
        """How many objects the server has, also those that no interest takes."""

    def add_handler(self, handler: EventHandler) -> Registration:
        """Tell a handler the present content as initial additions, then every change."""

    def add_count_listener(self, listener: Callable[[], None]) -> Registration:
        """Tell whenever ``seen_count`` is another; synchronous, never raises."""

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Index present and future content; raises ValueError if the name is taken."""

    def add_interest(self, name: str, predicate: Predicate) -> Registration:
        """Keep the objects that ``predicate`` takes, and list again to get them.

        The same predicate under the same name again changes nothing. Objects that no interest
        takes any more go with the coming list, as ``on_change(key, old, None)``.
        """

    def remove_interest(self, name: str) -> None:
        """Forget an interest; the last one gone, everything is kept again."""

    def relist(self) -> None:
        """List again now."""


class InformerFactory(Protocol):
    """The owner of all informers of one API server; one per type, selectors and transform.

    Use is counted. The first ``acquire`` starts an informer, the last ``release`` stops it and
    frees what it held.
    """

    def acquire(self, spec: InformerSpec, *, transform: Transform | None = None) -> SharedInformer:
        """Return the informer of a spec; release it after use.

        ``transform`` makes of an object what is stored, after the common slimming. It is part of
        the identity: pass a module's function and not a new lambda.
        """

    def release(self, informer: SharedInformer) -> None:
        """End one use; raises NotAcquiredError for an informer that has no user."""

    def distrust(self) -> None:
        """Have all informers list from scratch: the server's history is another one than theirs."""

    @property
    def is_distrusted(self) -> bool:
        """Whether one of them has not listed since, and may still do so soon."""

    def found(self, resource: GroupResource, key: ObjectKey, uid: str) -> None:
        """Tell the informers of a type that a live answer has an object."""

    def not_found(self, resource: GroupResource, key: ObjectKey) -> None:
        """Tell the informers of a type that a live answer lacks an object."""

    def conflicted(self, resource: GroupResource, key: ObjectKey) -> None:
        """Tell the informers of a type that a write was for another state than the server has."""

    def statuses(self) -> Mapping[InformerSpec, InformerStatus]:
        """Return how every informer in use is doing."""

    def stale(self) -> tuple[str, ...]:
        """Tell which informers may not have what the server has, since when, and why."""
