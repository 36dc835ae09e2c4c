"""Raw JSON requests to one API server: limits, credentials, metrics and errors.

Nothing is repeated here but a request that met a 401 and has a newer token to try. Back-off and
``Retry-After`` belong to the queue and the reflectors, which know what else they have to do.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
import msgspec

from clusterimport.kube.channel import Channel, Contact, Request
from clusterimport.kube.errors import (
    AnswerTooLarge,
    ApiError,
    InvalidBody,
    StreamError,
    UndecodableObject,
)
from clusterimport.kube.gate import WriteGate
from clusterimport.kube.metrics import RestMetrics
from clusterimport.kube.paths import request_target
from clusterimport.kube.translation import from_status, translated
from clusterimport.limits.requests import ANSWER_BYTES, ERROR_BYTES
from clusterimport.model.meta import Object

_READING = frozenset({"GET", "HEAD"})


class HttpByteStream:
    """Implements ``ByteStream``."""

    def __init__(
        self, response: aiohttp.ClientResponse, verb: str, resource: str, contact: Contact
    ) -> None:
        self._content = response.content
        self._contact = contact
        self._verb = verb
        self._resource = resource

    async def read(self) -> bytes:
        """Return the next bytes, empty at the end; raises TransportError."""
        with translated(self._verb, self._resource):
            chunk = await self._content.readany()
        self._contact.heard()
        return chunk

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self.read()
        if not chunk:
            raise StopAsyncIteration
        return chunk


class HttpRestClient:
    """Implements ``RestClient`` over the channel of a connection."""

    def __init__(self, channel: Channel, *, gate: WriteGate | None = None) -> None:
        self._channel = channel
        self._gate = gate

    @property
    def metrics(self) -> RestMetrics:
        """The observer of this connection."""
        return self._channel.metrics

    @property
    def contact(self) -> Contact:
        """When the server was last heard on this connection."""
        return self._channel.contact

    def gated(self, gate: WriteGate) -> "HttpRestClient":
        """Return a client on the same connection whose writes need the gate's leave."""
        return HttpRestClient(self._channel, gate=gate)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout_seconds: float = 30.0,
        verb: str,
        resource: str,
    ) -> Object:
        """Send a request and return the decoded answer."""
        answer = await self.request_bytes(
            method,
            path,
            query=query,
            body=body,
            content_type=content_type,
            accept=accept,
            timeout_seconds=timeout_seconds,
            verb=verb,
            resource=resource,
        )
        return decode(answer)

    async def request_bytes(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout_seconds: float = 30.0,
        max_bytes: int = ANSWER_BYTES,
        verb: str,
        resource: str,
    ) -> bytes:
        """Send a request and return the body of a successful answer."""
        request = Request(
            method=method,
            target=request_target(path, query),
            body=None if body is None else encode(body),
            content_type=content_type,
            accept=accept,
        )
        gate = None if method in _READING else self._gate
        if gate is not None:
            gate.check()
        async with self._channel.line.turn() as waited_seconds:
            self._tell_limited(method, waited_seconds)
            limit_seconds = timeout_seconds
            if gate is not None:
                # Asked again, because waiting for a turn may have taken any time.
                gate.check()
                limit_seconds = min(limit_seconds, gate.remaining_seconds())
            with translated(verb, resource):
                async with asyncio.timeout(limit_seconds):
                    return await self._exchange(request, gate, max_bytes, verb, resource)

    @asynccontextmanager
    async def stream(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        accept: str = "application/json",
        idle_seconds: float,
        open_seconds: float = 30.0,
        verb: str = "watch",
        resource: str,
    ) -> AsyncIterator[HttpByteStream]:
        """Send a GET whose answer has no end; takes no slot."""
        request = Request("GET", request_target(path, query), None, "", accept)
        with translated(verb, resource):
            async with asyncio.timeout(open_seconds):
                response = await self._open(request, None, idle_seconds)
                if response.status != 200:
                    raise await self._refusal(response, verb, resource)
        try:
            yield HttpByteStream(response, verb, resource, self._channel.contact)
        finally:
            response.close()

    async def _exchange(
        self,
        request: Request,
        gate: WriteGate | None,
        max_bytes: int,
        verb: str,
        resource: str,
    ) -> bytes:
        channel = self._channel
        started = channel.clock.monotonic()
        response = await self._open(request, gate, None)
        try:
            if not 200 <= response.status < 300:
                raise await self._refusal(response, verb, resource)
            body = await _read_up_to(response, max_bytes + 1)
            if len(body) > max_bytes:
                # What is left of it would have to be read before the connection is used again.
                response.close()
                raise AnswerTooLarge(f"{verb} {resource}: more than {max_bytes} bytes")
        finally:
            response.release()
        labels = {"verb": request.method, "host": channel.host}
        channel.metrics.request_duration(channel.clock.monotonic() - started, **labels)
        channel.metrics.request_size(len(request.body or b""), **labels)
        channel.metrics.response_size(len(body), **labels)
        return body

    async def _open(
        self, request: Request, gate: WriteGate | None, idle_seconds: float | None
    ) -> aiohttp.ClientResponse:
        """Send, and once more after a 401 if there is a newer token."""
        response = await self._send(request, gate, idle_seconds)
        if response.status != 401:
            return response
        try:
            has_newer_token = await self._channel.token.renew()
        except BaseException:
            response.close()
            raise
        if not has_newer_token:
            return response
        response.close()
        self._channel.metrics.request_retried(
            code="401", verb=request.method, host=self._channel.host
        )
        return await self._send(request, gate, idle_seconds)

    async def _send(
        self, request: Request, gate: WriteGate | None, idle_seconds: float | None
    ) -> aiohttp.ClientResponse:
        code = "<error>"
        try:
            response = await self._channel.send(request, gate=gate, idle_seconds=idle_seconds)
            code = str(response.status)
            self._channel.contact.heard()
            return response
        finally:
            self._channel.metrics.request_finished(
                code=code, method=request.method, host=self._channel.host
            )

    async def _refusal(
        self, response: aiohttp.ClientResponse, verb: str, resource: str
    ) -> ApiError:
        try:
            body = await _read_up_to(response, ERROR_BYTES)
        except aiohttp.ClientError:
            # The code is known; a body that breaks off adds nothing.
            body = b""
        finally:
            response.close()
        return from_status(response.status, body, response.headers, verb, resource)

    def _tell_limited(self, method: str, waited_seconds: float) -> None:
        channel = self._channel
        if channel.line.is_limited:
            channel.metrics.rate_limited(waited_seconds, verb=method, host=channel.host)


async def _read_up_to(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    while len(body) < max_bytes:
        chunk = await response.content.readany()
        if not chunk:
            break
        body += chunk
    return bytes(body[:max_bytes])


def decode(body: bytes) -> Object:
    """Decode one JSON object; raises StreamError, whose text tells nothing of the content.

    UndecodableObject among them, for what the server takes and no recursive decoder can.
    """
    try:
        decoded = msgspec.json.decode(body)
    except RecursionError:
        raise UndecodableObject("the answer is nested too deeply to be decoded") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not chained: the exception of the decoder holds the bytes.
        raise StreamError("the answer is not JSON") from None
    if not isinstance(decoded, dict):
        raise StreamError("the answer is not a JSON object")
    return decoded


def encode(value: Any) -> bytes:
    """Encode mappings, sequences, strings, numbers and booleans; raises InvalidBody."""
    try:
        return msgspec.json.encode(value, enc_hook=_plain)
    except RecursionError:
        raise InvalidBody("the object is nested too deeply") from None
    except UnicodeEncodeError:
        # A lone surrogate; not chained, because the exception holds the value.
        raise InvalidBody("a text in the object is not Unicode") from None


def _plain(value: Any) -> Any:
    # Cached objects may be wrapped in read-only views.
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
