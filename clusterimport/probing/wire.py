"""One TCP connection and the TLS on it, as httpcore wants its network.

Neither asyncio's transports nor anyio's streams are used: their buffers cost more than the rest
of a kept connection, and a handshake with certificates that somebody else chose must not take
place on the event loop, since verifying a long chain of odd keys takes a second.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

import httpcore

from clusterimport.limits.probes import (
    PROBE_CHARGE_BYTES,
    PROBE_CHUNK_BYTES,
    PROBE_RECEIVE_BYTES,
    PROBE_WIRE_BYTES,
)
from clusterimport.probing.errors import InvalidServerName, ProbeAnswerTooLarge, ServerCertificates
from clusterimport.probing.guardedtls import GuardedTLS

RunInThread = Callable[[Callable[[], None]], Awaitable[None]]
"""Calls a function off the event loop."""


class Stream(httpcore.AsyncNetworkStream):
    """httpcore's stream, and what a probe wants to know of it."""

    is_secured = False
    """Whether the handshake is done."""
    has_received = False
    """Whether anything of the present answer has come."""
    has_ended = False
    """Whether the peer has closed its side."""
    presented_weight = 0
    """Estimated bytes in memory of the certificates of the peer."""

    def expect_answer(self) -> None:
        """Begin to count for a new answer."""
        raise NotImplementedError

    def is_quiet(self) -> bool:
        """Whether nothing was said since the last answer, so that a next question makes sense."""
        raise NotImplementedError

    def has_unread(self) -> bool:
        """Whether the peer has said something that was not looked at yet."""
        return False

    def close(self) -> None:
        """Close at once; ``aclose`` does no more."""
        raise NotImplementedError


class Wire(Stream):
    """A connection with one user at a time.

    Raises what sockets and OpenSSL raise, and AnswerTooLarge; only a failed write is httpcore's
    own, since the answer that the server gave before it closed is then read all the same.
    Time limits are the caller's: the parameters for them are ignored.
    """

    def __init__(
        self,
        connected: socket.socket,
        run: RunInThread,
        *,
        on_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_refused`` is told of a server that presents what nobody should verify."""
        self._socket = connected
        self._on_refused = on_refused
        self._run: RunInThread | None = run  # for the handshake
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._budget = PROBE_WIRE_BYTES

    def expect_answer(self) -> None:
        """Begin to count for a new answer."""
        self._budget = PROBE_WIRE_BYTES
        self.has_received = False

    def is_quiet(self) -> bool:
        """Whether the peer neither closed nor spoke unasked, as proxies do before they close.

        Tickets for a later session, which TLS 1.3 sends at any time, do not count.
        """
        assert self._tls is not None
        try:
            data = self._socket.recv(PROBE_RECEIVE_BYTES)
            if not data:
                return False
            self._incoming.write(data)
            self._tls.read(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  httpcore's signature
    ) -> "Wire":
        """Shake hands, and verify the server as the context says.

        Raises ServerCertificates where the server presents what nobody should verify, beside what
        OpenSSL raises.
        """
        run, self._run = self._run, None
        assert run is not None
        try:
            tls = ssl_context.wrap_bio(
                self._incoming, self._outgoing, server_hostname=server_hostname
            )
        except ValueError as error:
            raise InvalidServerName from error
        while True:
            try:
                await run(tls.do_handshake)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError as error:
                await self._say_goodbye()
                self._check_presented(tls, error)
                raise
            else:
                break
        self._check_presented(tls)
        await self._flush()
        self._tls = tls
        self.is_secured = True
        return self

    async def read(
        self,
        max_bytes: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  httpcore's signature
    ) -> bytes:
        """Return some bytes, or none at the end."""
        assert self._tls is not None
        # A peer that sends faster than we read would otherwise never let another task run.
        await asyncio.sleep(0)
        while True:
            try:
                data = self._tls.read(min(max_bytes, PROBE_CHUNK_BYTES))
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLEOFError:
                data = b""
                break
            else:
                break
        self.has_received |= bool(data)
        self.has_ended |= not data
        return data

    async def write(
        self,
        buffer: bytes,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109  httpcore's signature
    ) -> None:
        """Send all of it."""
        assert self._tls is not None
        if not buffer:
            return
        try:
            self._tls.write(buffer)
            await self._flush()
        except OSError as error:
            raise httpcore.WriteError from error

    def has_unread(self) -> bool:
        """Whether the peer has said something that was not looked at yet."""
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def close(self) -> None:
        """Close at once, without the farewell of TLS, which nobody waits for."""
        self._socket.close()

    async def aclose(self) -> None:
        """Close at once."""
        self.close()

    async def _fill(self) -> None:
        data = await asyncio.get_running_loop().sock_recv(self._socket, PROBE_RECEIVE_BYTES)
        if not data:
            self._incoming.write_eof()
            return
        self._budget -= max(len(data), PROBE_CHARGE_BYTES)
        if self._budget < 0:
            raise ProbeAnswerTooLarge
        self._incoming.write(data)

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await asyncio.get_running_loop().sock_sendall(self._socket, self._outgoing.read())

    def _check_presented(self, tls: ssl.SSLObject, cause: Exception | None = None) -> None:
        if isinstance(tls, GuardedTLS):
            self.presented_weight = tls.presented_weight
            if tls.is_refused:
                self._on_refused()
                raise ServerCertificates from cause

    async def _say_goodbye(self) -> None:
        """Send the alert that tells the server's administrator why we left."""
        try:
            await self._flush()
        except OSError:
            return
