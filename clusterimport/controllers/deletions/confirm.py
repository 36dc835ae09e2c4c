"""Is a deletion certain? Asked of the server, live, after a cache said that something is missing.

A cache can be behind, a list can be wrong, a CRD can be on its way out and take every object with
it. Each answer that is not a plain and complete yes is a doubt, and a doubt deletes nothing.
"""

from contextlib import suppress
from dataclasses import replace

from clusterimport.controllers.deletions.facts import Facts
from clusterimport.controllers.deletions.findings import (
    Finding,
    doubt,
    unwanted,
    wanted,
)
from clusterimport.controllers.inforce.state import ActivePolicy
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.shared.context import TermContext
from clusterimport.engine.errors import EvaluationError
from clusterimport.engine.ownership import (
    is_leftover,
    lifecycle_owners,
    owns,
    witnessed_source,
)
from clusterimport.kube import errors
from clusterimport.kube.decoding import open_object
from clusterimport.kube.resources import ListOptions, ResourceClient
from clusterimport.limits.objects import SOURCE_BOUNDS
from clusterimport.model import meta
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, GroupVersionResource
from clusterimport.model.lifecycle import LifecycleRecord, is_observed
from clusterimport.model.objects import UnusableObject

_OBSERVED_MESSAGE = (
    "its policy only observed when it was deleted, so its PediaCluster stays; delete the lifecycle "
    "to have both gone, or make the policy again"
)


class Confirmer:
    """Looks live at whatever decides over a lifecycle.

    That something is missing is half an answer: a ``Settler`` has to look at its type.
    """

    def __init__(self, context: TermContext, facts: Facts) -> None:
        self._context = context
        self._facts = facts

    async def confirm(
        self, obj: meta.Object, record: LifecycleRecord, *, since: float = 0.0
    ) -> Finding:
        """Judge one lifecycle; an error of the server is a doubt, never an exception.

        What more than its spec says of its source outranks that.

        Args:
            obj: the lifecycle.
            record: what it says of itself.
            since: when it seemed to be unwanted; of the policy only a later answer counts.

        """
        source = witnessed_source(obj, self._context.newest.pediacluster(record.name))
        if source is not None:
            record = replace(record, source=source)
        try:
            return await self._confirm(obj, record, since=since, is_witnessed=source is not None)
        except errors.GateClosed:
            raise
        except errors.KubeError as error:
            return doubt("LookFailed", f"{record.source} could not be looked at: {error}")

    async def confirm_ownerless(self, pediacluster: meta.Object) -> Finding:
        """Judge a PediaCluster whose lifecycle seems to be gone."""
        name = meta.name_of(pediacluster)
        owners = [owner for owner in lifecycle_owners(pediacluster) if owner.name == name]
        if not owners:
            return wanted("it has no lifecycle as its owner")
        try:
            return await self._confirm_lifecycle_gone(name, pediacluster)
        except errors.GateClosed:
            raise
        except errors.KubeError as error:
            return doubt("LookFailed", f"lifecycle {name} could not be looked at: {error}")

    async def _confirm_lifecycle_gone(self, name: str, pediacluster: meta.Object) -> Finding:
        try:
            live = await self._context.hub.client(LIFECYCLES).get(name)
        except errors.NotFound as error:
            if errors.is_type_missing(error) or error.details_name != name:
                return doubt("SourceTypeReinstalled", "the type of lifecycles is missing")
            return self._missing("LifecycleGone", LIFECYCLES)
        if not is_leftover(pediacluster, live):
            return wanted("its lifecycle exists")
        return self._missing("LifecycleGone", LIFECYCLES)

    def _missing(
        self,
        reason: str,
        gvr: GroupVersionResource,
        *,
        at: float | None = None,
        is_counted: bool = True,
    ) -> Finding:
        missed_at = self._context.clock.monotonic() if at is None else at
        return replace(unwanted(reason, is_counted=is_counted), missing=gvr, missed_at=missed_at)

    async def _confirm(
        self, obj: meta.Object, record: LifecycleRecord, *, since: float, is_witnessed: bool
    ) -> Finding:
        owner = record.policy
        if owner is None:
            return wanted("it is nobody's")
        state = self._context.tracker.get(owner.name)
        if state is None:
            return await self._confirm_policy_gone(obj, owner, since=since)
        # A policy that was made again takes over what the old one of its name had.
        active = state.governing
        if active is None:
            return doubt(
                state.blocker.reason if state.blocker else "InvalidPolicy",
                "the policy is not in force, so nothing is known about its sources",
            )
        if is_witnessed and not is_observed(obj):
            rightful = self._rightful_policy(record, owner.name)
            if rightful:
                self._context.queues.sources.add(SourceKey(rightful, record.source.key))
                return wanted(f"policy {rightful} makes it, and takes it back")
        if record.source.gvr.group_resource != active.source_type.group_resource:
            return await self._confirm_type_changed(record, active, since=since)
        return await self._confirm_source(obj, record, active)

    def _rightful_policy(self, record: LifecycleRecord, owner: str) -> str:
        """Return another policy that makes this lifecycle for its source; empty if there is none.

        Whoever may patch lifecycles can give one to a policy that does not want it.
        """
        for name in self._context.tracker.names():
            state = self._context.tracker.get(name)
            active = state.governing if state and name != owner else None
            with suppress(EvaluationError):
                if active is not None and active.makes(record.name, record.source):
                    return name
        return ""

    async def _confirm_policy_gone(
        self, obj: meta.Object, owner: meta.OwnerReference, *, since: float
    ) -> Finding:
        fact = await self._facts.of(POLICIES, owner.name, since=since)
        try:
            live = fact.get()
        except errors.NotFound as error:
            if errors.is_type_missing(error) or error.details_name != owner.name:
                return doubt("SourceTypeReinstalled", "the type of policies is missing")
            existing = self._context.newest.pediacluster(meta.name_of(obj))
            if is_observed(obj) and owns(obj, existing):
                return doubt("Observed", _OBSERVED_MESSAGE)
            return self._missing("PolicyGone", POLICIES, at=fact.answered_at, is_counted=False)
        if meta.uid_of(live) != owner.uid:
            return wanted("its policy was made again and renews it")
        return wanted("its policy exists")

    async def _confirm_type_changed(
        self, record: LifecycleRecord, active: ActivePolicy, *, since: float
    ) -> Finding:
        live = (await self._facts.of(POLICIES, active.record.name, since=since)).get()
        source = (live.get("spec") or {}).get("source") or {}
        said = (source.get("group", ""), source.get("resource", ""))
        if meta.uid_of(live) != active.record.uid or said == record.source.gvr.group_resource:
            return wanted("its policy selects this type")
        return unwanted("SourceTypeChanged")

    async def _confirm_source(
        self, obj: meta.Object, record: LifecycleRecord, active: ActivePolicy
    ) -> Finding:
        client = self._context.hub.client(active.source_type)
        key = record.source.key
        try:
            received = await client.read(key.name, namespace=key.namespace)
        except errors.NotFound as error:
            if errors.is_type_missing(error) or error.details_name != key.name:
                return doubt(
                    "SourceTypeReinstalled",
                    f"the server has no {active.source_type.group_resource} at the moment",
                )
            return self._missing("SourceGone", active.source_type)
        opened = open_object(received, SOURCE_BOUNDS)
        if isinstance(opened, UnusableObject):
            problem = opened.problem
            return doubt(
                problem.reason("Source"), f"{record.source} cannot be read: {problem.message}"
            )
        live = opened.compact
        unselected = unwanted("SourceNotSelected")
        if meta.is_deleting(live):
            # A selector may leave out what is being deleted, and that may go with its whole type.
            unselected = self._missing("SourceNotSelected", active.source_type)
        if not await self._is_selected_by_server(client, record, active):
            return unselected
        try:
            if not active.compiled.selects(live):
                return unselected
            name = active.compiled.lifecycle_name(live)
        except EvaluationError as error:
            return doubt(error.reason, error.message)
        if name == record.name:
            return wanted("its source exists and is selected")
        if owns(
            obj, self._context.newest.pediacluster(record.name)
        ) and not await self._is_replaced(record, name):
            return wanted(f"it stays until PediaCluster {name} stands")
        return unwanted("Renamed", is_counted=False)

    async def _is_replaced(self, record: LifecycleRecord, name: str) -> bool:
        """Whether the same source has its PediaCluster under a new name already, live."""
        try:
            live = await self._context.hub.client(PEDIACLUSTERS).get(name, metadata_only=True)
        except errors.NotFound:
            return False
        return self._context.newest.has_successor(record.source, name, live)

    async def _is_selected_by_server(
        self, client: ResourceClient, record: LifecycleRecord, active: ActivePolicy
    ) -> bool:
        """Ask the server for its own selectors: a client cannot evaluate field selectors."""
        source = active.record.source
        if not source.label_selector and not source.field_selector:
            return True
        key = record.source.key
        fields = [f"metadata.name={key.name}", source.field_selector]
        page = await client.list(
            ListOptions(
                namespace=key.namespace,
                label_selector=source.label_selector,
                field_selector=",".join(filter(None, fields)),
                metadata_only=True,
            )
        )
        return bool(page.items)
