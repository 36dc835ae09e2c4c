"""Probes over real sockets, of servers on the loopback interface."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

from clusterimport.model.connection import Connection
from clusterimport.probing import AddressPolicy, ClusterProbe, Dialer, ProbeResult, Resolver
from clusterimport.probing.resolver import Resolving

TOKEN = "t0p-s3cret"
REMOTE = b"<b>remote text</b>"
"""In every hostile body and header; nothing of it may be seen anywhere."""


@asynccontextmanager
async def probing(
    connection: Connection,
    *,
    resolver: Resolving | None = None,
    allow: Sequence[str] = ("127.0.0.0/8", "::1/128"),
) -> AsyncIterator[ClusterProbe]:
    """Give a probe that may use the loopback interface."""
    policy = AddressPolicy(allow=[ip_network(text) for text in allow])
    dialer = Dialer(policy, resolver or Resolver())
    probe = ClusterProbe(connection, tenant="namespace/team", dialer=dialer)
    try:
        yield probe
    finally:
        await probe.aclose()
        dialer.close()


async def probe_once(connection: Connection, **options: Any) -> ProbeResult:
    """Probe once, and look at what holds for every verdict."""
    started = time.monotonic()
    async with probing(connection, **options) as probe:
        result = await probe.run()
    assert time.monotonic() - started < 6
    assert len(result.message) <= 256
    assert result.message.isascii()
    assert result.message.isprintable()
    assert TOKEN not in result.message
    assert not any(word in result.message for word in ("remote", "127.0.0.1", "evil"))
    assert bool(result.version) == result.is_healthy
    return result
