"""The traces of Clusterpedia's clustersynchro-manager on a PediaCluster."""

import json
from collections.abc import Iterable

from clusterimport.model import meta
from clusterimport.model.conditions import conditions_of, find
from clusterimport.model.names import SYNCHRO_FINALIZER


def shard_of(obj: meta.Object) -> str:
    """Return the shard that a PediaCluster belongs to; the unnamed one is empty."""
    return str((obj.get("spec") or {}).get("shardingName") or "")


def synchro_shards(obj: meta.Object) -> Iterable[str]:
    """Return the shard of a PediaCluster that shows traces of clustersynchro-manager."""
    if SYNCHRO_FINALIZER in meta.finalizers_of(obj) or find(conditions_of(obj), "SynchroRunning"):
        return (shard_of(obj),)
    return ()


def release_command(obj: meta.Object) -> str:
    """Return what a person may type to take clustersynchro-manager's finalizer off, and no other.

    Nothing in it needs more quoting than the quotes that are there.
    """
    others = [name for name in meta.finalizers_of(obj) if name != SYNCHRO_FINALIZER]
    patch = json.dumps({"metadata": {"finalizers": others or None}}, separators=(",", ":"))
    return f"kubectl patch pediacluster {meta.name_of(obj)} --type=merge -p '{patch}'"
