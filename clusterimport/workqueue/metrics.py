"""What a queue tells about itself; ``observability`` turns it into Prometheus families.

The families are those of client-go (``workqueue_depth``, ``workqueue_adds_total``, …). The two
that grow while nothing happens are not pushed on a timer as client-go does, but read from the
queue when somebody scrapes.
"""

from typing import Protocol


class RunningWork(Protocol):
    """The figures that depend on the moment they are read."""

    def unfinished_work_seconds(self) -> float:
        """Sum of the seconds that all keys in process have been there."""

    def longest_running_seconds(self) -> float:
        """Seconds that the oldest key in process has been there, 0 if there is none."""


class QueueMetrics(Protocol):
    """Receives the figures of one queue."""

    def attach(self, running: RunningWork) -> None:
        """Remember where to read the figures that depend on the moment; called once."""

    def set_depth(self, priority: int, items: int) -> None:
        """``items`` keys are queued at ``priority``, not counting those in process."""

    def inc_adds(self) -> None:
        """Count a key that entered the queue, or will when its present run is done."""

    def inc_retries(self) -> None:
        """Count a key that was put off to a later time."""

    def observe_queue_duration(self, seconds: float) -> None:
        """Record how long a key waited before a worker took it."""

    def observe_work_duration(self, seconds: float) -> None:
        """Record how long a worker held a key."""


class NullQueueMetrics:
    """Keeps nothing."""

    def attach(self, running: RunningWork) -> None:
        """Do nothing."""

    def set_depth(self, priority: int, items: int) -> None:
        """Do nothing."""

    def inc_adds(self) -> None:
        """Do nothing."""

    def inc_retries(self) -> None:
        """Do nothing."""

    def observe_queue_duration(self, seconds: float) -> None:
        """Do nothing."""

    def observe_work_duration(self, seconds: float) -> None:
        """Do nothing."""
