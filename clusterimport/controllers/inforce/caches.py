"""The shared caches of the three types that are ours, with the indexes the reconcilers need."""

from collections.abc import Iterable
from typing import Final

from clusterimport.informers import (
    EventHandler,
    InformerFactory,
    InformerSpec,
    InformerStatus,
    Lister,
)
from clusterimport.model import lifecycle, meta
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, GroupResource
from clusterimport.model.meta import ObjectKey
from clusterimport.model.pediacluster import Digest, redact, synchro_shards
from clusterimport.workqueue import BACKLOG, FRESH, RateLimitingQueue

BY_POLICY = "policy"
BY_SOURCE = "source"
BY_SYNCHRO = "synchro"


def source_index(policy: str, group_resource: GroupResource, key: ObjectKey) -> str:
    """Return where the index keeps the lifecycles that a policy has for one source."""
    return f"{policy}|{group_resource}|{key}"


class Caches:
    """Listers that are warm in every replica; PediaClusters hold digests, no credentials."""

    def __init__(self, informers: InformerFactory, digest: Digest) -> None:
        policies = informers.acquire(InformerSpec(POLICIES))
        lifecycles = informers.acquire(InformerSpec(LIFECYCLES))
        pediaclusters = informers.acquire(
            InformerSpec(PEDIACLUSTERS), transform=lambda obj: redact(obj, digest)
        )
        for name, function in LIFECYCLE_INDEXES.items():
            lifecycles.add_index(name, function)
        pediaclusters.add_index(BY_SYNCHRO, synchro_shards)
        self.policies: Lister = policies.store
        self.lifecycles: Lister = lifecycles.store
        self.pediaclusters: Lister = pediaclusters.store
        self._informers = (policies, lifecycles, pediaclusters)

    def follow(
        self, policies: EventHandler, lifecycles: EventHandler, pediaclusters: EventHandler
    ) -> None:
        """Have every change told."""
        for informer, handler in zip(
            self._informers, (policies, lifecycles, pediaclusters), strict=True
        ):
            informer.add_handler(handler)

    def missing(self) -> list[str]:
        """Name the types that were not completely listed yet."""
        return [
            str(informer.spec.gvr.group_resource)
            for informer in self._informers
            if not informer.has_synced.is_set
        ]

    def wake(self) -> None:
        """List at once what was not there at the last try, because its type may have come."""
        for informer in self._informers:
            if informer.status.type_missing:
                informer.relist()

    def lifecycles_of(self, policy: str) -> list[meta.Object]:
        """Return the lifecycles whose controller is a policy of this name."""
        return self.lifecycles.by_index(BY_POLICY, policy)

    def lifecycles_for(
        self, policy: str, group_resource: GroupResource, key: ObjectKey
    ) -> list[meta.Object]:
        """Return the lifecycles that a policy has for one source."""
        return self.lifecycles.by_index(BY_SOURCE, source_index(policy, group_resource, key))


def _policy_names(obj: meta.Object) -> Iterable[str]:
    owner = lifecycle.policy_of(obj)
    return (owner.name,) if owner else ()


def _source_names(obj: meta.Object) -> Iterable[str]:
    owner = lifecycle.policy_of(obj)
    # Of a lifecycle alone; the mark on its PediaCluster, which would tell too, changes by itself.
    source = lifecycle.told_source(obj) or lifecycle.stored_source(obj)
    if owner is None or source is None:
        return ()
    return (source_index(owner.name, source.gvr.group_resource, source.key),)


LIFECYCLE_INDEXES: Final = {BY_POLICY: _policy_names, BY_SOURCE: _source_names}
"""What lifecycles are found by."""


class PolicyHandler:
    """Has a policy judged anew when more than its status has changed, and else only told anew.

    ``judged`` and ``told`` are the queues of the tracker and of the policies' reconciler.
    """

    def __init__(self, judged: RateLimitingQueue[str], told: RateLimitingQueue[str]) -> None:
        self._judged = judged
        self._told = told

    def on_change(
        self, key: ObjectKey, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        """Take note of a policy that appeared, changed or went."""
        if _is_status_alone(old, new):
            # Mostly of our own writing. A look between a write and its event has compared with
            # the status of before, and may have found nothing to write: that is told now.
            self._told.add(key.name, priority=FRESH)
            return
        self._judged.add(key.name, priority=BACKLOG if initial else FRESH)

    def on_status(self, status: InformerStatus) -> None:
        """Take no note."""


def _is_status_alone(old: meta.Object | None, new: meta.Object | None) -> bool:
    """Whether only the status changed, which no judgement rests on."""
    if old is None or new is None or meta.uid_of(old) != meta.uid_of(new):
        return False
    return (
        meta.generation_of(old) == meta.generation_of(new)
        and meta.annotations_of(old) == meta.annotations_of(new)
        and meta.finalizers_of(old) == meta.finalizers_of(new)
        and meta.is_deleting(old) == meta.is_deleting(new)
        and old.get("status") != new.get("status")
    )


def is_relevant(old: meta.Object | None, new: meta.Object | None) -> bool:
    """Whether a change is more than one of status, which is written far more often than spec."""
    if old is None or new is None:
        return True
    if old.get("spec") != new.get("spec"):
        return True
    before, after = meta.metadata_of(old), meta.metadata_of(new)
    return any(before.get(name) != after.get(name) for name in _WATCHED_METADATA)


_WATCHED_METADATA = (
    "uid",
    "generation",
    "deletionTimestamp",
    "finalizers",
    "labels",
    "annotations",
    "ownerReferences",
)
