"""The caches that one generation of a policy reads: its sources and its references.

Sources are kept as compact JSON, and only if the selector takes them; of references no more than
names and versions, in those namespaces alone that the policy can name, so that a Role there is
enough. Where the policy tells the labels of references, what has them is kept as compact JSON, too.
"""

from collections.abc import Mapping
from itertools import chain, count
from typing import NamedTuple

from clusterimport.controllers.inforce.caches import Caches
from clusterimport.controllers.inforce.references import ReferencedObject, ReferenceIndex
from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.queues import OWNERLESS_KEY, Queues, SourceKey, Sweep
from clusterimport.engine.policy import CompiledPolicy
from clusterimport.informers import (
    InformerFactory,
    InformerSpec,
    InformerStatus,
    Keep,
    Predicate,
    SharedInformer,
)
from clusterimport.kube import errors
from clusterimport.model.conditions import conditions_of, is_true
from clusterimport.model.gvr import GroupResource, GroupVersionResource
from clusterimport.model.labelselector import LabelSelector
from clusterimport.model.meta import Object, ObjectKey
from clusterimport.model.objects import JsonObject
from clusterimport.workqueue import BACKLOG, FRESH

_serial = count(1)


class SubscriptionSpec(NamedTuple):
    """What decides whether a new generation can go on with the caches of the one before."""

    source: InformerSpec
    selector: str
    references: tuple[tuple[str, tuple[InformerSpec, ...]], ...]
    """Key of each reference with its caches: one per namespace, or one for all."""


def reference_spec(
    gvr: GroupVersionResource, selector: LabelSelector | None, namespace: str = ""
) -> InformerSpec:
    """Return the cache of a type that is referred to; without a namespace that of all."""
    return InformerSpec(
        gvr,
        namespace=namespace,
        label_selector=str(selector or ""),
        keep=Keep.REFERENCED if selector else Keep.IDENTITY,
    )


class Subscription:
    """Holds informers in use from its creation until ``close``."""

    def __init__(
        self,
        policy: str,
        spec: SubscriptionSpec,
        predicate: Predicate,
        *,
        informers: InformerFactory,
        caches: Caches,
        queues: Queues,
        references: ReferenceIndex,
        latency: ImportLatency,
    ) -> None:
        self.spec = spec
        self._policy = policy
        self._informers = informers
        self._caches = caches
        self.compiled: CompiledPolicy | None = None
        """The templates of the newest generation; whoever sets others has all sources looked at."""
        self._is_complete = False
        self.revision = 0
        """How often something has changed that a look at all sources rests on."""
        self.sources: SharedInformer = informers.acquire(spec.source)
        # A name of its own, because the next generation registers before this one is closed.
        self._name = f"{policy}#{next(_serial)}"
        self._interest = self.sources.add_interest(self._name, predicate)
        self.references: Mapping[str, tuple[SharedInformer, ...]] = {
            key: tuple(informers.acquire(cache) for cache in caches)
            for key, caches in spec.references
        }
        self._registrations = [
            self.sources.add_handler(_SourceHandler(policy, self, queues, latency)),
            self.sources.add_count_listener(lambda: queues.policies.add(policy)),
            *(
                informer.add_handler(_ReferenceHandler(policy, self, informer, queues, references))
                for informer in dict.fromkeys(chain.from_iterable(self.references.values()))
            ),
        ]

    @property
    def is_complete(self) -> bool:
        """Whether all sources were listed since the selector is this one, and references with them.

        A type of references that cannot be listed holds nobody up longer than its first try. True
        only from the step on in which a look at all of them was asked for: a reconciler that comes
        before would take sources that nobody has queued yet for none at all.
        """
        return self._is_complete

    def listed(self) -> bool:
        """Take note of what the caches have; return whether this made the view complete.

        References are waited for because a look before them would find too little, and the whole
        of it would have to be done again: at a start that is most of the work there is.
        """
        if self._is_complete or not self._interest.has_synced.is_set:
            return False
        if not all(
            _was_tried(each.status) for each in chain.from_iterable(self.references.values())
        ):
            return False
        self._is_complete = True
        self.revision += 1
        return True

    def answer(self, source: Object) -> bool | None:
        """Return what the selector said of a source when the cache took it.

        None where it could not say, or was not asked.
        """
        takers = source.takers if isinstance(source, JsonObject) else None
        if takers is None or not self._is_complete or f"?{self._name}" in takers:
            return None
        return self._name in takers

    def is_news(self, old: Object | None, new: Object | None) -> bool:
        """Whether a look at a source might find anything else than at the version before it.

        Not where the selector says the same of both, and templates find the same in them: most of
        what platforms write to their objects is heartbeats.
        """
        if not isinstance(old, JsonObject) or not isinstance(new, JsonObject):
            return True
        if self.compiled is None or old.uid != new.uid:
            return True
        selected = self.answer(new)
        if selected is None or selected != self.answer(old):
            return True
        if not selected:
            return False
        if not self.compiled.inputs.is_same(old, new):
            return True
        return not self._is_imported(new) and not self.compiled.awaited.is_same(old, new)

    def _is_imported(self, source: JsonObject) -> bool:
        """Whether nothing waits for a creation condition any more, as far as statuses tell."""
        key = ObjectKey(source.namespace, source.name)
        found = self._caches.lifecycles_for(self._policy, self.spec.source.gvr.group_resource, key)
        return bool(found) and all(is_true(conditions_of(obj), "Created") for obj in found)

    def reference_cache(self, key: str, namespace: str) -> SharedInformer | None:
        """Return the cache that would hold a reference; None if that namespace is not watched."""
        for informer in self.references.get(key, ()):
            if informer.spec.namespace in {"", namespace}:
                return informer
        return None

    def wake(self) -> None:
        """List at once what was not there at the last try, because its type may have come."""
        for informer in (self.sources, *chain.from_iterable(self.references.values())):
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
        for informer in chain.from_iterable(self.references.values()):
            self._informers.release(informer)


class _SourceHandler:
    def __init__(
        self, policy: str, subscription: Subscription, queues: Queues, latency: ImportLatency
    ) -> None:
        self._policy = policy
        self._subscription = subscription
        self._queues = queues
        self._latency = latency

    def on_change(
        self, key: ObjectKey, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        if not self._subscription.is_news(old, new):
            return
        if initial and not self._subscription.is_complete:
            # Nothing can be decided yet, and then all of them are queued.
            return
        queue = self._queues.sources
        if not initial and not queue.is_shutting_down:
            self._latency.changed(self._policy, key)
        queue.add(SourceKey(self._policy, key), priority=BACKLOG if initial else FRESH)

    def on_status(self, status: InformerStatus) -> None:
        del status
        _look_anew(self._policy, self._subscription, self._queues)


class _ReferenceHandler:
    def __init__(
        self,
        policy: str,
        subscription: Subscription,
        informer: SharedInformer,
        queues: Queues,
        references: ReferenceIndex,
    ) -> None:
        self._policy = policy
        self._subscription = subscription
        self._type: GroupResource = informer.spec.gvr.group_resource
        self._queues = queues
        self._references = references
        self._was_usable = (False, False)

    def on_change(
        self, key: ObjectKey, old: Object | None, new: Object | None, *, initial: bool
    ) -> None:
        del old, new
        if initial and not self._subscription.is_complete:
            return
        for name in self._references.lifecycles_of(ReferencedObject(self._type, key)):
            self._queues.lifecycles.add(name, priority=BACKLOG if initial else FRESH)

    def on_status(self, status: InformerStatus) -> None:
        # Lifecycles that waited for this cache, or have to tell that it is refused, look again;
        # a server that is away for a moment concerns none of them. The policy tells of what lasts.
        usable = (status.synced, isinstance(status.error, errors.Forbidden))
        is_news, self._was_usable = usable != self._was_usable, usable
        if is_news and self._subscription.is_complete:
            self._subscription.revision += 1
        _look_anew(self._policy, self._subscription, self._queues)


def _look_anew(policy: str, subscription: Subscription, queues: Queues) -> None:
    if subscription.listed():
        # Now absence means absence, also of what nobody owns any more.
        queues.deletions.add(OWNERLESS_KEY)
    queues.sweeps.add(Sweep(policy))
    queues.policies.add(policy)


def _was_tried(status: InformerStatus) -> bool:
    return status.synced or status.type_missing or status.error is not None
