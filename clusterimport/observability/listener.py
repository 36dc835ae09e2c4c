"""A port that anybody may connect to: one request a connection, and everything of it bounded.

A head is read by callbacks into a few bytes, without a task or a stream, so that what never becomes
a request costs next to nothing; a complete one has a task. Bodies are not read, connections not
kept alive, and what the kernel buffers is bounded, too. Every state has a deadline, and one sweep
looks after them all.
"""

import asyncio
import errno
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

import structlog

from clusterimport.aio import Clock
from clusterimport.limits.counted import Limit, LimitMetrics
from clusterimport.limits.listener import (
    HTTP_ACCEPTS_SECONDS,
    HTTP_ACCEPTS_SHARE,
    HTTP_ANSWER_SECONDS,
    HTTP_HEAD_SECONDS,
    HTTP_LINGER_BYTES,
    HTTP_LINGER_SECONDS,
    HTTPS_ACCEPTS,
    HTTPS_HANDSHAKES_SHARE,
)
from clusterimport.observability.connections import HttpConnection, HttpConnections
from clusterimport.observability.messages import (
    HeadTooLargeError,
    HttpAnswer,
    HttpRequest,
    MalformedRequestError,
)
from clusterimport.observability.tlschannel import NotTLSError, ServingCertificate, TLSChannel

log = structlog.get_logger(__name__)

Respond = Callable[[HttpRequest], Awaitable[HttpAnswer]]

_SWEEP_SECONDS: Final = 1.0
_LOG_SECONDS: Final = 60.0
_READ_BYTES: Final = 4096
_OUT_OF_RESOURCES: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_SEALED_BYTES: Final = 64 * 1024
"""Encrypted in one go."""
_NO_TLS: Final = HttpAnswer.text(HTTPStatus.BAD_REQUEST, "HTTPS is spoken here\n")
_FAILED: Final = HttpAnswer.text(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error\n")


class Listener:
    """Answers what comes in on sockets that listen, for as long as ``run`` runs."""

    def __init__(
        self,
        respond: Respond,
        *,
        clock: Clock,
        metrics: LimitMetrics,
        connections: int,
        certificate: ServingCertificate | None = None,
    ) -> None:
        """Prepare to answer ``connections`` at most; over TLS where there is a certificate."""
        self._respond = respond
        self._certificate = certificate
        # For how long handshakes held the loop that have not been waited for yet.
        self._handshake_seconds = 0.0
        self._clock = clock
        self._metrics = metrics
        self._connections = HttpConnections(connections)
        self._at_once = max(1, connections // HTTP_ACCEPTS_SHARE)
        if certificate is not None:
            self._at_once = min(self._at_once, HTTPS_ACCEPTS)
        # Bounds reached since the log last said so, and who reached the last one.
        self._untold: Counter[Limit] = Counter()
        self._peer = ""
        self._silent_until = 0.0

    async def run(self, listening: Sequence[socket.socket]) -> None:
        """Accept and answer until cancelled; then every connection is closed."""
        async with asyncio.TaskGroup() as group:
            try:
                for each in listening:
                    group.create_task(self._accept(each, group), name="http accept")
                while True:
                    self._sweep()
                    await self._clock.sleep(_SWEEP_SECONDS)
            finally:
                for connection in self._connections:
                    self._close(connection)

    async def _accept(self, listening: socket.socket, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            for _ in range(self._at_once):
                try:
                    accepted, address = await loop.sock_accept(listening)
                except OSError as error:
                    if error.errno in _OUT_OF_RESOURCES:
                        # It still waits to be accepted; what we can give back is one of ours.
                        self._make_room()
                    break
                self._open(accepted, address[0].removeprefix("::ffff:"), group)
            # Who connects faster than that waits in the kernel while others here have their turn.
            held, self._handshake_seconds = self._handshake_seconds, 0.0
            await self._clock.sleep(max(HTTP_ACCEPTS_SECONDS, held / HTTPS_HANDSHAKES_SHARE))

    def _open(self, accepted: socket.socket, peer: str, group: asyncio.TaskGroup) -> None:
        if self._connections.is_full:
            self._make_room()
        connection = HttpConnection(
            accepted, peer, self._in(HTTP_HEAD_SECONDS), Limit.HTTP_HEAD_SECONDS
        )
        if self._certificate is not None:
            connection.tls = TLSChannel(self._certificate.context())
        self._connections.add(connection)
        loop = asyncio.get_running_loop()
        loop.add_reader(accepted, self._read_head, connection, group)

    def _make_room(self) -> None:
        connection = self._connections.dispensable()
        self._reached(Limit.HTTP_CONNECTIONS, connection)
        if connection is not None:
            self._close(connection)

    def _read_head(self, connection: HttpConnection, group: asyncio.TaskGroup) -> None:
        data = self._read(connection)
        if not data:
            return
        question: HttpRequest | HttpAnswer | None
        try:
            connection.received += self._opened(connection, data)
            if not connection.received:
                return
            question = HttpRequest.parse(connection.received, connection.peer)
        except NotTLSError as error:
            if not error.is_http:
                self._close(connection)
                return
            connection.tls, question = None, _NO_TLS
        except MalformedRequestError as error:
            question = error.answer
        except HeadTooLargeError as error:
            self._reached(Limit.HTTP_HEAD_BYTES, connection)
            question = error.answer
        if question is not None:
            asyncio.get_running_loop().remove_reader(connection.socket)
            connection.received = bytearray()
            connection.deadline = self._in(HTTP_ANSWER_SECONDS)
            connection.bound = Limit.HTTP_ANSWER_SECONDS
            connection.task = group.create_task(
                self._answer(connection, question), name="http answer"
            )
            connection.task.add_done_callback(lambda task: self._answered(connection, task))

    def _opened(self, connection: HttpConnection, data: bytes) -> bytes:
        """Return what the bytes say; raises NotTLSError."""
        if connection.tls is None:
            return data
        started = time.perf_counter()
        try:
            return connection.tls.receive(data)
        finally:
            self._handshake_seconds += time.perf_counter() - started
            self._send_at_once(connection, connection.tls.due())

    def _send_at_once(self, connection: HttpConnection, data: bytes) -> None:
        try:
            # A few KiB, before anything else was sent: who has no room for it does not read.
            sent = connection.socket.send(data) if data else 0
        except OSError:
            sent = -1
        if sent != len(data):
            self._close(connection)

    async def _answer(self, connection: HttpConnection, question: HttpRequest | HttpAnswer) -> bool:
        """Return whether the whole answer has gone to the kernel."""
        answer = question if isinstance(question, HttpAnswer) else await self._respond_to(question)
        try:
            await self._send(connection, answer.head())
            if not isinstance(question, HttpRequest) or question.method != "HEAD":
                # Not joined with the head: a text that many read slowly is in memory once.
                await self._send(connection, answer.body)
            if connection.tls is not None:
                await asyncio.get_running_loop().sock_sendall(
                    connection.socket, connection.tls.end()
                )
            connection.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return False
        return True

    async def _send(self, connection: HttpConnection, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        if connection.tls is None:
            await loop.sock_sendall(connection.socket, data)
            return
        for start in range(0, len(data), _SEALED_BYTES):
            sealed = connection.tls.sealed(data[start : start + _SEALED_BYTES])
            await loop.sock_sendall(connection.socket, sealed)

    async def _respond_to(self, request: HttpRequest) -> HttpAnswer:
        try:
            return await self._respond(request)
        except Exception:
            log.exception("request failed", path=request.path)
            return _FAILED

    def _answered(self, connection: HttpConnection, task: asyncio.Task[bool]) -> None:
        connection.task = None
        if connection not in self._connections or task.cancelled() or not task.result():
            self._close(connection)
            return
        # To close now could reset the connection before the peer has read: it may still be sending.
        connection.deadline = self._in(HTTP_LINGER_SECONDS)
        connection.bound = None
        asyncio.get_running_loop().add_reader(connection.socket, self._discard, connection)

    def _discard(self, connection: HttpConnection) -> None:
        data = self._read(connection)
        connection.surplus += len(data)
        if data and connection.surplus > HTTP_LINGER_BYTES:
            self._close(connection)

    def _read(self, connection: HttpConnection) -> bytes:
        """Return what has arrived; where nothing will come any more, close, and return nothing."""
        try:
            data = connection.socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:
            data = b""
        if not data:
            self._close(connection)
        return data

    def _close(self, connection: HttpConnection) -> None:
        self._connections.remove(connection)
        if connection.task is not None:
            # The loop looks at the socket for it: it is closed when the task has ended.
            connection.task.cancel()
            return
        asyncio.get_running_loop().remove_reader(connection.socket)
        connection.socket.close()

    def _sweep(self) -> None:
        now = self._clock.monotonic()
        for connection in self._connections:
            if connection.deadline <= now:
                if connection.bound is not None:
                    self._reached(connection.bound, connection)
                self._close(connection)
        if self._untold and now >= self._silent_until:
            reached = {limit.value: count for limit, count in self._untold.items()}
            log.warning("connections ended at a bound", last_peer=self._peer, **reached)
            self._untold.clear()
            self._silent_until = now + _LOG_SECONDS

    def _reached(self, limit: Limit, connection: HttpConnection | None) -> None:
        self._metrics.limit_reached(limit)
        self._untold[limit] += 1
        if connection is not None:
            self._peer = connection.peer

    def _in(self, seconds: float) -> float:
        return self._clock.monotonic() + seconds
