"""TCP and TLS servers on the loopback interface that answer as a test tells them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class LoopbackServer:
    """A server and what happened to it."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.connections = 0
        """Accepted, and with TLS: shaken hands with."""
        self.requests: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []

    @property
    def paths(self) -> list[str]:
        return [request.split(b" ")[1].decode() for request in self.requests]

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._tasks.discard(task)
            writer.close()

    async def stop(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        for task in set(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def serving(
    handler: Handler, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[LoopbackServer]:
    """Run a server for as long as the block lasts."""
    loopback = LoopbackServer(handler)
    server = await asyncio.start_server(loopback.accept, host, 0, ssl=tls)
    loopback.port = server.sockets[0].getsockname()[1]
    try:
        yield loopback
    finally:
        server.close()
        await loopback.stop()


@asynccontextmanager
async def serving_http(
    replies: Mapping[str, bytes], *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[LoopbackServer]:
    """Answer GETs by path; a path without a reply closes the connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            server.requests.append(request)
            reply = replies.get(request.split(b" ")[1].decode())
            if reply is None:
                return
            writer.write(reply)
            await writer.drain()

    async with serving(handle, tls=tls, host=host) as server:
        yield server
