"""What a replica counts, kept for a test to look at."""

from collections import Counter
from dataclasses import dataclass, field

from clusterimport.controllers.metrics import (
    ControllerMetrics,
    HealthMetrics,
    ImportMetrics,
    NullControllerMetrics,
)
from clusterimport.engine.metrics import EngineMetrics, NullEngineMetrics
from clusterimport.limits.counted import LimitMetrics
from clusterimport.workqueue import NullQueueMetrics


class CountingImportMetrics:
    """Counts calls, and keeps the last value of each gauge."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.gauges: dict[str, int] = {}
        self.latencies: list[float] = []

    def sources(self, policy: str, state: str, count: int) -> None:
        self.gauges[f"{policy} {state}"] = count

    def forget_policy(self, policy: str) -> None:
        self.counts[f"forgot {policy}"] += 1

    def import_latency(self, seconds: float) -> None:
        self.latencies.append(seconds)

    def written(self, resource: str, verb: str) -> None:
        self.counts[f"{verb} {resource}"] += 1

    def deletions_blocked(self, policy: str, count: int) -> None:
        self.gauges[f"{policy} blocked"] = count

    def delete_blocked(self, policy: str) -> None:
        self.counts[f"blocked {policy}"] += 1

    def rejected(self, policy: str, reason: str) -> None:
        self.counts[f"rejected {policy} {reason}"] += 1

    def term_ended(self) -> None:
        self.gauges.clear()


@dataclass
class RigMetrics:
    """Implements ``ReplicaMetrics``, of which only some count."""

    imports: ImportMetrics
    health: HealthMetrics
    limits: LimitMetrics
    controllers: ControllerMetrics = field(default_factory=NullControllerMetrics)
    engine: EngineMetrics = field(default_factory=NullEngineMetrics)
    queue_names: list[str] = field(default_factory=list)

    def queue(self, name: str) -> NullQueueMetrics:
        self.queue_names.append(name)
        return NullQueueMetrics()
