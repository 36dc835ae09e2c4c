"""All Prometheus series of one process, and the way to print them.

The other packages know only their protocols. The registry is our own: nothing global is touched,
and two instances in one process do not meet.
"""

import platform
from collections.abc import Callable, Iterable, Iterator

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.openmetrics import exposition
from prometheus_client.registry import Collector

import clusterimport
from clusterimport.aio import Clock, SystemClock
from clusterimport.controllers import metrics as controllers
from clusterimport.engine import metrics as engine
from clusterimport.informers import metrics as informers
from clusterimport.kube import metrics as kube
from clusterimport.leaderelection import metrics as leaderelection
from clusterimport.limits.counted import LimitMetrics
from clusterimport.observability.controllermetrics import PrometheusControllers, PrometheusQueues
from clusterimport.observability.healthmetrics import PrometheusHealth
from clusterimport.observability.importmetrics import (
    PrometheusEngine,
    PrometheusImports,
    PrometheusLimits,
)
from clusterimport.observability.informermetrics import PrometheusInformers
from clusterimport.observability.leadermetrics import PrometheusLeader
from clusterimport.observability.restmetrics import PrometheusRest, PrometheusSilence
from clusterimport.workqueue import metrics as workqueue

DEFAULT_LEASE_NAME = "clusterpedia-controller-manager"
_END = b"# EOF\n"
_LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The implementations of every package's protocol, on one registry.

    Not promised: that it may be used from several threads.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        lease_name: str = DEFAULT_LEASE_NAME,
        by_cluster: bool = False,
    ) -> None:
        # The library adds a ``_created`` series to each counter and histogram, which the Go
        # programs do not have and dashboards do not use. It knows this switch only per process.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # ships so
        clock = clock or SystemClock()
        self.registry = CollectorRegistry()
        self._queues = PrometheusQueues(self.registry)
        self.silence = PrometheusSilence(self.registry)
        self.rest: kube.RestMetrics = PrometheusRest(self.registry)
        self.informers: informers.InformerMetrics = PrometheusInformers(self.registry, clock=clock)
        self.leader: leaderelection.LeaderMetrics = PrometheusLeader(
            self.registry, lease_name=lease_name
        )
        self.controllers: controllers.ControllerMetrics = PrometheusControllers(self.registry)
        self.imports: controllers.ImportMetrics = PrometheusImports(self.registry)
        self.health: controllers.HealthMetrics = PrometheusHealth(
            self.registry, clock=clock, by_cluster=by_cluster
        )
        self.limits: LimitMetrics = PrometheusLimits(self.registry)
        self.engine: engine.EngineMetrics = PrometheusEngine(self.registry, self.limits)
        self._loop_lag = Histogram(
            "clusterimport_event_loop_lag_seconds",
            "How late a timer of the event loop fired.",
            buckets=_LAG_BUCKETS,
            registry=self.registry,
        )
        build = Gauge(
            "clusterimport_build_info",
            "Always 1; the labels tell what runs.",
            ("version", "python_version"),
            registry=self.registry,
        )
        build.labels(clusterimport.__version__, platform.python_version()).set(1)
        ProcessCollector(registry=self.registry)

    def queue(self, name: str) -> workqueue.QueueMetrics:
        """Return the metrics of the queue of this name, all series at zero."""
        return self._queues.queue(name)

    def observe_loop_lag(self, seconds: float) -> None:
        """Record one measurement of the event loop."""
        self._loop_lag.observe(seconds)

    @property
    def content_type(self) -> str:
        """The text format of Prometheus."""
        return prometheus_client.CONTENT_TYPE_PLAIN_0_0_4

    def render(self) -> Iterator[bytes]:
        """Return the text in pieces, each as it is at the moment when it is taken."""
        return self._pieces(prometheus_client.generate_latest)

    @property
    def openmetrics(self) -> "OpenMetrics":
        """The same in the format of OpenMetrics."""
        return OpenMetrics(self._pieces)

    def _pieces(self, written: Callable[[Collector], bytes]) -> Iterator[bytes]:
        for family in self.registry.collect():
            # To collect ten thousand series takes as long as to print them.
            yield b""
            yield written(_OneFamily(family))


class OpenMetrics:
    """The series in the format of OpenMetrics, which has one end."""

    content_type = exposition.CONTENT_TYPE_LATEST

    def __init__(self, pieces: Callable[[Callable[[Collector], bytes]], Iterator[bytes]]) -> None:
        self._pieces = pieces

    def render(self) -> Iterator[bytes]:
        """Return the text in pieces, each as it is at the moment when it is taken."""
        yield from self._pieces(_without_end)
        yield _END


def _without_end(family: Collector) -> bytes:
    text: bytes = exposition.generate_latest(family)  # type: ignore[no-untyped-call]  # ships so
    return text.removesuffix(_END)


class _OneFamily(Collector):
    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterable[Metric]:
        return (self._family,)
