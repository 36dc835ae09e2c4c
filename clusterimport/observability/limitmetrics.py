"""``clusterimport_limit_reached_total``: which bounds are met, by whomever."""

from prometheus_client import CollectorRegistry, Counter

from clusterimport.limits.counted import Limit


class PrometheusLimits:
    """Implements ``limits.LimitMetrics``; every series is there from the start, at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._reached = Counter(
            "clusterimport_limit_reached_total",
            "Refusals, delays and cuts for the sake of a bound, by bound.",
            ("limit",),
            registry=registry,
        )
        for limit in Limit:
            self._reached.labels(limit.value)

    def limit_reached(self, limit: Limit) -> None:
        """Count one."""
        self._reached.labels(limit.value).inc()
