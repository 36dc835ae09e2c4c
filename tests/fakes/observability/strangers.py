"""A listener on a loopback port, and strangers who connect to it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from http import HTTPStatus
from typing import Any

from clusterimport.aio import background
from clusterimport.limits.listener import HTTP_BACKLOG, HTTP_LINGER_BYTES
from clusterimport.observability.listener import Listener
from clusterimport.observability.messages import HttpAnswer, HttpRequest
from tests.fakes.aio.jumpingclock import JumpingClock
from tests.fakes.limits.limitmetrics import CountingLimitMetrics

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: controller\r\n\r\n"
UNFINISHED = REQUEST[:-2]
LARGE = b"x" * 8_000_000
"""More than the kernel buffers of a connection whose sides let it."""
KUBELET = ("127.0.0.9", 0)


class Port:
    """A listener and those who connect to it."""

    def __init__(self, connections: int, clock: JumpingClock) -> None:
        self.clock = clock
        self.metrics = CountingLimitMetrics()
        self.requests: list[HttpRequest] = []
        self.body = b"ok"
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.listener = Listener(
            self.respond, clock=self.clock, metrics=self.metrics, connections=connections
        )
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=HTTP_BACKLOG)
        self.socket.setblocking(False)
        self.address = self.socket.getsockname()

    async def respond(self, request: HttpRequest) -> HttpAnswer:
        self.requests.append(request)
        await self.may_answer.wait()
        if request.path == "/bug":
            raise ArithmeticError("a bug")
        return HttpAnswer(HTTPStatus.OK, self.body)

    async def connect(self, data: bytes = b"", source: tuple[str, int] | None = None) -> "Client":
        """Connect and send; return once it has been accepted and read."""
        reader, writer = await asyncio.open_connection(*self.address, local_addr=source)
        writer.write(data)
        await self.until(lambda: writer.get_extra_info("sockname")[1] in self.ports())
        return Client(reader, writer)

    def ports(self) -> set[int]:
        return {each.socket.getpeername()[1] for each in self.listener._connections}

    async def until(self, fact: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not fact():  # noqa: ASYNC110 - the kernel has no event for it
                await asyncio.sleep(0.001)


class Client:
    """One connection of a stranger."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send_until_it_fails(self) -> None:
        with suppress(ConnectionError):
            while True:
                self.writer.write(b"x" * HTTP_LINGER_BYTES)
                await self.writer.drain()
        self.writer.close()

    async def rest(self) -> bytes:
        """Return what comes until the other side closes, in whatever way."""
        data = b""
        try:
            while piece := await self.reader.read(65536):
                data += piece
        except ConnectionError:
            data += b"[reset]"
        self.writer.close()
        return data


@asynccontextmanager
async def listening(connections: int = 8, clock: JumpingClock | None = None) -> AsyncIterator[Port]:
    """Run a listener; whatever the event loop complains of is an error."""
    port = Port(connections, clock or JumpingClock())
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    with closing(port.socket):
        async with background(listener=port.listener.run([port.socket])):
            yield port
    assert not complaints


async def ask(port: Port, data: bytes = REQUEST, source: tuple[str, int] | None = None) -> bytes:
    reader, writer = await asyncio.open_connection(*port.address, local_addr=source)
    writer.write(data)
    return await Client(reader, writer).rest()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])
