"""A proxy that can keep requests under way, as a network does that is cut and comes back."""

import asyncio
import contextlib
from datetime import UTC, datetime

from aiohttp import web

from development.controlplane.controlplane import ControlPlane
from tests.harness.proxy import FaultProxy

READING = {"GET", "HEAD"}


class HoldingProxy(FaultProxy):
    """Passes everything on; between ``hold`` and ``release`` writes, or reads, stay inside it.

    They reach the server after the release even if their sender has given up meanwhile.
    """

    def __init__(self, control_plane: ControlPlane) -> None:
        super().__init__(control_plane)
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._part = ""
        self._reads = False
        self.held: list[tuple[str, datetime]] = []
        """Path of each request that was held, and when it came; only the proxy's thread appends."""

    def hold(self, part: str = "", *, reads: bool = False) -> None:
        """Keep every write, or every read, that comes from now on and has ``part`` in its path."""
        self._part, self._reads = part, reads
        self._loop.call_soon_threadsafe(self._is_open.clear)

    def release(self) -> None:
        """Let everything go on."""
        self._loop.call_soon_threadsafe(self._is_open.set)

    async def _forward(self, request: web.BaseRequest) -> web.StreamResponse:
        is_wanted = (request.method in READING) is self._reads and self._part in request.path
        if is_wanted and not self._is_open.is_set():
            # Read now, while the sender is there; aiohttp keeps it.
            await request.read()
            self.held.append((request.path, datetime.now(UTC)))
            await self._is_open.wait()
            with contextlib.suppress(ConnectionError):
                return await super()._forward(request)
            return web.Response(status=500)
        return await super()._forward(request)
