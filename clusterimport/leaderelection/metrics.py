"""What an elector tells about itself; ``observability`` turns it into Prometheus families."""

from typing import Protocol


class LeaderMetrics(Protocol):
    """Receives the figures of one lease."""

    def set_master_status(self, *, leading: bool) -> None:
        """Whether this process leads: ``leader_election_master_status`` 1 or 0."""

    def inc_slowpath(self) -> None:
        """Count a renewal that had to read first: ``leader_election_slowpath_total``."""

    def set_rivals(self, number: int) -> None:
        """Show how many others work, or may, under another lease."""


class NullLeaderMetrics:
    """Keeps nothing."""

    def set_master_status(self, *, leading: bool) -> None:
        """Do nothing."""

    def inc_slowpath(self) -> None:
        """Do nothing."""

    def set_rivals(self, number: int) -> None:
        """Do nothing."""
