"""Names to addresses, without the event loop waiting for a name server."""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Protocol

from clusterimport.limits.probes import RESOLUTION_SECONDS, RESOLVED_ADDRESSES, RESOLVER_THREADS
from clusterimport.model.tenant import Tenant
from clusterimport.probing.addresses import IPAddress
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.errors import Lack, NameNotResolved
from clusterimport.probing.workers import ProbeThreads, ThreadCall

GetAddrInfo = Callable[..., Sequence[tuple[Any, Any, Any, Any, tuple[Any, ...]]]]


class Resolving(Protocol):
    """Finds the addresses of a name."""

    async def resolve(self, host: str, attempt: Attempt) -> tuple[IPAddress, ...]:
        """Return at least one address, the preferred ones first, or raise NameNotResolved."""

    def close(self) -> None:
        """Let everything go."""


class _Question:
    """A name in resolution, and how many want to know."""

    def __init__(self, call: ThreadCall[tuple[IPAddress, ...]]) -> None:
        self.call = call
        self.waiters = 0


class Resolver:
    """Asks the system, as ``getaddrinfo`` does; keeps nothing but what is being asked for.

    In threads, since only the system's own resolver knows all that a Pod's names go by: its hosts
    file, search domains and ndots, and what nsswitch.conf adds. A thread that waits for a name
    server cannot be stopped; so each tenant has a share of them, and a name that one tenant asks
    for twice at the same time takes one.
    """

    def __init__(
        self,
        *,
        getaddrinfo: GetAddrInfo = socket.getaddrinfo,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._getaddrinfo = getaddrinfo
        self._workers = ProbeThreads("resolver", size=RESOLVER_THREADS, on_wait=on_wait)
        self._asked: dict[tuple[Tenant, str], _Question] = {}

    async def resolve(self, host: str, attempt: Attempt) -> tuple[IPAddress, ...]:
        """Return the addresses of a host in the system's order of preference, each once.

        Addresses in their usual form are taken as they are. Everything else is a name here, the
        other ways to write an IPv4 address (``0x7f.1``, ``2130706433``) included: the system says
        what they mean, and that is judged.

        Raises:
            NameNotResolved: there is no such name, or it cannot be found out in time.
            Lacking: no thread was free for the tenant.
            OSError: the process has no descriptor to ask with.

        """
        literal = _literal(host)
        if literal is not None:
            return (literal,)
        question = self._ask(attempt.tenant, host)
        question.waiters += 1
        try:
            found = await _answer(question.call, attempt)
        finally:
            question.waiters -= 1
            if not question.waiters and not question.call.started.done():
                # Nobody wants to know any more: no thread is to find it out.
                question.call.outcome.cancel()
        if not found:
            raise NameNotResolved
        return found

    def close(self) -> None:
        """Let the threads go."""
        self._workers.close()

    def _ask(self, tenant: Tenant, host: str) -> _Question:
        key = (tenant, host)
        question = self._asked.get(key)
        if question is None:
            call = self._workers.submit(tenant, self._look_up, host)
            question = self._asked[key] = _Question(call)
            call.outcome.add_done_callback(lambda outcome: self._forget(key, outcome))
        return question

    def _forget(
        self, key: tuple[Tenant, str], outcome: asyncio.Future[tuple[IPAddress, ...]]
    ) -> None:
        del self._asked[key]
        # Looked at, because everyone who wanted to know may be gone by now.
        if not outcome.cancelled():
            outcome.exception()

    def _look_up(self, host: str) -> tuple[IPAddress, ...]:
        try:
            entries = self._getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except socket.gaierror:
            _check_descriptors()
            raise
        addresses = dict.fromkeys(ip_address(entry[4][0]) for entry in entries)
        return tuple(addresses)[:RESOLVED_ADDRESSES]


async def _answer(
    call: ThreadCall[tuple[IPAddress, ...]], attempt: Attempt
) -> tuple[IPAddress, ...]:
    """Wait for a thread, on our time, and then for the name server, on the cluster's."""
    if not call.started.done():
        async with attempt.waiting_for_us(Lack.NAMES):
            await asyncio.wait([call.started])
    try:
        async with asyncio.timeout(min(RESOLUTION_SECONDS, attempt.seconds_left)):
            # One who gives up must neither take the answer from the others nor, as with a shield,
            # have its failure logged.
            await asyncio.wait([call.outcome])
            return call.outcome.result()
    except (socket.gaierror, TimeoutError, ValueError) as error:
        raise NameNotResolved from error


def _check_descriptors() -> None:
    """Raise OSError where there is no descriptor: the system's resolver calls it "try again"."""
    os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))


def _literal(host: str) -> IPAddress | None:
    try:
        # With a zone it is not in its usual form, and leads to a link-local address anyway.
        return None if "%" in host else ip_address(host)
    except ValueError:
        return None
