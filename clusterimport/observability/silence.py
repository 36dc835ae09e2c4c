"""How long the API server has been silent, computed at each scrape.

So a program that stands still, or has nobody to ask, cannot hide it.
"""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


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
