"""``controller_runtime_*``: the families of controller-runtime with its labels and buckets."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_LABELS = ("controller",)
_RESULTS = ("success", "error", "requeue", "requeue_after")
# fmt: off
_TIME_BUCKETS = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9,
    1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0,
    25.0, 30.0, 40.0, 50.0, 60.0,
)
# fmt: on


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
