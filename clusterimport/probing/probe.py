"""The probe of one cluster: is its API server reachable and ready, and which version is it."""

import asyncio
import ssl
from typing import Final

from clusterimport.aio import Clock
from clusterimport.model.connection import Connection
from clusterimport.probing.answers import judge_readiness, judge_version
from clusterimport.probing.channel import Answer, Channel, Dialing
from clusterimport.probing.failures import explain, explain_timeout
from clusterimport.probing.result import ProbeResult
from clusterimport.probing.target import Target

TIMEOUT_SECONDS: Final = 5.0
"""Time for a whole probe; what clustersynchro-manager gives its own."""


class ClusterProbe:
    """Asks one API server, over a connection of its own that is kept between two runs.

    ``/readyz`` (where there is none: ``/healthz``), then ``/version``, under the path of the
    server's address. Redirects are not followed, and the credential goes to that address only.
    The certificate is verified for the address's host or ``tls_server_name``.

    One run at a time. What it keeps is what makes a thousand of them cheap: a TLS context and an
    idle connection while the cluster is healthy, else the context alone.
    """

    __slots__ = ("_channel", "_clock", "_connection", "_context", "_dialer", "_timeout_seconds")

    def __init__(
        self,
        connection: Connection,
        *,
        dialer: Dialing,
        clock: Clock,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._connection = connection
        self._dialer = dialer
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._channel = Channel(dialer)
        self._context: ssl.SSLContext | None = None

    async def run(self) -> ProbeResult:
        """Return the verdict, within the time limit; raises nothing but CancelledError."""
        result = None
        try:
            async with asyncio.timeout(self._timeout_seconds) as limit:
                result = await self._probe()
        except Exception as error:  # noqa: BLE001  whatever it is, it is no verdict to lack one
            if limit.expired():
                result = explain_timeout(self._channel.stream)
            else:
                result = explain(error, self._channel.stream)
        finally:
            # A connection that is not known to be at rest would answer the next question with
            # the rest of this answer.
            if result is None or not result.is_healthy:
                await self._channel.aclose()
        return result

    async def aclose(self) -> None:
        """Close the connection and let the TLS context go; a later run makes new ones."""
        self._context = None
        await self._channel.aclose()

    async def _probe(self) -> ProbeResult:
        deadline = self._clock.monotonic() + self._timeout_seconds
        target = Target.of(self._connection)
        if self._context is None:
            self._context = await self._dialer.context_for(self._connection)
        readiness = await self._get("/readyz", target, deadline)
        if readiness.status == 404:
            readiness = await self._get("/healthz", target, deadline)
        refusal = judge_readiness(readiness)
        return refusal or judge_version(await self._get("/version", target, deadline))

    async def _get(self, path: str, target: Target, deadline: float) -> Answer:
        assert self._context is not None
        return await self._channel.ask(
            target.request(path, self._connection),
            target,
            self._context,
            timeout_seconds=max(deadline - self._clock.monotonic(), 0.0),
        )
