"""``clusterimport_credential_*``: what imported credentials tell of themselves."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clusterimport.aio import Clock


class _Facts(NamedTuple):
    """About one cluster's credentials; ``expires_at`` is None where they never say."""

    policy: str
    expires_at: float | None
    features: tuple[str, ...]


class CredentialCollector(Collector):
    """Computes the time left when it is asked for: nothing else would keep it true."""

    def __init__(self, clock: Clock, *, by_cluster: bool) -> None:
        self._clock = clock
        self._by_cluster = by_cluster
        self._facts: dict[str, _Facts] = {}

    def set(
        self, policy: str, cluster: str, expires_at: float | None, features: Collection[str]
    ) -> None:
        """Set what a cluster's credentials tell; of most there is nothing to keep."""
        if expires_at is None and not features:
            self.forget(cluster)
        else:
            self._facts[cluster] = _Facts(policy, expires_at, tuple(sorted(features)))

    def forget(self, cluster: str) -> None:
        """Drop a cluster."""
        self._facts.pop(cluster, None)

    def disown(self, policy: str) -> None:
        """Let the clusters of a policy be nobody's."""
        for cluster, facts in self._facts.items():
            if facts.policy == policy:
                self._facts[cluster] = facts._replace(policy="")

    def describe(self) -> Iterable[Metric]:
        """Name the series without computing them."""
        return list(self._families())

    def collect(self) -> Iterator[Metric]:
        """Return sums and shortest times by policy, and what is asked for by cluster."""
        now = self._clock.now().timestamp()
        shortest, used, each = self._families()
        ends: dict[str, float] = {}
        counts: Counter[tuple[str, str]] = Counter()
        for cluster, (policy, at, features) in self._facts.items():
            counts.update((policy, feature) for feature in features)
            if at is None:
                continue
            ends[policy] = min(at, ends.get(policy, at))
            if self._by_cluster:
                each.add_metric((cluster,), at - now)
        for policy, at in ends.items():
            shortest.add_metric((policy,), at - now)
        for key, count in counts.items():
            used.add_metric(key, count)
        yield from (shortest, used)
        if self._by_cluster:
            yield each

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily(
                "clusterimport_credential_expiry_seconds",
                "Time until the first credential of a policy's clusters ends; negative: it has.",
                labels=("policy",),
            ),
            GaugeMetricFamily(
                "clusterimport_credential_features",
                "Clusters whose credentials use a feature that had to be allowed.",
                labels=("policy", "feature"),
            ),
            GaugeMetricFamily(
                "clusterimport_cluster_credential_expiry_seconds",
                "Time until the first credential of a cluster ends; negative: it has.",
                labels=("cluster",),
            ),
        )
