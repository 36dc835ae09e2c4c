"""Which of our own fields the server keeps: Clusterpedia's CRDs prune them.

Read from the served CRDs at the start and again whenever one of them changes, because a user may
apply ours over Clusterpedia's, or go back, on a live system.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from clusterimport.aio import Backoff
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.model import meta
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, GroupVersionResource
from clusterimport.model.policy import LIFECYCLE_EXTENSION_FIELDS

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ServedSchemas:
    """The schemas of the three types as the server has them; None where not known."""

    policy: meta.Object | None = None
    lifecycle: meta.Object | None = None

    def policy_keeps(self, field: str) -> bool:
        """Whether the server keeps a dotted field (``spec.mode``) of a policy."""
        return keeps(self.policy, field)

    def lifecycle_keeps(self, field: str) -> bool:
        """Whether the server keeps a dotted field of a lifecycle."""
        return keeps(self.lifecycle, field)

    def keeps_extension(self, field: str) -> bool:
        """Whether a policy and, where it acts through them, its lifecycles keep a field of ours."""
        path = f"spec.{schema_path(field)}"
        if field in LIFECYCLE_EXTENSION_FIELDS and not self.lifecycle_keeps(path):
            return False
        return self.policy_keeps(path)

    def kept_lifecycle_spec(self, fields: Iterable[str]) -> frozenset[str]:
        """Return those of the spec fields that a lifecycle keeps."""
        return frozenset(
            name for name in fields if self.lifecycle_keeps(f"spec.{schema_path(name)}")
        )


class SchemaReader:
    """Holds the newest ``ServedSchemas``; ``is_known`` once both CRDs were read."""

    def __init__(self, crds: ResourceClient) -> None:
        self._crds = crds
        self.current = ServedSchemas()
        self._poked = asyncio.Event()

    @property
    def is_known(self) -> bool:
        """Whether both schemas could be read."""
        return self.current.policy is not None and self.current.lifecycle is not None

    async def refresh(self) -> bool:
        """Read the CRDs again; return whether anything changed.

        Raises:
            KubeError: a CRD could not be read for another reason than its absence.

        """
        found = ServedSchemas(await self._read(POLICIES), await self._read(LIFECYCLES))
        if found == self.current:
            return False
        # Another object only where something is another: refusals are compared with it.
        self.current = found
        return True

    def poke(self) -> None:
        """Have the CRDs read again soon, because one of them has changed."""
        self._poked.set()

    async def follow(self, backoff: Backoff, changed: Callable[[], Awaitable[None]]) -> None:
        """Read the CRDs now and whenever it is asked for, until cancelled; tell what changed."""
        pause: float | None = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._poked.wait()
            self._poked.clear()
            try:
                is_news = await self.refresh()
            except errors.KubeError as error:
                log.warning("schemas not read", error=str(error))
                pause = backoff.next_seconds()
                continue
            backoff.reset()
            pause = None
            if is_news:
                log.info("schemas read", complete=self.is_known)
                await changed()

    async def _read(self, gvr: GroupVersionResource) -> meta.Object | None:
        try:
            crd = await self._crds.get(f"{gvr.resource}.{gvr.group}")
        except errors.NotFound:
            return None
        return schema_of(crd, gvr.version)


CRD_NAMES = frozenset(
    f"{gvr.resource}.{gvr.group}" for gvr in (POLICIES, LIFECYCLES, PEDIACLUSTERS)
)


def schema_path(field: str) -> str:
    """Turn ``references.allowedNamespaces`` into a path that enters the items of the list."""
    return field.replace("references.", "references[].", 1)


def schema_of(crd: meta.Object, version: str) -> meta.Object | None:
    """Return the OpenAPI schema of one version of a CRD."""
    for candidate in crd.get("spec", {}).get("versions") or ():
        if candidate.get("name") == version:
            schema: meta.Object | None = (candidate.get("schema") or {}).get("openAPIV3Schema")
            return schema
    return None


def keeps(schema: meta.Object | None, field: str) -> bool:
    """Whether a structural schema keeps a dotted field; ``[]`` in it enters a list's items."""
    node = schema
    for step in field.split("."):
        if node is None:
            return False
        if node.get("x-kubernetes-preserve-unknown-fields"):
            return True
        name, _, is_list = step.partition("[")
        node = (node.get("properties") or {}).get(name)
        if is_list and node is not None:
            node = node.get("items")
    return node is not None
