"""Renamed sources: the old PediaCluster stays until that of the new name stands."""

from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.ownership import Ownership, ownership, source_of
from clusterimport.model import meta
from clusterimport.model.lifecycle import SourceReference, parse_lifecycle
from clusterimport.model.policy import FieldErrors


def has_successor(
    context: TermContext,
    source: SourceReference,
    name: str,
    pediacluster: meta.Object | None,
) -> bool:
    """Whether the lifecycle of another name has its PediaCluster for a source.

    ``pediacluster`` is the one of that name, as somebody has seen it.
    """
    successor = context.newest.lifecycle(name)
    if successor is None or pediacluster is None or meta.is_deleting(pediacluster):
        return False
    try:
        record = parse_lifecycle(successor)
    except FieldErrors:
        return False
    whose = source_of(successor, pediacluster)
    return (
        whose is not None
        and whose.is_same_object(source)
        and ownership(pediacluster, record, created_at="") is Ownership.OURS
    )
