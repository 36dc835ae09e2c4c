"""From events about lifecycles and PediaClusters to keys; each concerns as few as it can."""

from functools import partial

from clusterimport.controllers.inforce.caches import Caches, is_relevant
from clusterimport.controllers.queues import Queues, SourceKey, Sweep, Whole
from clusterimport.controllers.shared.duty import Duties
from clusterimport.controllers.shared.newest import Newest
from clusterimport.engine.ownership import witnessed_source
from clusterimport.informers import InformerStatus
from clusterimport.model import lifecycle, meta
from clusterimport.model.meta import ObjectKey
from clusterimport.workqueue import BACKLOG, FRESH


class LifecycleHandler:
    """Queues a lifecycle; one that is gone, or was edited, also by its source."""

    def __init__(self, queues: Queues, caches: Caches, newest: Newest) -> None:
        self._queues = queues
        self._caches = caches
        self._newest = newest

    def on_change(
        self, key: ObjectKey, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        """Take note of a lifecycle that appeared, changed or went."""
        written, name = self._newest.written_lifecycles, key.name
        if written.put_off(name, partial(self.on_change, key, old, new, initial=initial)):
            return
        ours = None
        if new is not None:
            # Also frees the memory of a status that the cache has now.
            ours = written.observed(name, new)
        else:
            written.observed_deletion(name, meta.uid_of(old or {}))
            self._newest.lost.discard(name)
        priority = _priority(initial, ours)
        if not is_relevant(old, new):
            if ours is None:
                # Somebody else has written its status; or we have, and the answer was lost.
                self._queues.lifecycles.add(name, priority=priority)
            return
        if _may_allow_otherwise(old, new):
            # Another credential may be used now, or may no more.
            self._queues.pediaclusters.add(name, priority=priority)
        if ours is not None:
            return
        self._queues.lifecycles.add(name, priority=priority)
        if old is not None:
            # All of them: an edit may have named another source, or another policy, or none.
            self._look_at_sources_of(old, new or old)

    def on_status(self, status: InformerStatus) -> None:
        """Take no note."""

    def _look_at_sources_of(self, *versions: meta.Object) -> None:
        """Queue whatever may have to put a lifecycle back as it was, or to let go of it."""
        pediacluster = self._newest.pediacluster(meta.name_of(versions[0]))
        sources = {
            source.key
            for obj in versions
            for source in (witnessed_source(obj, pediacluster), lifecycle.stored_source(obj))
            if source is not None
        }
        policies = {owner.name for owner in map(lifecycle.policy_of, versions) if owner is not None}
        for policy in sorted(policies):
            if self._caches.policies.get(ObjectKey("", policy)) is not None:
                # One that is gone would be asked for all its lifecycles with each that goes.
                self._queues.policies.add(policy)
            for key in sorted(sources):
                self._queues.sources.add(SourceKey(policy, key))


class PediaClusterHandler:
    """Queues a PediaCluster, the lifecycle of its name, and its shard where that has news."""

    def __init__(self, queues: Queues, newest: Newest, duties: Duties) -> None:
        self._queues = queues
        self._newest = newest
        self._duties = duties

    def on_change(
        self, key: ObjectKey, old: meta.Object | None, new: meta.Object | None, *, initial: bool
    ) -> None:
        """Take note of a PediaCluster that appeared, changed or went."""
        written, name = self._newest.written_pediaclusters, key.name
        if written.put_off(name, partial(self.on_change, key, old, new, initial=initial)):
            return
        ours = None
        if self._is_lost(old, new):
            self._newest.lost.add(name)
        if new is not None:
            ours = written.observed(name, new)
        else:
            written.observed_deletion(name, meta.uid_of(old or {}))
        if is_relevant(old, new):
            priority = _priority(initial, ours)
            self._queues.pediaclusters.add(name, priority=priority)
            if ours is None:
                # What the lifecycle reconciler has written itself is no news to it.
                self._queues.lifecycles.add(name, priority=priority)
        elif ours is None:
            # Somebody else has written its status.
            self._queues.pediaclusters.add(name)
        for shard in self._duties.changed_shards(old, new):
            # clustersynchro-manager may have come to it, or left it.
            self._queues.sweeps.add(Sweep(shard, Whole.SHARD))

    def on_status(self, status: InformerStatus) -> None:
        """Take no note."""

    def _is_lost(self, old: meta.Object | None, new: meta.Object | None) -> bool:
        is_gone = old is not None and (new is None or meta.uid_of(new) != meta.uid_of(old))
        # While nobody leads nothing is remembered: nobody would forget it.
        return is_gone and not self._queues.lifecycles.is_shutting_down


def _may_allow_otherwise(old: meta.Object | None, new: meta.Object | None) -> bool:
    """Whether the policy of a lifecycle, or what that allows a credential, may be another now."""
    if old is not None and new is not None and lifecycle.policy_of(old) != lifecycle.policy_of(new):
        return True
    said = [((obj or {}).get("spec") or {}).get("allowedCredentialFeatures") for obj in (old, new)]
    return (said[0] or None) != (said[1] or None)


def _priority(initial: bool, ours: int | None) -> int:
    """Return how urgent a change is: what a backlog had us write belongs to it still."""
    if ours is not None:
        return ours
    return BACKLOG if initial else FRESH
