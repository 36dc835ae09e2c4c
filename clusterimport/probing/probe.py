"""The probe of one cluster: is its API server reachable and ready, and which version is it."""

import asyncio
import dataclasses
from typing import Final

from clusterimport.limits.probes import PROBE_SECONDS
from clusterimport.model.connection import Connection
from clusterimport.model.tenant import Tenant
from clusterimport.probing.answers import judge_readiness, judge_version
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.channel import Dialing, ProbeAnswer, ProbeChannel
from clusterimport.probing.connections import CONNECTION_BYTES, Kept
from clusterimport.probing.failures import explain, explain_timeout
from clusterimport.probing.result import ProbeResult
from clusterimport.probing.target import ProbeTarget

_LIGHT_BYTES: Final = 16 * 1024
"""Size of a credential that may stay in memory while its cluster fails; a usual one has 5 KiB."""


class ClusterProbe:
    """Asks one API server, over a connection of its own that is kept between two runs.

    ``/readyz`` (where there is none: ``/healthz``), then ``/version``, under the path of the
    server's address. Redirects are not followed, and the credential goes to that address only.
    The certificate is verified for the address's host or ``tls_server_name``.

    One run at a time. What it keeps is what makes a thousand of them cheap: an idle connection
    while the cluster is healthy and there is room for it, else nothing.
    """

    __slots__ = ("_channel", "_connection", "_dialer", "_kept", "_timeout_seconds", "tenant")

    def __init__(
        self,
        connection: Connection,
        *,
        tenant: Tenant,
        dialer: Dialing,
        timeout_seconds: float = PROBE_SECONDS,
    ) -> None:
        self.tenant = tenant
        self._connection = connection
        self._dialer = dialer
        self._timeout_seconds = timeout_seconds
        self._channel = ProbeChannel(dialer)
        self._kept: Kept | None = None

    @property
    def is_light(self) -> bool:
        """Whether it may stand between two runs: what it holds is little, or in the books."""
        return self._kept is not None or _size(self._connection) <= _LIGHT_BYTES

    async def run(self, *, is_first: bool = False) -> ProbeResult:
        """Return the verdict; raises nothing but CancelledError.

        The first of a cluster waits before its tenant's others for what there is little of.

        The cluster has its time limit, and this process as much again for its own waits.
        """
        self._release()
        result, cpu_seconds = None, 0.0
        attempt: Attempt | None = None
        try:
            async with asyncio.timeout(self._timeout_seconds) as limit:
                attempt = Attempt(self.tenant, limit, is_first=is_first)
                result = await self._probe(attempt)
        except Exception as error:  # noqa: BLE001  whatever it is, it is no verdict to lack one
            if limit.expired():
                result = explain_timeout(self._channel.stream, _seconds_late(limit))
            else:
                result = explain(error, self._channel.stream)
        finally:
            if attempt is not None:
                cpu_seconds = attempt.cpu_seconds
            # A connection that is not known to be at rest would answer the next question with
            # the rest of this answer.
            if result is None or not result.is_healthy or not self._keep():
                self._channel.close()
        return dataclasses.replace(result, cpu_seconds=cpu_seconds)

    def drop(self) -> None:
        """Close the connection that is kept; a later run makes a new one."""
        self._channel.close()
        self._kept = None

    async def aclose(self) -> None:
        """Close the connection, and let its place go to others."""
        self._release()
        self._dialer.connections.forget(self)
        self._channel.close()

    def _keep(self) -> bool:
        channel = self._channel
        if channel.stream is None:
            return False
        weight = CONNECTION_BYTES + channel.stream.presented_weight + _size(self._connection)
        kept = Kept(self, weight, channel.trust_id, channel.trust_weight)
        if not self._dialer.connections.keep(kept):
            return False
        self._kept = kept
        return True

    def _release(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            self._dialer.connections.release(kept)

    async def _probe(self, attempt: Attempt) -> ProbeResult:
        target = ProbeTarget.of(self._connection)
        readiness = await self._get("/readyz", target, attempt)
        if readiness.status == 404:
            readiness = await self._get("/healthz", target, attempt)
        refusal = judge_readiness(readiness)
        return refusal or judge_version(await self._get("/version", target, attempt))

    async def _get(self, path: str, target: ProbeTarget, attempt: Attempt) -> ProbeAnswer:
        request = target.request(path, self._connection)
        return await self._channel.ask(request, target, self._connection, attempt)


def _size(connection: Connection) -> int:
    parts = (connection.ca_data, connection.cert_data, connection.key_data, connection.token)
    return sum(map(len, parts))


def _seconds_late(limit: asyncio.Timeout) -> float:
    """Return how much too late a time limit has ended, which then was not the cluster's."""
    deadline = limit.when()
    return asyncio.get_running_loop().time() - deadline if deadline is not None else 0.0
