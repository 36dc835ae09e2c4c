"""``rest_client_*``: the families of client-go; and what else is seen of the API server.

Series of requests appear with the first one: hosts are known only then. For how long the server has
been silent is computed at each scrape, so a program that stands still, or has nobody to ask, cannot
hide it.
"""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_LABELS = ("verb", "host")
_DURATION_BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
_SIZE_BUCKETS = tuple(
    float(size)
    for size in (64, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216)
)
"""client-go's: 64 bytes to 16 MiB."""


class PrometheusRest:
    """Implements ``kube.RestMetrics``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "rest_client_requests_total",
            "Answers by code; <error> where none came.",
            ("code", "method", "host"),
            registry=registry,
        )
        self._retries = Counter(
            "rest_client_request_retries_total",
            "Requests that were sent again.",
            ("code", *_LABELS),
            registry=registry,
        )
        self._duration = _histogram(
            registry,
            "rest_client_request_duration_seconds",
            "Time to the whole answer.",
            _DURATION_BUCKETS,
        )
        self._throttled = _histogram(
            registry,
            "rest_client_rate_limiter_duration_seconds",
            "Time a request waited for a limit of our own.",
            _DURATION_BUCKETS,
        )
        self._request_size = _histogram(
            registry, "rest_client_request_size_bytes", "Size of what was sent.", _SIZE_BUCKETS
        )
        self._response_size = _histogram(
            registry, "rest_client_response_size_bytes", "Size of the answers.", _SIZE_BUCKETS
        )
        self._skipped_events = Counter(
            "clusterimport_watch_events_skipped_total",
            "Watch events that were not understood and changed nothing.",
            ("resource", "reason"),
            registry=registry,
        )

    def request_finished(self, *, code: str, method: str, host: str) -> None:
        """Count one answer."""
        self._requests.labels(code, method, host).inc()

    def request_duration(self, seconds: float, *, verb: str, host: str) -> None:
        """Record the time to the whole answer."""
        self._duration.labels(verb, host).observe(seconds)

    def request_size(self, size_bytes: int, *, verb: str, host: str) -> None:
        """Record the size of a body that was sent."""
        self._request_size.labels(verb, host).observe(size_bytes)

    def response_size(self, size_bytes: int, *, verb: str, host: str) -> None:
        """Record the size of a body that was received."""
        self._response_size.labels(verb, host).observe(size_bytes)

    def request_retried(self, *, code: str, verb: str, host: str) -> None:
        """Count a repetition inside the client."""
        self._retries.labels(code, verb, host).inc()

    def rate_limited(self, seconds: float, *, verb: str, host: str) -> None:
        """Record a wait on our side."""
        self._throttled.labels(verb, host).observe(seconds)

    def watch_event_skipped(self, *, resource: str, reason: str) -> None:
        """Count an event that was not understood."""
        self._skipped_events.labels(resource, reason).inc()


def _histogram(
    registry: CollectorRegistry, name: str, text: str, buckets: tuple[float, ...]
) -> Histogram:
    return Histogram(name, text, _LABELS, buckets=buckets, registry=registry)


class PrometheusSilence(Collector):
    """One series for each thing that is followed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._followed: dict[str, Callable[[], float]] = {}
        registry.register(self)

    def follow(self, of: str, seconds: Callable[[], float]) -> None:
        """Show for how long nothing has come of something."""
        self._followed[of] = seconds

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the family."""
        yield _family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Compute all series now."""
        family = _family()
        for of, seconds in self._followed.items():
            family.add_metric((of,), max(0.0, seconds()))
        yield family


def _family() -> GaugeMetricFamily:
    return GaugeMetricFamily(
        "clusterimport_silence_seconds",
        "Seconds since the API server last answered: at all, and about the lease.",
        labels=("of",),
    )
