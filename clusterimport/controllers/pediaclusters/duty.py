"""Who looks after a PediaCluster: we, or Clusterpedia's clustersynchro-manager.

Both write the same status, so only one may. It is recognised by its traces, per shard, since each
clustersynchro-manager takes the clusters of one ``spec.shardingName``.
"""

from collections.abc import Iterable
from enum import Enum

from clusterimport.controllers.pediaclusters.options import StatusMode
from clusterimport.informers import Lister
from clusterimport.model import lifecycle, meta
from clusterimport.model.conditions import conditions_of, find
from clusterimport.model.keys import ObjectKey
from clusterimport.model.names import SYNCHRO_FINALIZER
from clusterimport.model.policy import Mode

BY_SYNCHRO = "synchro"


class Duty(Enum):
    """What is to be done about one PediaCluster."""

    PROBE_AND_WRITE = "probe and write"
    """Find out its health and tell it in its status."""
    PROBE = "probe"
    """Find it out, and leave its status alone."""
    READ = "read"
    """Read what clustersynchro-manager says, and leave its status alone."""


class Duties:
    """Decides from what the caches show; O(1)."""

    def __init__(self, mode: StatusMode, *, pediaclusters: Lister, lifecycles: Lister) -> None:
        self._mode = mode
        self._pediaclusters = pediaclusters
        self._lifecycles = lifecycles

    def of(self, obj: meta.Object) -> Duty:
        """Return what is to be done about a PediaCluster."""
        is_ours = self._mode is StatusMode.OWN
        if not is_ours and self._pediaclusters.count_indexed(BY_SYNCHRO, shard_of(obj)):
            return Duty.READ
        if self._mode is StatusMode.NEVER or self._is_observed(meta.name_of(obj)):
            return Duty.PROBE
        return Duty.PROBE_AND_WRITE

    def changed_shards(self, old: meta.Object | None, new: meta.Object | None) -> tuple[str, ...]:
        """Return the shards that somebody came to, or left, with a change that the cache shows.

        The first trace decides, and the last: of a thousand clusters that are taken over, one is
        news.
        """
        before = frozenset(synchro_shards(old) if old is not None else ())
        after = frozenset(synchro_shards(new) if new is not None else ())
        count = self._pediaclusters.count_indexed
        came = [shard for shard in after - before if count(BY_SYNCHRO, shard) == 1]
        left = [shard for shard in before - after if count(BY_SYNCHRO, shard) == 0]
        return (*came, *left)

    def _is_observed(self, name: str) -> bool:
        """Whether a policy only observes: it promises to write nothing of a PediaCluster."""
        obj = self._lifecycles.get(ObjectKey("", name))
        if obj is None:
            return False
        return (obj.get("spec") or {}).get("mode") == Mode.OBSERVE or lifecycle.is_observed(obj)


def shard_of(obj: meta.Object) -> str:
    """Return the shard that a PediaCluster belongs to; the unnamed one is empty."""
    return str((obj.get("spec") or {}).get("shardingName") or "")


def synchro_shards(obj: meta.Object) -> Iterable[str]:
    """Return the shard of a PediaCluster that shows traces of clustersynchro-manager."""
    if SYNCHRO_FINALIZER in meta.finalizers_of(obj) or find(conditions_of(obj), "SynchroRunning"):
        return (shard_of(obj),)
    return ()
