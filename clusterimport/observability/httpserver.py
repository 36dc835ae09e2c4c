"""A port that is listened on, over TLS or not, and who answers there."""

import asyncio
import os
import resource
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import structlog

from clusterimport.aio import Clock, Latch
from clusterimport.limits.counted import LimitMetrics
from clusterimport.limits.listener import (
    HTTP_BACKLOG,
    HTTP_CONNECTIONS,
    HTTP_FILES_SHARE,
    HTTP_SOCKET_BYTES,
)
from clusterimport.observability.errors import ListenError
from clusterimport.observability.listener import Listener, Respond
from clusterimport.observability.tlschannel import ServingCertificate

log = structlog.get_logger(__name__)


class HttpServer:
    """Answers for as long as ``run`` runs."""

    def __init__(
        self,
        what: str,
        host: str,
        port: int,
        respond: Respond,
        *,
        clock: Clock,
        limits: LimitMetrics,
        certificate: ServingCertificate | None = None,
    ) -> None:
        """Prepare to listen; host empty means all addresses, port 0 any free one.

        Args:
            what: what is served, for the log.
            certificate: with it TLS is spoken.

        """
        self.port = port
        """The port that is listened on, once ``started`` is set."""
        self.started = Latch(what)
        self._host = host
        self._listener = Listener(
            respond,
            clock=clock,
            metrics=limits,
            connections=most_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
            certificate=certificate,
        )

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            ListenError: the address cannot be listened on.

        """
        with ExitStack() as stack:
            listening = await self._listen(stack)
            self.port = listening[0].getsockname()[1]
            log.info("serving", what=self.started.name, host=self._host, port=self.port)
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
