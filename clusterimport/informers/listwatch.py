"""The seam to the API server: all that a reflector asks of it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from clusterimport.kube.resources import ListOptions, ListPage
from clusterimport.kube.watch import WatchEvent, WatchOptions


class ListerWatcher(Protocol):
    """Lists and watches one type; ``kube.resources.ResourceClient`` is one."""

    async def list(self, options: ListOptions) -> ListPage:
        """Read one page; raises the classes of ``kube.errors`` only."""

    def watch(
        self, options: WatchOptions
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchEvent]]:
        """Open a watch; entering and iterating raise the classes of ``kube.errors`` only."""
