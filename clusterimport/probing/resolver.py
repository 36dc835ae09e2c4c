"""Names to addresses, without the event loop waiting for a name server."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Protocol

from clusterimport.probing.addresses import IPAddress
from clusterimport.probing.errors import NameNotResolved
from clusterimport.probing.workers import Workers

MAX_CONCURRENT = 64
"""Most names in resolution at once: a thread each, so that some dozens that a dead name server
holds for half a minute leave room for the others."""

MAX_ADDRESSES = 8
"""Most addresses of one name that are looked at; a name of a cluster has one or two."""

GetAddrInfo = Callable[..., Sequence[tuple[Any, Any, Any, Any, tuple[Any, ...]]]]


class Resolving(Protocol):
    """Finds the addresses of a name."""

    async def resolve(self, host: str) -> tuple[IPAddress, ...]:
        """Return at least one address, the preferred ones first, or raise NameNotResolved."""

    def close(self) -> None:
        """Let everything go."""


class Resolver:
    """Asks the system, as ``getaddrinfo`` does; keeps nothing but what is being asked for.

    A name that is asked for twice at the same time costs one thread, so that a name that takes
    long cannot take all of them.
    """

    def __init__(self, *, getaddrinfo: GetAddrInfo = socket.getaddrinfo) -> None:
        self._getaddrinfo = getaddrinfo
        self._workers = Workers("resolver", size=MAX_CONCURRENT)
        self._asked: dict[str, asyncio.Future[tuple[IPAddress, ...]]] = {}

    async def resolve(self, host: str) -> tuple[IPAddress, ...]:
        """Return the addresses of a host in the system's order of preference, each once.

        Addresses in their usual form are taken as they are. Everything else is a name here, the
        other ways to write an IPv4 address (``0x7f.1``, ``2130706433``) included: the system says
        what they mean, and that is judged.

        Raises:
            NameNotResolved: there is no such name, or it cannot be found out.

        """
        literal = _literal(host)
        if literal is not None:
            return (literal,)
        try:
            # Shielded, since one who gives up must not take the answer from the others.
            found = await asyncio.shield(self._ask(host))
        except (OSError, ValueError) as error:
            raise NameNotResolved from error
        if not found:
            raise NameNotResolved
        return found

    def close(self) -> None:
        """Let the threads go."""
        self._workers.close()

    def _ask(self, host: str) -> asyncio.Future[tuple[IPAddress, ...]]:
        asked = self._asked.get(host)
        if asked is None:
            asked = self._asked[host] = self._workers.submit(self._look_up, host)
            asked.add_done_callback(lambda future: self._forget(host, future))
        return asked

    def _forget(self, host: str, future: asyncio.Future[tuple[IPAddress, ...]]) -> None:
        del self._asked[host]
        # Looked at, because everyone who wanted to know may be gone by now.
        if not future.cancelled():
            future.exception()

    def _look_up(self, host: str) -> tuple[IPAddress, ...]:
        entries = self._getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(ip_address(entry[4][0]) for entry in entries)
        return tuple(addresses)[:MAX_ADDRESSES]


def _literal(host: str) -> IPAddress | None:
    try:
        # With a zone it is not in its usual form, and leads to a link-local address anyway.
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None
