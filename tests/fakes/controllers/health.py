"""Clusters that answer by script, and what is counted of them."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Collection
from datetime import datetime

from clusterimport.controllers.pediaclusters.options import HealthOptions
from clusterimport.model.connection import Connection
from clusterimport.model.tenant import Tenant
from clusterimport.probing import ProbeReason, ProbeResult

REACHABLE = ProbeResult(ProbeReason.REACHABLE, "it answers", "v1.36.2", is_answer=True)
TIMEOUT = ProbeResult(ProbeReason.TIMEOUT, "look at the firewall")
UNTRIED = ProbeResult(ProbeReason.UNTRIED, "for want of threads")
UNAUTHORIZED = ProbeResult(ProbeReason.UNAUTHORIZED, "renew it", is_answer=True)


class ScriptedProbe:
    """A probe with the results that a test put on its cluster."""

    def __init__(
        self, clusters: "ScriptedClusters", connection: Connection, tenant: Tenant
    ) -> None:
        self._clusters = clusters
        self.connection = connection
        self.tenant = tenant
        self.is_closed = False

    async def run(self, *, is_first: bool = False) -> ProbeResult:
        """Answer after a while, and remember that it was asked."""
        assert not self.is_closed
        clusters = self._clusters
        clusters.firsts.append(is_first)
        clusters.asked.append(self.connection.server)
        clusters.times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(clusters.seconds)
        return clusters.results.get(self.connection.server, REACHABLE)

    @property
    def is_light(self) -> bool:
        """Whether it may stay between two runs."""
        return self._clusters.are_light

    async def aclose(self) -> None:
        """Remember that it is closed; fail at it where a test wants that."""
        self.is_closed = True
        if self._clusters.fails_to_close:
            raise OSError


class ScriptedClusters:
    """All clusters of a test, by the URL of their server."""

    def __init__(self) -> None:
        self.results: dict[str, ProbeResult] = {}
        self.seconds = 0.0
        self.firsts: list[bool] = []
        """Of each run, whether there was no verdict on its cluster yet."""
        self.fails_to_close = False
        self.are_light = True
        self.asked: list[str] = []
        self.times: list[float] = []
        self.probes: list[ScriptedProbe] = []

    def make_probe(self, connection: Connection, tenant: Tenant) -> ScriptedProbe:
        """Return a probe of one of them."""
        probe = ScriptedProbe(self, connection, tenant)
        self.probes.append(probe)
        return probe

    @property
    def open_probes(self) -> list[ScriptedProbe]:
        """Probes whose connection is open."""
        return [probe for probe in self.probes if not probe.is_closed]


class CountingHealthMetrics:
    """Counts calls, and keeps what is known of each cluster."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.expiries: dict[str, tuple[str, float | None]] = {}
        self.features: dict[str, tuple[str, set[str]]] = {}

    def probed(self, policy: str, cluster: str, reason: str, seconds: float) -> None:
        self.counts[f"{policy}: {cluster} {reason}"] += 1
        self.seconds.append(seconds)

    def credential_read(
        self, policy: str, cluster: str, expires_at: float | None, features: Collection[str]
    ) -> None:
        self.expiries[cluster] = (policy, expires_at)
        self.features[cluster] = (policy, set(features))

    def forget_cluster(self, cluster: str) -> None:
        self.counts[f"forgot {cluster}"] += 1
        self.expiries.pop(cluster, None)
        self.features.pop(cluster, None)

    def forget_policy(self, policy: str) -> None:
        self.counts[f"forgot policy {policy}"] += 1


def token_until(end: datetime) -> str:
    """Return a token that says when it ends."""
    parts: tuple[dict[str, object], ...] = ({"alg": "none"}, {"exp": end.timestamp()}, {})
    texts = (json.dumps(part).encode() for part in parts)
    return ".".join(base64.urlsafe_b64encode(text).decode().rstrip("=") for text in texts)


def unprobed() -> HealthOptions:
    """Return the options of an installation that probes nothing."""
    return HealthOptions(make_probe=ScriptedClusters().make_probe, interval_seconds=0.0)
