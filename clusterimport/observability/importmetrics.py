"""``clusterimport_*``: what operators watch of the import itself, and of the bounds that it meets.

Labels name policies, types, states and reasons, never a source or a cluster: the endpoint is not
authenticated, and there may be 10 000 of them.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from clusterimport.limits.counted import Limit, LimitMetrics

_LATENCY_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_WRITTEN = ("pediaclusterlifecycles", "pediaclusters")
_VERBS = ("create", "patch", "delete")
_KINDS = ("selector", "name", "reference", "condition", "template")


class PrometheusImports:
    """Implements ``controllers.ImportMetrics``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sources = Gauge(
            "clusterimport_sources",
            "Sources of a policy by state.",
            ("policy", "state"),
            registry=registry,
        )
        self._latency = Histogram(
            "clusterimport_import_latency_seconds",
            "Time from first seeing a ready source to its PediaCluster.",
            buckets=_LATENCY_BUCKETS,
            registry=registry,
        )
        self._writes = Counter(
            "clusterimport_writes_total",
            "Writes that the server accepted.",
            ("resource", "verb"),
            registry=registry,
        )
        self._blocked = Gauge(
            "clusterimport_deletions_blocked",
            "Deletions of a policy that wait for a person.",
            ("policy",),
            registry=registry,
        )
        self._decisions = Counter(
            "clusterimport_delete_blocked_total",
            "Decisions not to delete.",
            ("policy",),
            registry=registry,
        )
        self._rejected = Counter(
            "clusterimport_rejected_total",
            "Sources that became rejected, by reason.",
            ("policy", "reason"),
            registry=registry,
        )
        # policy -> the states and reasons that have a series, to drop them with the policy.
        self._states: dict[str, set[str]] = {}
        self._reasons: dict[str, set[str]] = {}
        for resource in _WRITTEN:
            for verb in _VERBS:
                self._writes.labels(resource, verb)

    def sources(self, policy: str, state: str, count: int) -> None:
        """Show how many sources of a policy are in a state; the first time makes its series."""
        self._know(policy).add(state)
        self._sources.labels(policy, state).set(count)

    def forget_policy(self, policy: str) -> None:
        """Drop the series of a policy that is gone."""
        states = self._states.pop(policy, None)
        if states is None:
            return
        for state in states:
            self._sources.remove(policy, state)
        for reason in self._reasons.pop(policy, ()):
            self._rejected.remove(policy, reason)
        self._blocked.remove(policy)
        self._decisions.remove(policy)

    def import_latency(self, seconds: float) -> None:
        """Record the time from a ready source to its PediaCluster."""
        self._latency.observe(seconds)

    def written(self, resource: str, verb: str) -> None:
        """Count a write that the server accepted."""
        self._writes.labels(resource, verb).inc()

    def deletions_blocked(self, policy: str, count: int) -> None:
        """Show how many deletions of a policy wait."""
        self._know(policy)
        self._blocked.labels(policy).set(count)

    def delete_blocked(self, policy: str) -> None:
        """Count one decision not to delete."""
        self._know(policy)
        self._decisions.labels(policy).inc()

    def rejected(self, policy: str, reason: str) -> None:
        """Count a source that became rejected."""
        self._know(policy)
        self._reasons.setdefault(policy, set()).add(reason)
        self._rejected.labels(policy, reason).inc()

    def term_ended(self) -> None:
        """Drop the numbers of sources, and show that no deletion waits here."""
        for policy, states in self._states.items():
            for state in states:
                self._sources.remove(policy, state)
            states.clear()
            self._blocked.labels(policy).set(0)

    def _know(self, policy: str) -> set[str]:
        states = self._states.get(policy)
        if states is None:
            states = self._states[policy] = set()
            self._blocked.labels(policy)
            self._decisions.labels(policy)
        return states


class PrometheusEngine:
    """Implements ``engine.EngineMetrics``; bounds are counted with all the others."""

    def __init__(self, registry: CollectorRegistry, limits: LimitMetrics) -> None:
        self.limit_reached = limits.limit_reached
        evaluations = Counter(
            "clusterimport_evaluations_total",
            "Template evaluations by kind.",
            ("kind",),
            registry=registry,
        )
        self._counters = {kind: evaluations.labels(kind) for kind in _KINDS}
        self._family = evaluations

    def evaluated(self, kind: str) -> None:
        """Count one evaluation."""
        counter = self._counters.get(kind)
        if counter is None:
            counter = self._counters[kind] = self._family.labels(kind)
        counter.inc()


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
