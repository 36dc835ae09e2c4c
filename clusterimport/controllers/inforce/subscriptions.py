"""The caches that one generation of a policy reads: its sources and its references.

Sources are kept as compact JSON, and only if the selector takes them; of references no more than
names and versions, in those namespaces alone that the policy can name, so that a Role there is
enough.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

from clusterimport.controllers.inforce.signals import Switchboard
from clusterimport.informers import InformerFactory, InformerSpec, InformerStatus, SharedInformer
from clusterimport.kube import errors
from clusterimport.model.gvr import GroupResource
from clusterimport.model.keys import ObjectKey
from clusterimport.model.meta import Object

_serial = itertools.count(1)


class SubscriptionSpec(NamedTuple):
    """What decides whether a new generation can go on with the caches of the one before."""

    source: InformerSpec
    selector: str
    references: tuple[tuple[str, tuple[InformerSpec, ...]], ...]
    """Key of each reference with its caches: one per namespace, or one for all."""


class Subscription:
    """Holds informers in use from its creation until ``close``."""

    def __init__(
        self,
        policy: str,
        spec: SubscriptionSpec,
        predicate: Callable[[Object], bool],
        *,
        informers: InformerFactory,
        switchboard: Switchboard,
    ) -> None:
        self.spec = spec
        self._informers = informers
        self._is_complete = False
        self.sources: SharedInformer = informers.acquire(spec.source)
        # A name of its own, because the next generation registers before this one is closed.
        self._interest = self.sources.add_interest(f"{policy}#{next(_serial)}", predicate)
        self.references: Mapping[str, tuple[SharedInformer, ...]] = {
            key: tuple(informers.acquire(cache) for cache in caches)
            for key, caches in spec.references
        }
        self._registrations = [
            self.sources.add_handler(_SourceHandler(policy, self, switchboard)),
            self.sources.add_count_listener(
                lambda: switchboard.policy_changed(policy, sources=False)
            ),
            *(
                informer.add_handler(_ReferenceHandler(policy, informer, switchboard))
                for informer in dict.fromkeys(itertools.chain(*self.references.values()))
            ),
        ]

    @property
    def is_complete(self) -> bool:
        """Whether all sources were listed since the selector is this one.

        Only from the step on in which the switchboard heard of it: a reconciler that comes before
        would take sources that nobody has queued yet for none at all.
        """
        return self._is_complete

    def listed(self) -> bool:
        """Take note that the cache is complete; return whether this made the view so."""
        if self._is_complete or not self._interest.has_synced.is_set:
            return False
        self._is_complete = True
        return True

    def reference_cache(self, key: str, namespace: str) -> SharedInformer | None:
        """Return the cache that would hold a reference; None if that namespace is not watched."""
        for informer in self.references.get(key, ()):
            if informer.spec.namespace in {"", namespace}:
                return informer
        return None

    def wake(self) -> None:
        """List at once what was not there at the last try, because its type may have come."""
        for informer in (self.sources, *itertools.chain(*self.references.values())):
            if informer.status.type_missing:
                informer.relist()

    def close(self) -> None:
        """Give the informers back; harmless the second time."""
        registrations, self._registrations = self._registrations, []
        if not registrations:
            return
        for registration in registrations:
            registration.remove()
        self._interest.remove()
        self._informers.release(self.sources)
        for informer in itertools.chain(*self.references.values()):
            self._informers.release(informer)


class _SourceHandler:
    def __init__(self, policy: str, subscription: Subscription, switchboard: Switchboard) -> None:
        self._policy = policy
        self._subscription = subscription
        self._switchboard = switchboard

    def on_change(
        self, key: ObjectKey, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        del old, new
        self._switchboard.source_changed(self._policy, key, initial=initial)

    def on_status(self, status: InformerStatus) -> None:
        if status.synced and self._subscription.listed():
            self._switchboard.view_completed(self._policy)
        self._switchboard.policy_changed(self._policy, sources=False)


class _ReferenceHandler:
    def __init__(self, policy: str, informer: SharedInformer, switchboard: Switchboard) -> None:
        self._policy = policy
        self._type: GroupResource = informer.spec.gvr.group_resource
        self._switchboard = switchboard
        self._was_usable = (False, False)

    def on_change(
        self, key: ObjectKey, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        del old, new
        self._switchboard.reference_changed(self._type, key, initial=initial)

    def on_status(self, status: InformerStatus) -> None:
        # Lifecycles that waited for this cache, or have to tell that it is refused, look again;
        # a server that is away for a moment concerns none of them. The policy tells of what lasts.
        usable = (status.synced, isinstance(status.error, errors.Forbidden))
        is_news, self._was_usable = usable != self._was_usable, usable
        self._switchboard.policy_changed(self._policy, sources=is_news)
