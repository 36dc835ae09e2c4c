"""How long an import takes: from the event that made it possible to the PediaCluster."""

from clusterimport.aio import Clock
from clusterimport.controllers.metrics import ImportMetrics
from clusterimport.model.meta import ObjectKey


class ImportLatency:
    """Holds the last event of each source that is being worked on, and no others."""

    def __init__(self, clock: Clock, metrics: ImportMetrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._since: dict[tuple[str, ObjectKey], float] = {}

    def changed(self, policy: str, source: ObjectKey) -> None:
        """Take note of an event; of several before one look, the last made it possible."""
        self._since[policy, source] = self._clock.monotonic()

    def looked_at(self, policy: str, source: ObjectKey, *, created: bool) -> None:
        """Observe the time if the look ended with a new PediaCluster; forget the event."""
        since = self._since.pop((policy, source), None)
        if created and since is not None:
            self._metrics.import_latency(self._clock.monotonic() - since)

    def clear(self) -> None:
        """Forget all events: a term begins, and looks at everything by itself."""
        self._since.clear()
