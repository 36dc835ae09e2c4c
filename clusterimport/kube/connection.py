"""How to reach an API server, and the session that does.

Settings come from a service account or a kubeconfig (``loading``, which loads what reads the latter
only when needed), or from a caller that has credentials in memory.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from clusterimport.aio import Clock, SystemClock
from clusterimport.kube.channel import Channel, Contact
from clusterimport.kube.errors import KubeConfigError
from clusterimport.kube.gate import gate_trace
from clusterimport.kube.httpclient import HttpRestClient
from clusterimport.kube.line import RequestLine
from clusterimport.kube.metrics import NullRestMetrics, RestMetrics
from clusterimport.kube.rest import RestClient
from clusterimport.kube.tls import TLSSource
from clusterimport.kube.tokens import StaticToken, TokenSource
from clusterimport.limits.requests import REQUESTS_IN_FLIGHT
from clusterimport.workqueue import BucketLimiter

KEEPALIVE_IDLE_SECONDS = 15
KEEPALIVE_INTERVAL_SECONDS = 5
KEEPALIVE_PROBES = 6
"""Together 45 s until a vanished peer is noticed, as the HTTP/2 pings of client-go do."""

POOL_KEEPALIVE_SECONDS = 60.0
"""How long an idle connection is kept; servers close them after 90 s at the earliest."""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Everything needed to reach one API server; the repr shows no credentials."""

    server: str
    """``https://host[:port][/path]``; plain http is accepted here and refused by policies."""
    tls: TLSSource | None = field(default=None, repr=False)
    """None trusts the system's CAs."""
    token: TokenSource = field(default_factory=lambda: StaticToken(""), repr=False)
    """Value of the ``Authorization`` header."""
    proxy: str | None = field(default=None, repr=False)
    """URL of an HTTP proxy, maybe with a password."""
    tls_server_name: str | None = None
    """Name to verify the certificate against instead of the server's host."""

    def __post_init__(self) -> None:
        """Refuse what cannot be an address, without quoting it."""
        check_url(self.server, "server")
        if self.proxy is not None:
            check_url(self.proxy, "proxy")


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How hard a server may be pressed."""

    max_in_flight: int = REQUESTS_IN_FLIGHT
    """Requests at a time, watches not counted."""
    qps: float = 0.0
    """Client-side requests per second; 0 leaves it to the server's priority and fairness."""
    burst: int = 0
    """Requests that may exceed ``qps`` at once; 0 means twice ``qps``."""


@asynccontextmanager
async def open_connection(
    settings: ConnectionSettings,
    *,
    options: ConnectionOptions | None = None,
    metrics: RestMetrics | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[RestClient]:
    """Open a session for the length of the block; nothing is sent yet."""
    chosen = options or ConnectionOptions()
    clock = clock or SystemClock()
    limiter = None
    if chosen.qps > 0:
        burst = chosen.burst or max(1, round(2 * chosen.qps))
        limiter = BucketLimiter(clock=clock, per_second=chosen.qps, burst=burst)
    connector = aiohttp.TCPConnector(
        # Unbounded: requests are bounded by their line, and watches must never wait for them.
        limit=0,
        keepalive_timeout=POOL_KEEPALIVE_SECONDS,
        socket_factory=_keepalive_socket,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        # Neither proxies nor .netrc of the environment: an address of an imported cluster must
        # not depend on them, and settings name their proxy.
        trust_env=False,
        auto_decompress=False,
        raise_for_status=False,
        trace_configs=[gate_trace()],
    ) as session:
        yield HttpRestClient(
            Channel(
                session=session,
                server=settings.server.rstrip("/"),
                token=settings.token,
                tls=settings.tls,
                proxy=settings.proxy,
                tls_server_name=settings.tls_server_name,
                metrics=metrics or NullRestMetrics(),
                host=urlsplit(settings.server).netloc.rpartition("@")[2],
                clock=clock,
                contact=Contact(clock),
                line=RequestLine(chosen.max_in_flight, clock=clock, limiter=limiter),
            )
        )


def check_url(url: str, what: str) -> None:
    """Raise KubeConfigError unless ``url`` is an absolute http or https URL of a host."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        # Raises ValueError for a port that is not a number.
        is_usable = is_usable and (parts.port is None or parts.port > 0)
    except ValueError:
        is_usable = False
    if not is_usable or url != "".join(url.split()):
        raise KubeConfigError(f"the {what} is not a URL like https://host:6443")


def _keepalive_socket(
    address: tuple[Any, ...],
) -> socket.socket:
    family, kind, protocol, _, _ = address
    opened = socket.socket(family=family, type=kind, proto=protocol)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
    return opened
