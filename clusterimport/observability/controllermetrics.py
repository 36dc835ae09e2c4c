"""``controller_runtime_*`` and ``workqueue_*``: the families of controllers and their queues.

Labels and buckets are those of controller-runtime and client-go. Both labels of a queue, ``name``
and ``controller``, carry its name, as in controller-runtime. Work in process is read from the
queues at each scrape, which is fresher than a timer.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from clusterimport.workqueue.metrics import RunningWork

_LABELS = ("controller",)
_RESULTS = ("success", "error", "requeue", "requeue_after")
# fmt: off
_TIME_BUCKETS = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9,
    1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0,
    25.0, 30.0, 40.0, 50.0, 60.0,
)
# fmt: on

_QUEUE_LABELS = ("name", "controller")
_DURATION_BUCKETS = tuple(10.0**power for power in range(-8, 4))
"""client-go's: 10 ns to 1000 s."""


class PrometheusControllers:
    """Implements ``controllers.ControllerMetrics``."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._reconciles = Counter(
            "controller_runtime_reconcile_total",
            "Reconciles by result.",
            (*_LABELS, "result"),
            registry=registry,
        )
        self._errors = _counter(registry, "reconcile_errors", "Reconciles that failed.")
        self._kinds = {
            "terminal": _counter(
                registry, "terminal_reconcile_errors", "Failures that are not retried."
            ),
            "panic": _counter(registry, "reconcile_panics", "Failures that are bugs."),
            "timeout": _counter(registry, "reconcile_timeouts", "Reconciles cut off."),
        }
        self._time = Histogram(
            "controller_runtime_reconcile_time_seconds",
            "Time per reconcile.",
            _LABELS,
            buckets=_TIME_BUCKETS,
            registry=registry,
        )
        self._max_concurrent = Gauge(
            "controller_runtime_max_concurrent_reconciles",
            "Workers of a controller.",
            _LABELS,
            registry=registry,
        )
        self._active = Gauge(
            "controller_runtime_active_workers",
            "Workers that are busy.",
            _LABELS,
            registry=registry,
        )

    def controller_started(self, controller: str, workers: int) -> None:
        """Create every series of a controller at zero."""
        self._max_concurrent.labels(controller).set(workers)
        # A controller starts anew in every term; those cut off in the last one are not busy.
        self._active.labels(controller).set(0)
        self._time.labels(controller)
        for result in _RESULTS:
            self._reconciles.labels(controller, result)
        for counter in (self._errors, *self._kinds.values()):
            counter.labels(controller)

    def reconciled(self, controller: str, result: str, seconds: float) -> None:
        """Count one reconcile and its time."""
        self._reconciles.labels(controller, result).inc()
        self._time.labels(controller).observe(seconds)

    def reconcile_failed(self, controller: str, kind: str) -> None:
        """Count a failure, which every kind is, and the kind where there is a series for it."""
        self._errors.labels(controller).inc()
        counter = self._kinds.get(kind)
        if counter is not None:
            counter.labels(controller).inc()

    def active_workers(self, controller: str, delta: int) -> None:
        """Follow how many workers are busy."""
        self._active.labels(controller).inc(delta)


def _counter(registry: CollectorRegistry, name: str, text: str) -> Counter:
    return Counter(f"controller_runtime_{name}_total", text, _LABELS, registry=registry)


class PrometheusQueues(Collector):
    """The families that all queues share."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.depth = Gauge(
            "workqueue_depth",
            "Keys that wait, by priority.",
            (*_QUEUE_LABELS, "priority"),
            registry=registry,
        )
        self.adds = Counter(
            "workqueue_adds_total", "Keys that entered the queue.", _QUEUE_LABELS, registry=registry
        )
        self.retries = Counter(
            "workqueue_retries_total",
            "Keys that were put off to a later time.",
            _QUEUE_LABELS,
            registry=registry,
        )
        self.queue_duration = Histogram(
            "workqueue_queue_duration_seconds",
            "How long a key waited before a worker took it.",
            _QUEUE_LABELS,
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        self.work_duration = Histogram(
            "workqueue_work_duration_seconds",
            "How long a worker held a key.",
            _QUEUE_LABELS,
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
            labels=_QUEUE_LABELS,
        ),
        GaugeMetricFamily(
            "workqueue_longest_running_processor_seconds",
            "Seconds that the oldest key in process has been there.",
            labels=_QUEUE_LABELS,
        ),
    )
