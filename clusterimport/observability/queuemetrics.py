"""``workqueue_*``: the families of client-go, with controller-runtime's labels.

Both labels, ``name`` and ``controller``, carry the queue's name, as in controller-runtime. Work in
process is read from the queues at each scrape, which is fresher than a timer.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from clusterimport.workqueue.metrics import RunningWork

_LABELS = ("name", "controller")
_DURATION_BUCKETS = tuple(10.0**power for power in range(-8, 4))
"""client-go's: 10 ns to 1000 s."""


class PrometheusQueues(Collector):
    """The families that all queues share."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.depth = Gauge(
            "workqueue_depth",
            "Keys that wait, by priority.",
            (*_LABELS, "priority"),
            registry=registry,
        )
        self.adds = Counter(
            "workqueue_adds_total", "Keys that entered the queue.", _LABELS, registry=registry
        )
        self.retries = Counter(
            "workqueue_retries_total",
            "Keys that were put off to a later time.",
            _LABELS,
            registry=registry,
        )
        self.queue_duration = Histogram(
            "workqueue_queue_duration_seconds",
            "How long a key waited before a worker took it.",
            _LABELS,
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self.work_duration = Histogram(
            "workqueue_work_duration_seconds",
            "How long a worker held a key.",
            _LABELS,
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self._running: dict[str, RunningWork | None] = {}
        registry.register(self)

    def queue(self, name: str) -> "PrometheusQueue":
        """Return the metrics of one queue, all series at zero."""
        self._running.setdefault(name, None)
        return PrometheusQueue(self, name)

    def attach(self, name: str, running: RunningWork) -> None:
        """Read the work in process of the queue of this name from ``running``.

        A queue is made anew in every term of a leader; the last one counts.
        """
        self._running[name] = running

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the families that are read at scrape time."""
        yield from _running_families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the work in process now."""
        unfinished, longest = _running_families()
        for name, running in self._running.items():
            unfinished.add_metric((name, name), running.unfinished_work_seconds() if running else 0)
            longest.add_metric((name, name), running.longest_running_seconds() if running else 0)
        yield unfinished
        yield longest


class PrometheusQueue:
    """Implements ``workqueue.QueueMetrics``."""

    def __init__(self, families: PrometheusQueues, name: str) -> None:
        self._name = name
        self._families = families
        self._depths: dict[int, Gauge] = {}
        self._adds = families.adds.labels(name, name)
        self._retries = families.retries.labels(name, name)
        self._queue_duration = families.queue_duration.labels(name, name)
        self._work_duration = families.work_duration.labels(name, name)
        self.set_depth(0, 0)

    def attach(self, running: RunningWork) -> None:
        """Remember where to read the work in process."""
        self._families.attach(self._name, running)

    def set_depth(self, priority: int, items: int) -> None:
        """Show how many keys wait at a priority."""
        depth = self._depths.get(priority)
        if depth is None:
            depth = self._families.depth.labels(self._name, self._name, str(priority))
            self._depths[priority] = depth
        depth.set(items)

    def inc_adds(self) -> None:
        """Count a key that entered the queue."""
        self._adds.inc()

    def inc_retries(self) -> None:
        """Count a key that was put off."""
        self._retries.inc()

    def observe_queue_duration(self, seconds: float) -> None:
        """Record how long a key waited."""
        self._queue_duration.observe(seconds)

    def observe_work_duration(self, seconds: float) -> None:
        """Record how long a worker held a key."""
        self._work_duration.observe(seconds)


def _running_families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily(
            "workqueue_unfinished_work_seconds",
            "Sum of the seconds that keys in process have been there.",
            labels=_LABELS,
        ),
        GaugeMetricFamily(
            "workqueue_longest_running_processor_seconds",
            "Seconds that the oldest key in process has been there.",
            labels=_LABELS,
        ),
    )
