"""PediaClusters that wait too long for clustersynchro-manager to let them go.

Its finalizer is never removed by us: what it has stored of the cluster would stay for ever.
"""

from typing import Final

import structlog

from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.shared.context import TermContext
from clusterimport.controllers.shared.events import Regarding
from clusterimport.model import meta
from clusterimport.model.names import SYNCHRO_FINALIZER
from clusterimport.model.pediacluster import release_command
from clusterimport.model.times import parse_time

log = structlog.get_logger(__name__)

LINGERING_SECONDS: Final = 300.0
"""How long clustersynchro-manager may take before a person is told."""


class LingeringClusters:
    """Names each of them once a term, with the command that frees it."""

    def __init__(self, context: TermContext) -> None:
        self._context = context
        # The uid of each that was named, by name.
        self._named: dict[str, str] = {}

    def forget(self, name: str) -> None:
        """Forget a PediaCluster that is gone."""
        self._named.pop(name, None)

    def look(self, obj: meta.Object) -> Result:
        """Look at a PediaCluster that is being deleted."""
        name, uid = meta.name_of(obj), meta.uid_of(obj)
        since = parse_time(meta.metadata_of(obj).get("deletionTimestamp"))
        if since is None or SYNCHRO_FINALIZER not in meta.finalizers_of(obj):
            return DONE
        if self._named.get(name) == uid:
            return DONE
        left = LINGERING_SECONDS - (self._context.clock.now() - since).total_seconds()
        if left > 0:
            return Result(left)
        self._named[name] = uid
        command = release_command(obj)
        log.warning(
            "pediacluster lingers", pediacluster=name, waits_for=SYNCHRO_FINALIZER, command=command
        )
        note = (
            f"PediaCluster {name} is being deleted since {since:%Y-%m-%dT%H:%M:%SZ} and waits for "
            f"clustersynchro-manager to remove {SYNCHRO_FINALIZER}. If that is not running any "
            f"more, free it: {command}"
        )
        self._context.events.warning(Regarding.of(obj), "PediaClusterTerminating", "Delete", note)
        return DONE
