"""Under which CRD a source was seen alive: what makes its lifecycle certain again.

A CRD that was reinstalled lists as complete and empty, so that of what was imported before it no
absence tells anything. Once a source was seen alive under the CRD of today its absence does, as
ever. The CRD's uid is kept in the lifecycle's status, so that a restart does not forget it; on
Clusterpedia's CRDs, which drop the field, in an annotation.
"""

from typing import NamedTuple

from clusterimport.controllers.shared.contested import ContestedFields
from clusterimport.controllers.shared.context import TermContext
from clusterimport.kube import errors
from clusterimport.model import lifecycle, meta
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    GroupVersionResource,
    crd_name,
)
from clusterimport.model.names import SOURCE_TYPE_ANNOTATION


class _Type(NamedTuple):
    uid: str
    created: str


class TypeWitness:
    """Looks live, where a lifecycle may be older than the CRD of its source."""

    def __init__(self, context: TermContext) -> None:
        self._context = context
        # By name, the CRD that was there when it was read last.
        self._types: dict[str, _Type] = {}
        self._contested: ContestedFields[str] = ContestedFields(context.clock)

    def forget(self, name: str) -> None:
        """Forget a lifecycle that is gone."""
        self._contested.forget(name)

    async def see(
        self, obj: meta.Object, source: lifecycle.SourceReference
    ) -> tuple[meta.Object, str]:
        """Look at a source that a cache has, if need be; return what ``tell`` is to say of it.

        That is the lifecycle as it is now, and the uid of the CRD under which the source was seen
        alive just now, empty where that is no news. Raises KubeError if that could not be written.
        """
        uid = await self._seen_under(obj, source)
        return (await self._annotate(obj, uid) if uid else obj), uid

    async def _seen_under(self, obj: meta.Object, source: lifecycle.SourceReference) -> str:
        """Return the uid; empty where the lifecycle needs none, has it, or the server fails."""
        uid = self._context.tracker.type_uid(source.gvr)
        if not uid or lifecycle.seen_type(obj, keeps_status=self._keeps_status) == uid:
            return ""
        try:
            # First the type, then the source: what is alive now is so under what was there before.
            found = await self._type(source.gvr, uid)
            if found.uid != uid or found.created < meta.creation_timestamp_of(obj):
                return ""
            client, key = self._context.hub.client(source.gvr), source.key
            await client.get(key.name, namespace=key.namespace, metadata_only=True)
        except errors.KubeError:
            return ""
        return uid

    async def _annotate(self, obj: meta.Object, uid: str) -> meta.Object:
        """Keep it where the status cannot."""
        if self._keeps_status:
            return obj
        name = meta.name_of(obj)
        patch = {
            "metadata": {
                "annotations": {SOURCE_TYPE_ANNOTATION: uid},
                "resourceVersion": meta.resource_version_of(obj),
            }
        }
        if self._contested.withheld(name, patch):
            # Somebody takes it off each time: without it a person decides, as before.
            return obj
        written = self._context.newest.written_lifecycles
        with written.writing(name):
            updated = await self._context.hub.client(LIFECYCLES).patch(name, patch)
            written.wrote(name, updated)
        self._contested.wrote(name, patch)
        self._context.metrics.written("pediaclusterlifecycles", "patch")
        return updated

    @property
    def _keeps_status(self) -> bool:
        return self._context.schemas.current.lifecycle_keeps(f"status.{lifecycle.SOURCE_TYPE_UID}")

    async def _type(self, gvr: GroupVersionResource, uid: str) -> _Type:
        name = crd_name(gvr)
        known = self._types.get(name)
        if known is None or known.uid != uid:
            client = self._context.hub.client(CUSTOM_RESOURCE_DEFINITIONS)
            crd = await client.get(name, metadata_only=True)
            known = self._types[name] = _Type(meta.uid_of(crd), meta.creation_timestamp_of(crd))
        return known
