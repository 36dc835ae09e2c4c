"""``leader_election_*``, the families of client-go for one lease; and who has another one."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class PrometheusLeader:
    """Implements ``leaderelection.LeaderMetrics``."""

    def __init__(self, registry: CollectorRegistry, *, lease_name: str) -> None:
        self._status = Gauge(
            "leader_election_master_status",
            "1 while this process holds the lease, else 0.",
            ("name",),
            registry=registry,
        ).labels(lease_name)
        self._slowpath = Counter(
            "leader_election_slowpath_total",
            "Renewals that had to read the lease first.",
            ("name",),
            registry=registry,
        ).labels(lease_name)
        self._rivals = Gauge(
            "clusterimport_other_controllers",
            "Controllers of the same objects that hold another lease; while there are any, "
            "this process does not work.",
            registry=registry,
        )

    def set_master_status(self, *, leading: bool) -> None:
        """Show whether this process leads."""
        self._status.set(1 if leading else 0)

    def inc_slowpath(self) -> None:
        """Count a renewal that had to read first."""
        self._slowpath.inc()

    def set_rivals(self, number: int) -> None:
        """Show how many others work, or may, under another lease."""
        self._rivals.set(number)
