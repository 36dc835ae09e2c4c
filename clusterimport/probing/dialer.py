"""From the name of a server to a TCP connection with one of its addresses that may be used."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from clusterimport.limits.counted import Limit, LimitMetrics, NullLimitMetrics
from clusterimport.limits.probes import (
    HANDSHAKE_CPU_BURST_SECONDS,
    HANDSHAKE_CPU_SHARE,
    HANDSHAKE_THREADS,
)
from clusterimport.model.connection import Connection
from clusterimport.probing.addresses import AddressPolicy, IPAddress
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.connections import UNBOUNDED, Capacity, KeptConnections
from clusterimport.probing.errors import AddressDenied
from clusterimport.probing.resolver import Resolving
from clusterimport.probing.shares import CPUBudget
from clusterimport.probing.tlscontexts import TLSContexts, Trust
from clusterimport.probing.wire import Wire
from clusterimport.probing.workers import ProbeThreads

Connect = Callable[[IPAddress, int], Awaitable[socket.socket]]
"""From an address that was judged to a connected socket."""

NO_DESCRIPTOR: Final = frozenset({errno.EMFILE, errno.ENFILE})

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
    """What all probes of a process share: the rules, the resolver, threads, TLS and the books.

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
        capacity: Capacity = UNBOUNDED,
        limits: LimitMetrics | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._connect = connect or connect_socket
        reached = (limits or NullLimitMetrics()).limit_reached
        self.connections = KeptConnections(
            capacity, on_want=partial(reached, Limit.PROBE_CONNECTIONS)
        )
        """Those that are kept between two runs."""
        self._on_refused = partial(reached, Limit.SERVER_CERTIFICATES)
        self._workers = ProbeThreads(
            "tls-handshake",
            size=HANDSHAKE_THREADS,
            budget=CPUBudget(share=HANDSHAKE_CPU_SHARE, burst_seconds=HANDSHAKE_CPU_BURST_SECONDS),
            on_wait=partial(reached, Limit.PROBE_CPU),
        )
        self._contexts = TLSContexts(self._workers)

    async def trust_for(self, connection: Connection, attempt: Attempt) -> Trust:
        """Return the TLS context of a cluster; raises InvalidCertificates."""
        return await self._contexts.trust_for(connection, attempt)

    async def dial(self, host: str, port: int, attempt: Attempt) -> Wire:
        """Connect to the host; several addresses are tried in turn and share the time.

        Raises:
            NameNotResolved: it has no address, or that was not found out in time.
            AddressDenied: it has none that may be used.
            OSError: none of them took the connection; TimeoutError if one might yet.

        """
        found = await self._resolver.resolve(host, attempt)
        addresses = [address for address in found if not self._policy.is_denied(address)]
        if not addresses:
            raise AddressDenied
        failures: list[OSError] = []
        for position, address in enumerate(addresses):
            share = attempt.seconds_left / (len(addresses) - position)
            try:
                async with asyncio.timeout(share):
                    connected = await self._connect_somehow(address, port)
            except OSError as error:
                if error.errno in NO_DESCRIPTOR:
                    # It is ours, and tells nothing of this address.
                    raise
                failures.append(error)
            else:
                run = partial(self._workers.run, attempt)
                return Wire(connected, run, on_refused=self._on_refused)
        try:
            raise _most_telling(failures)
        finally:
            # They have come through this frame, which else would hold them, and they it.
            failures.clear()

    def close(self) -> None:
        """Let the threads go, the resolver's too."""
        self._workers.close()
        self._resolver.close()

    async def _connect_somehow(self, address: IPAddress, port: int) -> socket.socket:
        """Connect, at the cost of connections that are only kept."""
        while True:
            try:
                return await self._connect(address, port)
            except OSError as error:
                if error.errno not in NO_DESCRIPTOR or not self.connections.make_way():
                    raise


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
