"""What runs in every replica, over a server in memory and caches in a test's hands."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from clusterimport.aio import background
from clusterimport.controllers.inforce.schema import CRD_NAMES
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS
from clusterimport.model.meta import Object
from tests.fakes.controllers.importing import KEEPS_ALL, ImportRig, taken
from tests.fakes.controllers.terms import manager_of
from tests.fakes.informers.handinformers import HandInformers

CRD_PATH = CUSTOM_RESOURCE_DEFINITIONS.path(name=min(CRD_NAMES))


class ManagerRig(ImportRig):
    """A manager over a server that has our CRDs, with caches that have seen nothing."""

    def __init__(self, *, has_crds: bool = True) -> None:
        super().__init__()
        self.informers = HandInformers()
        if has_crds:
            for name in CRD_NAMES:
                self.install(name)
        self.subject = manager_of(self)
        self.caches = self.subject._caches

    def install(self, name: str, schema: Object | None = None) -> None:
        version = {"schema": {"openAPIV3Schema": schema or KEEPS_ALL}}
        versions = [version | {"name": served} for served in ("v1alpha1", "v1alpha2")]
        self.put(
            CUSTOM_RESOURCE_DEFINITIONS,
            {"metadata": {"name": name}, "spec": {"versions": versions}},
        )

    @asynccontextmanager
    async def running(self, **others: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        async with background(manager=self.subject.run(), **others):
            await asyncio.sleep(0.01)
            yield

    def verdict(self, name: str = "mcp") -> Any:
        return self.subject._tracker.get(name)

    def hear(self) -> None:
        """Hear as in a term: the queues fill, and nobody empties them."""
        for queue in self.subject.queues:
            queue.reopen()

    def heard(self) -> dict[str, list[Any]]:
        return taken(self.subject.queues)

    @property
    def revision(self) -> tuple[object, ...]:
        return self.subject._tracker.revision("mcp")

    @property
    def is_leading(self) -> bool:
        return not any(queue.is_shutting_down for queue in self.subject.queues)
