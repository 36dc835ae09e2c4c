"""One HTTP session to one API server, shared by every client that is made of it.

Knows how a request looks on the wire (address, headers, credentials, TLS) and nothing of what it
means; and when the server was last heard, whatever it said. A write goes there once.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import aiohttp
from yarl import URL

from clusterimport import __version__
from clusterimport.aio import Clock
from clusterimport.kube.gate import WriteGate
from clusterimport.kube.line import RequestLine
from clusterimport.kube.metrics import RestMetrics
from clusterimport.kube.tls import TLSSource
from clusterimport.kube.tokens import TokenSource
from clusterimport.limits.requests import CONNECT_SECONDS
from clusterimport.model.names import FIELD_MANAGER

USER_AGENT = f"{FIELD_MANAGER}/{__version__}"
"""Distinct, so that API Priority and Fairness and audit logs can tell us from others."""


class Contact:
    """The last answer, or piece of a stream, of one connection."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Before the first answer, silence counts from the beginning.
        self._heard_at = clock.monotonic()

    def heard(self) -> None:
        """Take note of anything that the server sent; a refusal is an answer, too."""
        self._heard_at = self._clock.monotonic()

    @property
    def silent_seconds(self) -> float:
        """For how long nothing has come."""
        return self._clock.monotonic() - self._heard_at


class Request(NamedTuple):
    """One request as it goes over the wire; ``target`` is quoted."""

    method: str
    target: str
    body: bytes | None
    content_type: str
    accept: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Channel:
    """What all clients of one connection share."""

    session: aiohttp.ClientSession
    server: str
    """Base URL without a slash at the end; may have a path."""
    token: TokenSource
    tls: TLSSource | None
    proxy: str | None
    tls_server_name: str | None
    metrics: RestMetrics
    host: str
    """The ``host`` label of metrics."""
    clock: Clock
    contact: Contact
    line: RequestLine
    """Bounds requests in flight; watches are not counted. A limit per second is off by default: the
    server's own fairness is better informed."""
    secure: bool = field(init=False)

    def __post_init__(self) -> None:
        """Look at the scheme once."""
        object.__setattr__(self, "secure", self.server.startswith("https://"))

    async def send(
        self, request: Request, *, gate: WriteGate | None, idle_seconds: float | None
    ) -> aiohttp.ClientResponse:
        """Send a request and return once the answer's headers are there.

        Raises whatever aiohttp raises. The caller closes the response.
        """
        headers = {
            "Accept": request.accept,
            # Over a fast network, compression costs both sides more than it saves, and a
            # compressed answer could unfold to any size.
            "Accept-Encoding": "identity",
            "User-Agent": USER_AGENT,
        }
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        authorization = await self.token.authorization()
        if authorization:
            headers["Authorization"] = authorization
        try:
            return await self._send(request, headers, gate=gate, idle_seconds=idle_seconds)
        except _WriteLostError as error:
            raise error.cause from error.cause.__cause__

    async def _send(
        self,
        request: Request,
        headers: Mapping[str, str],
        *,
        gate: WriteGate | None,
        idle_seconds: float | None,
    ) -> aiohttp.ClientResponse:
        return await self.session.request(
            request.method,
            URL(self.server + request.target, encoded=True),
            data=_payload(request.body),
            headers=headers,
            # A redirect would carry the credentials to a place nobody configured.
            allow_redirects=False,
            proxy=self.proxy,
            ssl=self.tls.context() if self.tls is not None and self.secure else True,
            server_hostname=self.tls_server_name if self.secure else None,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=idle_seconds
            ),
            trace_request_ctx=gate,
            middlewares=() if request.method == "GET" else (_once,),
        )


class _WriteLostError(aiohttp.ClientError):
    """The connection of a write is lost; of a kind that has aiohttp not send it again."""

    def __init__(self, cause: aiohttp.ClientConnectionError) -> None:
        super().__init__()
        self.cause = cause


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a write once, as Go does; aiohttp sends a PUT or DELETE again if a connection is lost.

    Where the first was done and its answer lost, the second meets a conflict: nobody would know
    that what stands there is of our writing.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectionError as error:
        raise _WriteLostError(error) from error


def _payload(body: bytes | None) -> bytes | io.BytesIO | None:
    # aiohttp warns of larger ones, because it writes bytes in one go and a file in pieces.
    return io.BytesIO(body) if body is not None and len(body) >= 1024 * 1024 else body
