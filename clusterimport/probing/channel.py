"""One kept HTTP/1.1 connection, and one question on it at a time."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

import httpcore

from clusterimport.limits.probes import PROBE_BODY_BYTES
from clusterimport.model.connection import Connection
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.connections import KeptConnections
from clusterimport.probing.errors import ProbeAnswerTooLarge
from clusterimport.probing.target import ProbeTarget
from clusterimport.probing.tlscontexts import Trust
from clusterimport.probing.wire import Stream


class Dialing(Protocol):
    """What makes connections."""

    connections: KeptConnections
    """The books of connections that are kept."""

    async def dial(self, host: str, port: int, attempt: Attempt) -> Stream:
        """Connect to one of the host's addresses; TLS comes later."""

    async def trust_for(self, connection: Connection, attempt: Attempt) -> Trust:
        """Return what verifies the server and presents the client."""


class ProbeAnswer(NamedTuple):
    """What counts of an HTTP answer; the body is read only where one can go on with it."""

    status: int
    is_encoded: bool = False
    """Whether the body is compressed, which was not asked for."""
    body: bytes = b""


class ProbeChannel:
    """A connection that is made when needed, and replaced when it turns out to be closed.

    After an exception the caller closes it; until then ``stream`` tells how far it came.
    """

    __slots__ = ("_dialer", "_http", "stream", "trust_id", "trust_weight")

    def __init__(self, dialer: Dialing) -> None:
        self._dialer = dialer
        self._http: httpcore.AsyncHTTP11Connection | None = None
        self.trust_id = 0
        self.trust_weight = 0
        """Of the context that the connection was made with."""
        self.stream: Stream | None = None
        """The last connection, if there is or was one since the last ``close``."""

    async def ask(
        self,
        request: httpcore.Request,
        target: ProbeTarget,
        connection: Connection,
        attempt: Attempt,
    ) -> ProbeAnswer:
        """Send a request to its target and return the answer.

        Target and connection are for a new connection, if one is needed.

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
        self.close()
        trust = await self._dialer.trust_for(connection, attempt)
        self.stream = await self._dialer.dial(target.host, target.port, attempt)
        await self.stream.start_tls(trust.context, target.server_name)
        self.trust_id, self.trust_weight = id(trust.context), trust.weight
        self._http = httpcore.AsyncHTTP11Connection(request.url.origin, self.stream)
        return await self._ask(self._http, request)

    def close(self) -> None:
        """Close the connection, if there is one."""
        stream, self.stream, self._http = self.stream, None, None
        if stream is not None:
            stream.close()

    async def _ask(
        self, http: httpcore.AsyncHTTP11Connection, request: httpcore.Request
    ) -> ProbeAnswer:
        assert self.stream is not None
        self.stream.expect_answer()
        response = await http.handle_async_request(request)
        try:
            is_worth_reading = 200 <= response.status < 300 or response.status == 404
            return ProbeAnswer(
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
        if len(body) > PROBE_BODY_BYTES:
            raise ProbeAnswerTooLarge
    return bytes(body)


def _is_encoded(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name.lower() == b"content-encoding" and value.strip().lower() not in (b"", b"identity")
        for name, value in headers
    )
