"""Whether what is missing is gone, or only its type on its way out, or reinstalled.

Deleting a CRD deletes its objects one by one, and a reinstalled one lists as complete and empty.
So an absence counts only if the type is the one of before, and only a look at the type *after* the
objects were missed tells anything: of many that were missed one after another, one look behind the
last.
"""

from clusterimport.controllers.deletions.facts import Facts
from clusterimport.controllers.deletions.findings import Finding, doubt
from clusterimport.controllers.shared.context import TermContext
from clusterimport.kube import errors
from clusterimport.model import lifecycle, meta
from clusterimport.model.gvr import (
    API_SERVICES,
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    GroupVersionResource,
    crd_name,
)


class Settler:
    """Looks live at the types of what is missing."""

    def __init__(self, context: TermContext, facts: Facts) -> None:
        self._context = context
        self._facts = facts

    async def settle(self, obj: meta.Object, finding: Finding, *, since: float) -> Finding:
        """Turn a finding that something is missing into one that is certain, or a doubt.

        ``since``: when the last of what is settled together was missed.
        """
        if finding.missing is None:
            return finding
        try:
            doubted = await self._doubt_type(finding.missing, obj, since=since)
        except errors.GateClosed:
            raise
        except errors.KubeError as error:
            name = f"CustomResourceDefinition {crd_name(finding.missing)}"
            return doubt("LookFailed", f"the {name} could not be looked at: {error}")
        return doubted or finding

    async def _doubt_type(
        self, gvr: GroupVersionResource, obj: meta.Object, *, since: float
    ) -> Finding | None:
        """Doubt an absence whose type is younger than what was seen of it, or on its way out.

        Deleting a CRD deletes its objects one by one, and a reinstalled one lists as complete and
        empty. Times have whole seconds, so an equal one is a doubt too.
        """
        name = crd_name(gvr)
        try:
            crd = (await self._facts.of(CUSTOM_RESOURCE_DEFINITIONS, name, since=since)).get()
        except errors.NotFound:
            if await self._is_built_in(gvr, since=since):
                return None
            return doubt("SourceTypeReinstalled", f"the CustomResourceDefinition {name} is gone")
        if meta.is_deleting(crd):
            return doubt(
                "SourceTypeReinstalled", f"the CustomResourceDefinition {name} is being deleted"
            )
        if meta.creation_timestamp_of(crd) < meta.creation_timestamp_of(obj):
            return None
        if gvr != LIFECYCLES and self._was_seen_under(obj, meta.uid_of(crd)):
            return None
        return doubt(
            "SourceTypeReinstalled",
            f"the CustomResourceDefinition {name} is not older than what was imported, so it may "
            "have been reinstalled, and its objects may come back",
            is_releasable=True,
        )

    def _was_seen_under(self, obj: meta.Object, uid: str) -> bool:
        field = f"status.{lifecycle.SOURCE_TYPE_UID}"
        keeps_status = self._context.schemas.current.lifecycle_keeps(field)
        return bool(uid) and lifecycle.seen_type(obj, keeps_status=keeps_status) == uid

    async def _is_built_in(self, gvr: GroupVersionResource, *, since: float) -> bool:
        """Whether the type is the server's own or an aggregated API's, and so has no CRD."""
        if not gvr.group:
            return True
        name = f"{gvr.version}.{gvr.group}"
        try:
            service = (await self._facts.of(API_SERVICES, name, since=since)).get()
        except errors.NotFound:
            return False
        managed = meta.labels_of(service).get("kube-aggregator.kubernetes.io/automanaged", "")
        # "onstart" is a built-in group, "true" one made of CRDs, absent a user's own server.
        return managed != "true" or bool((service.get("spec") or {}).get("service"))
