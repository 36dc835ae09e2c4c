"""``clusterimport_probe_*``, ``clusterimport_credential_*``: what is seen of imported clusters.

Labels name policies and reasons. Series with the name of a cluster exist only where a flag asks
for them: there may be 10 000 clusters, and the endpoint is not authenticated.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clusterimport.aio import Clock

_DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REACHABLE = "Reachable"


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
        self._expiries = _Expiries(clock, by_cluster=by_cluster)
        registry.register(self._expiries)
        # Clusters that have a series of their own.
        self._known: set[str] = set()
        # policy -> the reasons that have a series, to drop them with the policy.
        self._reasons: dict[str, set[str]] = {}

    def probed(self, policy: str, cluster: str, reason: str, seconds: float) -> None:
        """Count a probe."""
        self._reasons.setdefault(policy, set()).add(reason)
        self._durations.labels(policy).observe(seconds)
        self._results.labels(policy, reason).inc()
        if self._reachable is not None:
            self._known.add(cluster)
            self._reachable.labels(cluster).set(reason == _REACHABLE)

    def credential_expires(self, policy: str, cluster: str, at: float | None) -> None:
        """Set when the first credential of a cluster ends."""
        self._expiries.set(policy, cluster, at)

    def forget_cluster(self, cluster: str) -> None:
        """Drop what is known of a cluster."""
        self._expiries.set("", cluster, None)
        if self._reachable is not None and cluster in self._known:
            self._known.discard(cluster)
            self._reachable.remove(cluster)

    def forget_policy(self, policy: str) -> None:
        """Drop the series of a policy; what is known of its clusters then has none."""
        self._expiries.disown(policy)
        reasons = self._reasons.pop(policy, None)
        if reasons is None:
            return
        self._durations.remove(policy)
        for reason in reasons:
            self._results.remove(policy, reason)


class _Expiries(Collector):
    """Computes the time left when it is asked for: nothing else would keep it true."""

    def __init__(self, clock: Clock, *, by_cluster: bool) -> None:
        self._clock = clock
        self._by_cluster = by_cluster
        # cluster -> its policy and the end of its first credential, in Unix seconds.
        self._ends: dict[str, tuple[str, float]] = {}

    def set(self, policy: str, cluster: str, at: float | None) -> None:
        """Set or forget the end of a cluster's credentials."""
        if at is None:
            self._ends.pop(cluster, None)
        else:
            self._ends[cluster] = (policy, at)

    def disown(self, policy: str) -> None:
        """Let the clusters of a policy be nobody's."""
        for cluster, (owner, at) in self._ends.items():
            if owner == policy:
                self._ends[cluster] = ("", at)

    def describe(self) -> Iterable[Metric]:
        """Name the series without computing them."""
        return list(self._families())

    def collect(self) -> Iterator[Metric]:
        """Return the shortest time left of each policy's clusters, and of each where asked."""
        now = self._clock.now().timestamp()
        shortest, each = self._families()
        ends: dict[str, float] = {}
        for cluster, (policy, at) in self._ends.items():
            ends[policy] = min(at, ends.get(policy, at))
            if self._by_cluster:
                each.add_metric((cluster,), at - now)
        for policy, at in ends.items():
            shortest.add_metric((policy,), at - now)
        yield shortest
        if self._by_cluster:
            yield each

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "clusterimport_credential_expiry_seconds",
                "Time until the first credential of a policy's clusters ends; negative: it has.",
                labels=("policy",),
            ),
            GaugeMetricFamily(
                "clusterimport_cluster_credential_expiry_seconds",
                "Time until the first credential of a cluster ends; negative: it has.",
                labels=("cluster",),
            ),
        )
