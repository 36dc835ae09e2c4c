"""``clusterimport_probe_*``: what is seen of imported clusters.

Labels name policies and reasons. Series with the name of a cluster exist only where a flag asks
for them: there may be 10 000 clusters, and the endpoint is not authenticated.
"""

from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from clusterimport.aio import Clock
from clusterimport.observability.credentialmetrics import CredentialCollector

_DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REACHABLE = "Reachable"
_UNTRIED = "Probing"


class PrometheusHealth:
    """Implements ``controllers.HealthMetrics``."""

    def __init__(
        self, registry: CollectorRegistry, *, clock: Clock, by_cluster: bool = False
    ) -> None:
        self._durations = Histogram(
            "clusterimport_probe_duration_seconds",
            "Time of a probe of an imported cluster.",
            ("policy",),
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self._results = Counter(
            "clusterimport_probes_total",
            "Probes of imported clusters by result.",
            ("policy", "reason"),
            registry=registry,
        )
        self._reachable = (
            Gauge(
                "clusterimport_cluster_reachable",
                "Whether the last probe of a cluster succeeded.",
                ("cluster",),
                registry=registry,
            )
            if by_cluster
            else None
        )
        self._credentials = CredentialCollector(clock, by_cluster=by_cluster)
        registry.register(self._credentials)
        # Clusters that have a series of their own.
        self._known: set[str] = set()
        # policy -> the reasons that have a series, to drop them with the policy.
        self._reasons: dict[str, set[str]] = {}

    def probed(self, policy: str, cluster: str, reason: str, seconds: float) -> None:
        """Count a probe."""
        self._reasons.setdefault(policy, set()).add(reason)
        self._durations.labels(policy).observe(seconds)
        self._results.labels(policy, reason).inc()
        if self._reachable is not None and reason != _UNTRIED:
            self._known.add(cluster)
            self._reachable.labels(cluster).set(reason == _REACHABLE)

    def credential_read(
        self, policy: str, cluster: str, expires_at: float | None, features: Collection[str]
    ) -> None:
        """Set when the first credential of a cluster ends, and what of them had to be allowed."""
        self._credentials.set(policy, cluster, expires_at, features)

    def forget_cluster(self, cluster: str) -> None:
        """Drop what is known of a cluster."""
        self._credentials.forget(cluster)
        if self._reachable is not None and cluster in self._known:
            self._known.discard(cluster)
            self._reachable.remove(cluster)

    def forget_policy(self, policy: str) -> None:
        """Drop the series of a policy; what is known of its clusters then has none."""
        self._credentials.disown(policy)
        reasons = self._reasons.pop(policy, None)
        if reasons is None:
            return
        self._durations.remove(policy)
        for reason in reasons:
            self._results.remove(policy, reason)
