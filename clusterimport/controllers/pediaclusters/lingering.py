"""PediaClusters that wait too long for clustersynchro-manager to let them go.

Its finalizer is never removed by us: what it has stored of the cluster would stay for ever.
"""

import datetime as dt
import json
from typing import Final

import structlog

from clusterimport.controllers.events import Regarding
from clusterimport.controllers.result import DONE, Result
from clusterimport.controllers.term import TermContext
from clusterimport.model import meta
from clusterimport.model.names import SYNCHRO_FINALIZER

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
        since = _deleting_since(obj)
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


def release_command(obj: meta.Object) -> str:
    """Return what a person may type to take clustersynchro-manager's finalizer off, and no other.

    Nothing in it needs more quoting than the quotes that are there.
    """
    others = [name for name in meta.finalizers_of(obj) if name != SYNCHRO_FINALIZER]
    patch = json.dumps({"metadata": {"finalizers": others or None}}, separators=(",", ":"))
    return f"kubectl patch pediacluster {meta.name_of(obj)} --type=merge -p '{patch}'"


def _deleting_since(obj: meta.Object) -> dt.datetime | None:
    text = str(meta.metadata_of(obj).get("deletionTimestamp") or "")
    try:
        since = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return since if since.tzinfo else None
