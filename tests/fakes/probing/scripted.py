"""An API server for probes without a network: connections follow a script, one per connection."""
# ruff: noqa: ASYNC109  the signatures are httpcore's

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence

from clusterimport.model.connection import Connection
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.connections import UNBOUNDED, KeptConnections
from clusterimport.probing.tlscontexts import Trust
from clusterimport.probing.wire import Stream

HANGS = b"<hangs>"
"""An answer that never comes."""

VERSION = b'{"major": "1", "gitVersion": "v1.34.2+k3s1", "platform": "linux/amd64"}'


def http(body: bytes = b"ok", status: str = "200 OK", *headers: str) -> bytes:
    """Return an answer as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


Reply = bytes | tuple[bytes, ...] | Exception
"""An answer, which comes in some pieces or in these; ``b""`` closes; an exception is raised."""

Script = Mapping[str, Reply]
"""Replies by path; others get 404."""

HEALTHY: Script = {"/readyz": http(), "/version": http(VERSION)}


class ScriptedStream(Stream):
    """One connection."""

    def __init__(self, script: Script, server: "ScriptedServer") -> None:
        self._script = script
        self._server = server
        self._pending: list[bytes] = []
        self.is_closed = False
        self.has_gone_quietly = False
        """The peer has closed since the last answer, and nobody can see it yet."""
        self.is_noisy = False

    def expect_answer(self) -> None:
        self.has_received = False

    def is_quiet(self) -> bool:
        return not self.is_noisy

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "ScriptedStream":
        self._server.names.append(server_hostname)
        await self._server.handshake()
        self.is_secured = True
        return self

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return  # httpcore's end of a message
        self._server.requests.append(buffer)
        path = buffer.split(b" ")[1].decode()
        reply = b"" if self.has_gone_quietly else self._script.get(path, http(b"", "404 Not Found"))
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, bytes):
            reply = (reply[:7], reply[7:40], reply[40:])
        self._pending = [piece for piece in reply if piece]

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._pending.pop(0) if self._pending else b""
        if data == HANGS:
            await asyncio.Event().wait()
        self.has_received |= bool(data)
        self.has_ended |= not data
        return data

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.close()


class ScriptedServer:
    """A dialer whose connections are scripted; the last script serves all that follow."""

    def __init__(self, *scripts: Script) -> None:
        self._scripts: Sequence[Script] = scripts or (HEALTHY,)
        self.streams: list[ScriptedStream] = []
        self.dialed: list[tuple[str, int, float]] = []
        self.names: list[str | None] = []
        self.requests: list[bytes] = []
        self.contexts = 0
        self.ranks: list[int] = []
        """Of each run that connected, its place beside others of its tenant."""
        self.connections = KeptConnections(UNBOUNDED, on_want=lambda: None)
        self.on_dial: Callable[[], Exception | None] = lambda: None
        self.dial_seconds = 0.0
        self.handshake_seconds = 0.0

    @property
    def paths(self) -> list[str]:
        return [request.split(b" ")[1].decode() for request in self.requests]

    async def trust_for(self, connection: Connection, attempt: Attempt) -> Trust:
        self.contexts += 1
        self.ranks.append(attempt.rank)
        return Trust(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), 0)

    async def dial(self, host: str, port: int, attempt: Attempt) -> ScriptedStream:
        self.dialed.append((host, port, attempt.seconds_left))
        await asyncio.sleep(self.dial_seconds)
        if error := self.on_dial():
            raise error
        script = self._scripts[min(len(self.streams), len(self._scripts) - 1)]
        self.streams.append(ScriptedStream(script, self))
        return self.streams[-1]

    async def handshake(self) -> None:
        await asyncio.sleep(self.handshake_seconds)
