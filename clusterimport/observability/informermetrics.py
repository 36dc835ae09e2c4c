"""``reflector_*``: the families of client-go, and what it does not tell of its informers.

``name`` is the text of an informer's spec. Staleness is computed at each scrape, so that a program
that stands still cannot hide it.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Summary
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from clusterimport.aio import Clock

_NAME = ("name",)


class PrometheusInformers(Collector):
    """Implements ``informers.InformerMetrics``."""

    def __init__(self, registry: CollectorRegistry, *, clock: Clock) -> None:
        self._clock = clock
        # name -> monotonic seconds; before it heard anything, an informer counts from its start.
        self._last_heard: dict[str, float] = {}
        self._lists = _counter(registry, "reflector_lists", "Complete lists.")
        self._list_seconds = _summary(registry, "reflector_list_duration_seconds", "Per list.")
        self._list_items = _summary(registry, "reflector_items_per_list", "Objects per list.")
        self._watches = _counter(registry, "reflector_watches", "Watch requests.")
        self._short_watches = _counter(
            registry, "reflector_short_watches", "Watches that ended at once without an event."
        )
        self._watch_seconds = _summary(registry, "reflector_watch_duration_seconds", "Per watch.")
        self._watch_items = _summary(registry, "reflector_items_per_watch", "Events per watch.")
        self._version = _gauge(
            registry, "reflector_last_resource_version", "How far the informer has come."
        )
        self._crashes = _counter(
            registry, "clusterimport_informer_crashes", "Informers that ended by a bug."
        )
        self._dead_watches = _counter(
            registry,
            "clusterimport_informer_dead_watches",
            "Watches given up because they were silent while the type moved on.",
        )
        self._contradictions = _counter(
            registry,
            "clusterimport_informer_contradictions",
            "Lists that were made because live answers contradicted the cache.",
        )
        self._handler_failures = _counter(
            registry, "clusterimport_informer_handler_failures", "Handlers that raised."
        )
        self._kept = _gauge(registry, "clusterimport_informer_objects", "Objects that are kept.")
        self._seen = _gauge(
            registry, "clusterimport_informer_objects_seen", "Objects that the server has."
        )
        self._bytes = _gauge(
            registry, "clusterimport_informer_bytes", "JSON that is kept of other people's objects."
        )
        self._failures = _counter(
            registry,
            "clusterimport_informer_request_failures",
            "Failed requests by class of error.",
            ("operation", "reason"),
        )
        self._ignored = _counter(
            registry,
            "clusterimport_informer_events_ignored",
            "Events that changed nothing.",
            ("why",),
        )
        self._plain: tuple[Counter | Gauge | Summary, ...] = (
            *(self._lists, self._list_seconds, self._list_items),
            *(self._watches, self._short_watches, self._watch_seconds, self._watch_items),
            *(self._version, self._crashes, self._dead_watches, self._handler_failures),
            *(self._kept, self._seen, self._bytes, self._contradictions),
        )
        registry.register(self)

    def informer_started(self, name: str) -> None:
        """Create every series of an informer at zero."""
        for family in self._plain:
            family.labels(name)
        self._last_heard[name] = self._clock.monotonic()

    def informer_stopped(self, name: str) -> None:
        """Drop the series of an informer that nobody uses any more."""
        if self._last_heard.pop(name, None) is None:
            return
        for family in (*self._plain, self._failures, self._ignored):
            family.remove_by_labels({"name": name})

    def informer_crashed(self, name: str) -> None:
        """Count an informer that ended by a bug."""
        self._crashes.labels(name).inc()

    def listed(self, name: str, seconds: float, items: int) -> None:
        """Count a complete list."""
        self._lists.labels(name).inc()
        self._list_seconds.labels(name).observe(seconds)
        self._list_items.labels(name).observe(items)

    def watch_started(self, name: str) -> None:
        """Count a watch request."""
        self._watches.labels(name).inc()

    def watch_ended(self, name: str, seconds: float, items: int) -> None:
        """Record how long a watch lasted and how many events it brought."""
        self._watch_seconds.labels(name).observe(seconds)
        self._watch_items.labels(name).observe(items)

    def short_watch(self, name: str) -> None:
        """Count a watch that ended at once without an event."""
        self._short_watches.labels(name).inc()

    def contradicted(self, name: str) -> None:
        """Count a list that live answers made necessary."""
        self._contradictions.labels(name).inc()

    def dead_watch(self, name: str) -> None:
        """Count a watch that was given up."""
        self._dead_watches.labels(name).inc()

    def request_failed(self, name: str, operation: str, reason: str) -> None:
        """Count a failed request."""
        self._failures.labels(name, operation, reason).inc()

    def event_ignored(self, name: str, why: str) -> None:
        """Count an event that changed nothing."""
        self._ignored.labels(name, why).inc()

    def handler_failed(self, name: str) -> None:
        """Count a handler that raised."""
        self._handler_failures.labels(name).inc()

    def last_resource_version(self, name: str, version: int) -> None:
        """Show how far the informer has come."""
        self._version.labels(name).set(version)

    def last_heard(self, name: str, monotonic_seconds: float) -> None:
        """Remember when the server last sent anything."""
        self._last_heard[name] = monotonic_seconds

    def objects(self, name: str, kept: int, seen: int, size_bytes: int) -> None:
        """Show how many objects are kept, how many the server has, and what those kept take."""
        self._kept.labels(name).set(kept)
        self._seen.labels(name).set(seen)
        self._bytes.labels(name).set(size_bytes)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the family that is computed at scrape time."""
        yield _staleness()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Compute the staleness of every informer now."""
        family = _staleness()
        for name, heard in self._last_heard.items():
            family.add_metric((name,), max(0.0, self._clock.monotonic() - heard))
        yield family


def _staleness() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "clusterimport_informer_staleness_seconds",
        "Seconds since the server last sent anything to an informer; bookmarks count.",
        labels=_NAME,
    )


def _counter(
    registry: CollectorRegistry, name: str, text: str, labels: tuple[str, ...] = ()
) -> Counter:
    return Counter(f"{name}_total", text, (*_NAME, *labels), registry=registry)


def _gauge(registry: CollectorRegistry, name: str, text: str) -> Gauge:
    return Gauge(name, text, _NAME, registry=registry)


def _summary(registry: CollectorRegistry, name: str, text: str) -> Summary:
    # A Summary, as in controller-runtime: count and sum are enough for a mean, and cheap.
    return Summary(name, text, _NAME, registry=registry)
