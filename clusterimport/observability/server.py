"""``/metrics``, ``/healthz`` and ``/readyz`` on one port.

Not authenticated, and so without any name of a source, cluster or credential. A check that fails
says by name what is missing, as the endpoints of the API server do.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from aiohttp import web

from clusterimport.aio import Latch
from clusterimport.limits import LimitMetrics, NullLimitMetrics
from clusterimport.observability.errors import ListenError

log = structlog.get_logger(__name__)

Check = Callable[[], Sequence[str]]
"""Names of what is missing; empty when nothing is."""

Notes = Callable[[], Sequence[str]]
"""What a person should know though nothing is missing: each a name and what is said of it."""

_KEEPALIVE_SECONDS = 30.0
_SHUTDOWN_SECONDS = 0.25
"""A scrape under way may end; a stop must not wait for a client that reads slowly. aiohttp waits
this long twice."""
_BACKLOG = 64


class Renderer(Protocol):
    """Where the text of ``/metrics`` comes from."""

    def render(self) -> tuple[bytes, str]:
        """Return the body and its content type."""


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
        self._metrics = metrics
        self._limits: LimitMetrics = limits or NullLimitMetrics()
        self._readiness = readiness
        self._liveness = liveness
        self._notes = notes

    async def run(self) -> None:
        """Serve until cancelled.

        Raises:
            ListenError: the address cannot be listened on.

        """
        application = web.Application()
        application.router.add_get("/metrics", self._answer_metrics)
        application.router.add_get("/healthz", self._answer_healthz)
        application.router.add_get("/readyz", self._answer_readyz)
        runner = web.AppRunner(
            application,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=_KEEPALIVE_SECONDS,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await self._listen(runner)
            log.info("serving metrics and health", host=self._host, port=self.port)
            self.started.set()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        site = web.TCPSite(runner, self._host or None, self.port, backlog=_BACKLOG)
        try:
            await site.start()
        except (OSError, UnicodeError) as error:
            # UnicodeError: a host that cannot be encoded as a name.
            address = f"{self._host or '*'}:{self.port}"
            raise ListenError(f"cannot listen on {address}: {_why(error)}") from error
        self.port = runner.addresses[0][1]

    async def _answer_metrics(self, _request: web.Request) -> web.Response:
        body, content_type = self._metrics.render()
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _answer_healthz(self, request: web.Request) -> web.Response:
        return _answer(request, "healthz", self._liveness())

    async def _answer_readyz(self, request: web.Request) -> web.Response:
        return _answer(request, "readyz", self._readiness(), self._notes())


def _why(error: OSError | UnicodeError) -> str:
    # The event loop wraps the system's text in one of its own, but not that of name resolution.
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return "the host is not an address of this machine"


def _answer(
    request: web.Request, name: str, missing: Sequence[str], notes: Sequence[str] = ()
) -> web.Response:
    if "verbose" in request.query:
        lines = [f"[-]{item} missing" for item in missing]
        lines.extend(f"[+]{note}" for note in notes)
        lines.append(f"{name} check {'failed' if missing else 'passed'}")
        text = "\n".join(lines) + "\n"
    else:
        text = f"{name} check failed: {', '.join(missing)}" if missing else "ok"
    return web.Response(text=text, status=503 if missing else 200)
