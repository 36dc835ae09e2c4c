"""``/metrics``, ``/healthz`` and ``/readyz`` on one port.

Not authenticated, and so without any name of a source, cluster or credential. A check that fails
says by name what is missing, as the endpoints of the API server do.
"""

import asyncio
import os
import resource
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Final

import structlog

from clusterimport.aio import Clock, Latch, SystemClock
from clusterimport.limits.counted import LimitMetrics, NullLimitMetrics
from clusterimport.limits.listener import (
    HTTP_BACKLOG,
    HTTP_CONNECTIONS,
    HTTP_FILES_SHARE,
    HTTP_SOCKET_BYTES,
)
from clusterimport.observability.errors import ListenError
from clusterimport.observability.exposition import Renderer, SharedText
from clusterimport.observability.listener import Listener
from clusterimport.observability.messages import HttpAnswer, HttpRequest

log = structlog.get_logger(__name__)

Check = Callable[[], Sequence[str]]
"""Names of what is missing; empty when nothing is."""

Notes = Callable[[], Sequence[str]]
"""What a person should know though nothing is missing: each a name and what is said of it."""

_NOT_FOUND: Final = HttpAnswer.text(
    HTTPStatus.NOT_FOUND, "there are /metrics, /healthz and /readyz\n"
)
_NOT_ALLOWED: Final = HttpAnswer(
    HTTPStatus.METHOD_NOT_ALLOWED, b"GET is all there is\n", fields=("Allow: GET, HEAD",)
)


class ObservabilityServer:
    """Answers for as long as ``run`` runs."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        metrics: Renderer,
        readiness: Check,
        liveness: Check,
        notes: Notes = tuple,
        clock: Clock | None = None,
        limits: LimitMetrics | None = None,
    ) -> None:
        """Prepare to listen; host empty means all addresses, port 0 any free one.

        Args:
            notes: lines of ``/readyz?verbose`` that do not make the replica unready.

        """
        self.port = port
        """The port that is listened on, once ``started`` is set."""
        self.started = Latch("observability server")
        self._host = host
        clock = clock or SystemClock()
        self._listener = Listener(
            self._respond,
            clock=clock,
            metrics=limits or NullLimitMetrics(),
            connections=most_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        )
        self._text = SharedText(metrics, clock=clock)
        self._content_type = metrics.content_type
        self._readiness = readiness
        self._liveness = liveness
        self._notes = notes

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            ListenError: the address cannot be listened on.

        """
        with ExitStack() as stack:
            listening = await self._listen(stack)
            self.port = listening[0].getsockname()[1]
            log.info("serving metrics and health", host=self._host, port=self.port)
            self.started.set()
            await self._listener.run(listening)

    async def _listen(self, stack: ExitStack) -> list[socket.socket]:
        try:
            return [
                stack.enter_context(_listening(family, address))
                for family, address in await self._addresses()
            ]
        except (OSError, UnicodeError) as error:
            # UnicodeError: a host that cannot be encoded as a name.
            address = f"{self._host or '*'}:{self.port}"
            raise ListenError(f"cannot listen on {address}: {_why(error)}") from error

    async def _addresses(self) -> Iterable[tuple[int, Any]]:
        if not self._host:
            # Of both families by one socket, so that port 0 is one port.
            family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
            return [(family, ("", self.port))]
        found = await asyncio.get_running_loop().getaddrinfo(
            self._host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return dict.fromkeys((family, address) for family, _, _, _, address in found)

    async def _respond(self, request: HttpRequest) -> HttpAnswer:
        if request.path not in {"/metrics", "/healthz", "/readyz"}:
            return _NOT_FOUND
        if request.method not in {"GET", "HEAD"}:
            return _NOT_ALLOWED
        if request.path == "/metrics":
            return HttpAnswer(HTTPStatus.OK, await self._text.get(), self._content_type)
        if request.path == "/healthz":
            return _checked(request, "healthz", self._liveness())
        return _checked(request, "readyz", self._readiness(), self._notes())


def most_connections(files: int) -> int:
    """Return how many connections may be open in a process that may open so many files."""
    if files == resource.RLIM_INFINITY:
        return HTTP_CONNECTIONS
    return max(1, min(HTTP_CONNECTIONS, files // HTTP_FILES_SHARE))


def _listening(family: int, address: Any) -> socket.socket:
    listening = socket.create_server(
        address,
        family=family,
        backlog=HTTP_BACKLOG,
        dualstack_ipv6=address[0] == "" and family == socket.AF_INET6,
    )
    # Inherited by what is accepted.
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HTTP_SOCKET_BYTES)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, HTTP_SOCKET_BYTES)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setblocking(False)
    return listening


def _why(error: OSError | UnicodeError) -> str:
    # Python wraps the system's text in one of its own, but not that of name resolution.
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return "the host is not an address of this machine"


def _checked(
    request: HttpRequest, name: str, missing: Sequence[str], notes: Sequence[str] = ()
) -> HttpAnswer:
    if "verbose" in request.query:
        lines = [f"[-]{item} missing" for item in missing]
        lines.extend(f"[+]{note}" for note in notes)
        lines.append(f"{name} check {'failed' if missing else 'passed'}")
        text = "\n".join(lines) + "\n"
    else:
        text = f"{name} check failed: {', '.join(missing)}" if missing else "ok"
    return HttpAnswer.text(HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK, text)
