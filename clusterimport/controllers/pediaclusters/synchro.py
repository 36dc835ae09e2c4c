"""What clustersynchro-manager says of clusters, where it looks after them."""

import re
from typing import Final

from clusterimport.controllers.pediaclusters.duty import Duties, Duty
from clusterimport.controllers.pediaclusters.health import (
    PENDING,
    UNWATCHED,
    Health,
    HealthState,
)
from clusterimport.informers import Lister
from clusterimport.model import meta
from clusterimport.model.conditions import conditions_of, find
from clusterimport.model.keys import ObjectKey

_REASON: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_BEGINNING: Final = frozenset({"WaitInit", "Pending"})
"""Its reasons for a cluster that it has not looked at yet."""


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
