"""Who looks after a PediaCluster: we, or Clusterpedia's clustersynchro-manager.

Both write the same status, so only one may. It is recognised by its traces, per shard, since each
clustersynchro-manager takes the clusters of one ``spec.shardingName``.
"""

import re
from enum import Enum, StrEnum
from typing import Final

from clusterimport.controllers.inforce.caches import BY_SYNCHRO
from clusterimport.controllers.shared.health import PENDING, UNWATCHED, Health, HealthState
from clusterimport.informers import Lister
from clusterimport.model import lifecycle, meta
from clusterimport.model.conditions import conditions_of, find
from clusterimport.model.meta import ObjectKey
from clusterimport.model.pediacluster import shard_of, synchro_shards
from clusterimport.model.policy import Mode

_REASON: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_BEGINNING: Final = frozenset({"WaitInit", "Pending"})
"""Its reasons for a cluster that it has not looked at yet."""


class StatusMode(StrEnum):
    """Who writes the status of PediaClusters (``--pediacluster-status``)."""

    AUTO = "auto"
    """We do, while no clustersynchro-manager is at work on the shard."""
    OWN = "own"
    """We do, whoever else does."""
    NEVER = "never"
    """We never do."""


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


class Assumptions:
    """What may be said of a cluster before anybody has looked at it in this term."""

    def __init__(self, duties: Duties, pediaclusters: Lister, *, is_probing: bool) -> None:
        self._duties = duties
        self._pediaclusters = pediaclusters
        self._is_probing = is_probing

    def of(self, name: str) -> Health:
        """Return what stands in a status that others keep true, or what a probe will tell."""
        obj = self._pediaclusters.get(ObjectKey("", name))
        if obj is not None and self._duties.of(obj) is Duty.READ:
            return read_synchro(obj)
        return PENDING if self._is_probing else UNWATCHED


def read_synchro(obj: meta.Object) -> Health:
    """Return what clustersynchro-manager says in the status of a PediaCluster.

    Its messages are not repeated: they may quote an answer of the cluster, or what it was sent.
    """
    present = conditions_of(obj)
    ready = find(present, "Ready")
    if ready is None or find(present, "SynchroRunning") is None:
        # It always writes the latter; what else stands there is older, and perhaps ours.
        return PENDING
    name = meta.name_of(obj)
    where = f"clustersynchro-manager's verdict; see: kubectl describe pediacluster {name}"
    if ready.is_true:
        return Health(HealthState.HEALTHY, "Ready", where)
    for type_ in ("Validated", "ClusterHealthy", "SynchroRunning"):
        condition = find(present, type_)
        if condition is not None and condition.status == "False":
            if condition.reason in _BEGINNING:
                break
            is_word = _REASON.fullmatch(condition.reason) is not None
            return Health(HealthState.UNHEALTHY, condition.reason if is_word else "NotReady", where)
    return PENDING
