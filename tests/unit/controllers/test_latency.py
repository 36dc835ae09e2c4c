"""The time of an import runs from the event that made it possible."""

from clusterimport.controllers.latency import ImportLatency
from clusterimport.model.meta import ObjectKey
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.controllers.importmetrics import CountingImportMetrics

ONE = ObjectKey("team", "one")
TWO = ObjectKey("team", "two")


def make():
    """Return the watch with its clock and its metrics."""
    clock, metrics = ManualClock(), CountingImportMetrics()
    return ImportLatency(clock, metrics), clock, metrics


def test_an_import_is_timed_from_its_last_event():
    """Of several events before one look the last counts, and it counts once."""
    latency, clock, metrics = make()
    latency.changed("mcp", ONE)
    clock.advance(5.0)
    latency.changed("mcp", ONE)
    clock.advance(0.25)
    latency.looked_at("mcp", ONE, created=True)
    latency.looked_at("mcp", ONE, created=True)

    assert metrics.latencies == [0.25]


def test_only_a_creation_is_observed():
    """A look that made nothing forgets the event; another source or policy is another matter."""
    latency, clock, metrics = make()
    latency.changed("mcp", ONE)
    latency.looked_at("mcp", ONE, created=False)
    latency.looked_at("mcp", ONE, created=True)
    latency.looked_at("mcp", TWO, created=True)
    assert metrics.latencies == []

    latency.changed("mcp", TWO)
    clock.advance(1.0)
    latency.looked_at("other", TWO, created=True)
    assert metrics.latencies == []
    latency.looked_at("mcp", TWO, created=True)

    assert metrics.latencies == [1.0]
