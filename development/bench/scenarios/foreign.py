"""Secrets of others, of which a management cluster has many more than of clusters."""

from collections.abc import Sequence
from typing import ClassVar, Final

from development.bench import platform
from development.bench.figures import Figures
from development.bench.scenarios import standing
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage

PER_CLUSTER: Final = 20


class Foreign:
    """Twenty Secrets of 13 KB for each cluster, which no policy asks for."""

    name: ClassVar = "foreign"
    about: ClassVar = "20 unrelated Secrets of 13 KB for each cluster"

    def cases(self, n: int) -> Sequence[Case]:
        """Return one size."""
        return [Case(n, turns=1)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure memory before and after, and after a start that finds them there."""
        replica = standing.imported(stage, size)
        before = replica.resident_mib()
        count = PER_CLUSTER * size
        meter = stage.meter(replica)
        stage.load(map(platform.foreign, range(count)), count, "foreign Secrets created")
        stage.until_quiet(replica)
        found = {
            "memory_before": before,
            "memory_more": replica.resident_mib() - before,
            "event_ms": 1000 * meter.whole(replica)["controller_seconds"] / count,
            **meter.state(replica),
        }
        replica.terminate()
        again = stage.start()
        again.until_ready()
        synced = stage.until_synced(again, size)
        stage.until_quiet(again)
        return {
            **found,
            "sync_seconds": synced - again.started,
            "memory_restarted": again.resident_mib(),
        }
