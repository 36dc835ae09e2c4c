"""What the engine counts; implemented by ``observability``."""

from typing import Protocol

from clusterimport.limits.counted import LimitMetrics, NullLimitMetrics


class EngineMetrics(LimitMetrics, Protocol):
    """Counts template evaluations, and those that cost too much."""

    def evaluated(self, kind: str) -> None:
        """Count one: selector, name, reference, condition or template."""


class NullEngineMetrics(NullLimitMetrics):
    """Counts nothing."""

    def evaluated(self, kind: str) -> None:
        """Do nothing."""
