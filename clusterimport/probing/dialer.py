"""From the name of a server to a TCP connection with one of its addresses that may be used."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from clusterimport.limits import LimitMetrics, NullLimitMetrics
from clusterimport.model.connection import Connection
from clusterimport.probing.addresses import AddressPolicy, IPAddress
from clusterimport.probing.errors import AddressDenied, NameNotResolved
from clusterimport.probing.resolver import Resolving
from clusterimport.probing.tlscontexts import TLSContexts
from clusterimport.probing.wire import Wire
from clusterimport.probing.workers import Workers

Connect = Callable[[IPAddress, int], Awaitable[socket.socket]]
"""From an address that was judged to a connected socket."""

HANDSHAKE_THREADS: Final = 4
"""Threads for handshakes: a good one takes a millisecond or two, a malicious one hundreds."""

RESOLUTION_SHARE: Final = 0.6
"""Share of the time that the name may take, so that a dead name server is told from a dead API
server."""

_OPTIONS: Final = (
    # A request that is not acknowledged for two seconds ends the connection: when a peer vanished
    # between two probes, that leaves time for another connection in the same probe.
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 2000),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 6),
)


class Dialer:
    """What all probes of a process share: the rules, the resolver, threads and TLS contexts.

    A name is resolved once per connection, and the connection goes to an address that was judged:
    a name server that changes its mind in between (DNS rebinding) gains nothing. Proxies of the
    environment are not looked at.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        resolver: Resolving,
        *,
        connect: Connect | None = None,
        limits: LimitMetrics | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._limits: LimitMetrics = limits or NullLimitMetrics()
        self._connect = connect or connect_socket
        self._workers = Workers("tls-handshake", size=HANDSHAKE_THREADS)
        self._contexts = TLSContexts(self._workers)

    async def context_for(self, connection: Connection) -> ssl.SSLContext:
        """Return the TLS context of a cluster; raises InvalidCertificates."""
        return await self._contexts.context_for(connection)

    async def dial(self, host: str, port: int, *, timeout_seconds: float) -> Wire:
        """Connect to the host; several addresses are tried in turn and share the time.

        Raises:
            NameNotResolved: it has no address, or that was not found out in time.
            AddressDenied: it has none that may be used.
            OSError: none of them took the connection; TimeoutError if one might yet.

        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        try:
            async with asyncio.timeout(timeout_seconds * RESOLUTION_SHARE):
                found = await self._resolver.resolve(host)
        except TimeoutError as error:
            raise NameNotResolved from error
        addresses = [address for address in found if not self._policy.is_denied(address)]
        if not addresses:
            raise AddressDenied
        failures: list[OSError] = []
        for position, address in enumerate(addresses):
            share = (deadline - loop.time()) / (len(addresses) - position)
            try:
                async with asyncio.timeout(share):
                    return Wire(await self._connect(address, port), self._workers)
            except OSError as error:
                failures.append(error)
        raise _most_telling(failures)

    def close(self) -> None:
        """Let the threads go, the resolver's too."""
        self._workers.close()
        self._resolver.close()


async def connect_socket(address: IPAddress, port: int) -> socket.socket:
    """Return a non-blocking socket that is connected; there is no name in it to resolve."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (str(address), port))
        # Not before: the first of them would shorten the time to connect, too.
        for option in _OPTIONS:
            connection.setsockopt(*option)
    except BaseException:
        connection.close()
        raise
    return connection


def _most_telling(failures: Sequence[OSError]) -> OSError:
    """Choose the same error whatever the order of the addresses was."""
    return min(failures, key=_rank)


def _rank(error: OSError) -> int:
    if isinstance(error, TimeoutError):
        return 0
    return 1 if error.errno == errno.ECONNREFUSED else 2
