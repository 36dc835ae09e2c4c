"""The order of a deletion: the PediaCluster, then its lifecycle.

A crash between the two leaves a lifecycle without PediaCluster, which is looked at again; the
other order would leave a PediaCluster that nobody owns. We work with and without the garbage
collector, so nothing is left to it.
"""

import dataclasses
from contextlib import suppress

import structlog

from clusterimport.controllers.inforce.state import PolicyStates
from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.diff import mark_patch
from clusterimport.engine.ownership import lifecycle_owners, owns, source_of
from clusterimport.kube import errors
from clusterimport.model import lifecycle, meta
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from clusterimport.model.policy import DeletionPolicy, Mode

log = structlog.get_logger(__name__)


class Executor:
    """Deletes with uid and resourceVersion, so that nothing changed or newer can be hit."""

    def __init__(self, context: TermContext) -> None:
        self._context = context

    async def delete(self, obj: meta.Object) -> None:
        """Delete a lifecycle after its PediaCluster; raises Conflict if it has changed."""
        name = meta.name_of(obj)
        self._context.candidates.condemn(name)
        try:
            await self._delete(name, obj)
        finally:
            self._context.candidates.reprieve(name)
            # What was heard of it meanwhile was left for now.
            self._context.queues.lifecycles.add(name)

    async def _delete(self, name: str, obj: meta.Object) -> None:
        record = lifecycle.parse_lifecycle(obj)
        existing = await self._live(name)
        owned = owns(obj, existing)
        record = dataclasses.replace(record, source=source_of(obj, existing) or record.source)
        if owned and self._is_observed(obj, record):
            log.info("lifecycle kept", lifecycle=name, mode=Mode.OBSERVE)
            return
        if existing is not None and owned:
            if is_orphaned(obj, self._context.tracker):
                await self._orphan(existing, record)
            else:
                await self.delete_pediacluster(existing, owner=record.uid)
        answer: meta.Object = {}
        with suppress(errors.NotFound):
            answer = await self._context.hub.client(LIFECYCLES).delete(
                name, uid=meta.uid_of(obj), resource_version=meta.resource_version_of(obj)
            )
        self._context.metrics.written("pediaclusterlifecycles", "delete")
        if meta.is_deleting(answer):
            # Clusterpedia's finalizer holds it, and to take that off is left to do.
            self._context.newest.written_lifecycles.wrote(name, answer)
        else:
            self._context.newest.written_lifecycles.deleted(name, obj)
        log.info("lifecycle deleted", lifecycle=name)

    async def delete_pediacluster(self, obj: meta.Object, *, owner: str = "") -> None:
        """Delete a PediaCluster unless another than the owner (by uid) has it too."""
        name = meta.name_of(obj)
        mine = {
            reference
            for reference in lifecycle_owners(obj)
            if reference.uid == owner or (not owner and reference.name == name)
        }
        others = set(meta.owner_references_of(obj)) - mine
        if others:
            log.info("pediacluster kept", pediacluster=name, owners=len(others))
            return
        if meta.is_deleting(obj):
            return
        try:
            await self._context.hub.client(PEDIACLUSTERS).delete(
                name, uid=meta.uid_of(obj), resource_version=meta.resource_version_of(obj)
            )
        except errors.NotFound:
            return
        self._context.metrics.written("pediaclusters", "delete")
        log.info("pediacluster deleted", pediacluster=name)

    async def _live(self, name: str) -> meta.Object | None:
        """Read the PediaCluster as it is now: its status changes often, and its owners decide."""
        try:
            return await self._context.hub.client(PEDIACLUSTERS).get(name)
        except errors.NotFound:
            return None

    async def _orphan(self, obj: meta.Object, record: lifecycle.LifecycleRecord) -> None:
        """Take the owner off a PediaCluster: the garbage collector would take it along."""
        options = dataclasses.replace(record.options, deletion_policy=DeletionPolicy.ORPHAN)
        patch = mark_patch(obj, dataclasses.replace(record, options=options))
        if patch is not None:
            await self._context.hub.client(PEDIACLUSTERS).patch(record.name, patch)
            self._context.metrics.written("pediaclusters", "patch")
            log.info("pediacluster orphaned", pediacluster=record.name)

    def _is_observed(self, obj: meta.Object, record: lifecycle.LifecycleRecord) -> bool:
        state = self._context.tracker.get(record.policy.name) if record.policy else None
        if state is None:
            return lifecycle.is_observed(obj)
        active = state.active
        return active is not None and active.record.options.mode is Mode.OBSERVE


def is_orphaned(obj: meta.Object, tracker: PolicyStates) -> bool:
    """Whether the PediaCluster of a lifecycle stays when that goes.

    The policy counts too: a lifecycle whose source is gone, or cannot be judged, was not told.
    """
    owner = lifecycle.policy_of(obj)
    state = tracker.get(owner.name) if owner else None
    active = state.active if state else None
    said = (obj.get("spec") or {}).get("deletionPolicy")
    return said == DeletionPolicy.ORPHAN or (
        active is not None and active.record.options.deletion_policy is DeletionPolicy.ORPHAN
    )
