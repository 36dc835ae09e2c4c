"""What controllers count; Prometheus is plugged in from ``observability``."""

from collections.abc import Collection
from typing import Protocol

from clusterimport.engine.metrics import EngineMetrics
from clusterimport.limits.counted import LimitMetrics
from clusterimport.workqueue import QueueMetrics


class ControllerMetrics(Protocol):
    """Counters of one program's controllers, under controller-runtime's meanings."""

    def controller_started(self, controller: str, workers: int) -> None:
        """Create every series of a controller at zero, so that no dashboard shows a gap."""

    def reconciled(self, controller: str, result: str, seconds: float) -> None:
        """Count one reconcile: success, error, requeue or requeue_after."""

    def reconcile_failed(self, controller: str, kind: str) -> None:
        """Count a failure by kind: error, terminal, panic or timeout."""

    def active_workers(self, controller: str, delta: int) -> None:
        """Follow how many workers are busy."""


class ImportMetrics(Protocol):
    """What operators watch of the import itself."""

    def sources(self, policy: str, state: str, count: int) -> None:
        """Set how many sources of a policy are in a state."""

    def forget_policy(self, policy: str) -> None:
        """Drop the series of a policy that is gone."""

    def import_latency(self, seconds: float) -> None:
        """Observe the time from first seeing a ready source to its PediaCluster."""

    def written(self, resource: str, verb: str) -> None:
        """Count a write that the server accepted."""

    def deletions_blocked(self, policy: str, count: int) -> None:
        """Set how many deletions of a policy wait for a person; 0 when none."""

    def delete_blocked(self, policy: str) -> None:
        """Count one decision not to delete."""

    def rejected(self, policy: str, reason: str) -> None:
        """Count a source that became rejected for a reason."""

    def term_ended(self) -> None:
        """Take back what is set, not counted: another replica knows it now."""


class HealthMetrics(Protocol):
    """What operators watch of the imported clusters."""

    def probed(self, policy: str, cluster: str, reason: str, seconds: float) -> None:
        """Count a probe by its fine reason; ``policy`` is empty for a cluster made by hand."""

    def credential_read(
        self, policy: str, cluster: str, expires_at: float | None, features: Collection[str]
    ) -> None:
        """Set when the first credential of a cluster ends, in Unix seconds; None: it never says.

        ``features`` are what of them had to be allowed.
        """

    def forget_cluster(self, cluster: str) -> None:
        """Drop what is known of a cluster that is gone, or not probed any more."""

    def forget_policy(self, policy: str) -> None:
        """Drop the series of a policy that is gone; its clusters, if any stay, are nobody's."""


class ReplicaMetrics(Protocol):
    """Everything that a replica counts by."""

    controllers: ControllerMetrics
    imports: ImportMetrics
    health: HealthMetrics
    limits: LimitMetrics
    engine: EngineMetrics

    def queue(self, name: str) -> QueueMetrics:
        """Return the metrics of one queue, all series at zero."""


class NullControllerMetrics:
    """Counts nothing."""

    def controller_started(self, controller: str, workers: int) -> None:
        """Count nothing."""

    def reconciled(self, controller: str, result: str, seconds: float) -> None:
        """Count nothing."""

    def reconcile_failed(self, controller: str, kind: str) -> None:
        """Count nothing."""

    def active_workers(self, controller: str, delta: int) -> None:
        """Count nothing."""


class NullImportMetrics:
    """Counts nothing."""

    def sources(self, policy: str, state: str, count: int) -> None:
        """Count nothing."""

    def forget_policy(self, policy: str) -> None:
        """Count nothing."""

    def import_latency(self, seconds: float) -> None:
        """Count nothing."""

    def written(self, resource: str, verb: str) -> None:
        """Count nothing."""

    def deletions_blocked(self, policy: str, count: int) -> None:
        """Count nothing."""

    def delete_blocked(self, policy: str) -> None:
        """Count nothing."""

    def rejected(self, policy: str, reason: str) -> None:
        """Count nothing."""

    def term_ended(self) -> None:
        """Count nothing."""


class NullHealthMetrics:
    """Counts nothing."""

    def probed(self, policy: str, cluster: str, reason: str, seconds: float) -> None:
        """Count nothing."""

    def credential_read(
        self, policy: str, cluster: str, expires_at: float | None, features: Collection[str]
    ) -> None:
        """Count nothing."""

    def forget_cluster(self, cluster: str) -> None:
        """Count nothing."""

    def forget_policy(self, policy: str) -> None:
        """Count nothing."""
