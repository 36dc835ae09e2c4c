"""A second API server on the same etcd, whose view of it can be made to stand still.

What it answers from its cache is then as old as that moment, and what has to be read from etcd has
no answer: as of a server on the wrong side of a partition.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from development.controlplane.controlplane import ControlPlane
from development.controlplane.identities import Access
from development.controlplane.ports import HOST, free_ports
from development.controlplane.readiness import wait_until_ready
from development.controlplane.rest import Connection

_READY_SECONDS = 90.0
_CHUNK_BYTES = 1 << 16


class Relay:
    """Passes bytes between a port of its own and another one, in a thread of its own."""

    def __init__(self, to: int) -> None:
        (self.port,) = free_ports(1)
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay")
        self._is_open = asyncio.Event()
        self._is_open.set()

    def freeze(self) -> None:
        """Keep everything back; connections stand."""
        self._loop.call_soon_threadsafe(self._is_open.clear)

    def thaw(self) -> None:
        """Let it go on, with what was kept back."""
        self._loop.call_soon_threadsafe(self._is_open.set)

    @contextmanager
    def running(self) -> Iterator["Relay"]:
        """Run for the block."""
        self._thread.start()
        starting = asyncio.start_server(self._serve, HOST, self.port)
        server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(server.close)
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._to)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, far_writer))
                group.create_task(self._pump(far_reader, writer))
        except (OSError, ExceptionGroup):
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while content := await reader.read(_CHUNK_BYTES):
                await self._is_open.wait()
                writer.write(content)
                await writer.drain()
        finally:
            writer.close()


@contextmanager
def second_server(control_plane: ControlPlane) -> Iterator[tuple[str, Relay]]:
    """Give the address of another API server, and the relay between it and etcd."""
    (port,) = free_ports(1)
    with Relay(control_plane.etcd_port).running() as relay:
        component = control_plane.apiserver_beside(port=port, etcd_port=relay.port)
        url = f"https://{HOST}:{port}"
        admin = control_plane.admin_access
        access = Access(url, admin.ca_pem, admin.certificate_pem, admin.key_pem)
        connection = Connection(access)
        try:
            control_plane.start_beside(component)
            wait_until_ready(
                component, lambda: connection.request("GET", "/readyz"), _READY_SECONDS
            )
            yield url, relay
        finally:
            connection.close()
            component.kill()
