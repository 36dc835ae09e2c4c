"""One kept HTTP/1.1 connection, and one question on it at a time."""

import ssl
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

import httpcore

from clusterimport.model.connection import Connection
from clusterimport.probing.errors import AnswerTooLarge
from clusterimport.probing.target import Target
from clusterimport.probing.wire import Stream

MAX_BODY_BYTES: Final = 64 * 1024
"""Most bytes of a body that are read; ``/version`` has half a KiB."""


class Dialing(Protocol):
    """What makes connections."""

    async def dial(self, host: str, port: int, *, timeout_seconds: float) -> Stream:
        """Connect to one of the host's addresses; TLS comes later."""

    async def context_for(self, connection: Connection) -> ssl.SSLContext:
        """Return what verifies the server and presents the client."""


class Answer(NamedTuple):
    """What counts of an HTTP answer; the body is read only where one can go on with it."""

    status: int
    is_encoded: bool = False
    """Whether the body is compressed, which was not asked for."""
    body: bytes = b""


class Channel:
    """A connection that is made when needed, and replaced when it turns out to be closed.

    After an exception the caller closes it; until then ``stream`` tells how far it came.
    """

    __slots__ = ("_dialer", "_http", "stream")

    def __init__(self, dialer: Dialing) -> None:
        self._dialer = dialer
        self._http: httpcore.AsyncHTTP11Connection | None = None
        self.stream: Stream | None = None
        """The last connection, if there is or was one since the last ``aclose``."""

    async def ask(
        self,
        request: httpcore.Request,
        target: Target,
        context: ssl.SSLContext,
        *,
        timeout_seconds: float,
    ) -> Answer:
        """Send a request to its target and return the answer.

        Target and context are for a new connection, and the time is what is left for that: of the
        caller's, who limits all of it.

        Raises:
            ProbeError: it could not be sent, or the answer is too large.
            OSError: the connection failed; TLS errors are of that kind.
            httpcore.RemoteProtocolError: what came is not HTTP, or ended too early.

        """
        if self._http is not None and self._http.is_idle() and _is_quiet(self.stream):
            try:
                return await self._ask(self._http, request)
            except (OSError, httpcore.RemoteProtocolError):
                if self.stream is not None and self.stream.has_received:
                    raise
                # Closed while idle, as servers and balancers do: that says nothing about now.
        await self.aclose()
        self.stream = await self._dialer.dial(
            target.host, target.port, timeout_seconds=timeout_seconds
        )
        await self.stream.start_tls(context, target.server_name)
        self._http = httpcore.AsyncHTTP11Connection(request.url.origin, self.stream)
        return await self._ask(self._http, request)

    async def aclose(self) -> None:
        """Close the connection, if there is one."""
        stream, self.stream, self._http = self.stream, None, None
        if stream is not None:
            await stream.aclose()

    async def _ask(self, http: httpcore.AsyncHTTP11Connection, request: httpcore.Request) -> Answer:
        assert self.stream is not None
        self.stream.expect_answer()
        response = await http.handle_async_request(request)
        try:
            is_worth_reading = 200 <= response.status < 300 or response.status == 404
            return Answer(
                response.status,
                _is_encoded(response.headers),
                await _read(response) if is_worth_reading else b"",
            )
        finally:
            # Closes the connection, too, unless the answer was read to its end.
            await response.aclose()


def _is_quiet(stream: Stream | None) -> bool:
    return stream is not None and stream.is_quiet()


async def _read(response: httpcore.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            raise AnswerTooLarge
    return bytes(body)


def _is_encoded(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name.lower() == b"content-encoding" and value.strip().lower() not in (b"", b"identity")
        for name, value in headers
    )
