"""What the engine counts; implemented by ``observability``."""

from typing import Protocol


class EngineMetrics(Protocol):
    """Counts template evaluations."""

    def evaluated(self, kind: str) -> None:
        """Count one: selector, name, reference, condition or template."""


class NullEngineMetrics:
    """Counts nothing."""

    def evaluated(self, kind: str) -> None:
        """Do nothing."""
