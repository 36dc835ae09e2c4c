"""The latency of an import is measured from the event that made it possible."""

from clusterimport.controllers.latency import ImportLatency
from clusterimport.controllers.metrics import NullImportMetrics
from clusterimport.model.keys import ObjectKey
from tests.fakes.manualclock import ManualClock

KEY = ObjectKey("default", "one")


class Recorded(NullImportMetrics):
    """Keeps what is observed."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def import_latency(self, seconds: float) -> None:
        self.seconds.append(seconds)


def test_the_time_since_the_last_event_is_observed_once() -> None:
    """An event, an event, a PediaCluster: the second event counts, and only one time."""
    clock, recorded = ManualClock(), Recorded()
    latency = ImportLatency(clock, recorded)
    latency.changed("p", KEY)
    clock.advance(5.0)
    latency.changed("p", KEY)
    clock.advance(0.25)
    latency.looked_at("p", KEY, created=True)
    latency.looked_at("p", KEY, created=True)

    assert recorded.seconds == [0.25]


def test_a_look_that_creates_nothing_forgets_the_event() -> None:
    """A cluster that waits for hours is measured from what ended the wait."""
    clock, recorded = ManualClock(), Recorded()
    latency = ImportLatency(clock, recorded)
    latency.changed("p", KEY)
    latency.looked_at("p", KEY, created=False)
    clock.advance(3600.0)
    latency.looked_at("p", KEY, created=True)

    assert recorded.seconds == []
