"""What a candidate knows about the lease, and for how long it has to respect it.

Sans I/O. The one rule of the whole election: a lease runs out when its record has not *changed*
for the holder's duration on our own monotonic clock. No time in the record is ever looked at.
"""

from clusterimport.aio import Clock
from clusterimport.leaderelection.record import LeaderRecord


class Observation:
    """The last record that was seen, and the moment until which another holder counts."""

    def __init__(self, identity: str, *, lease_duration_seconds: float, clock: Clock) -> None:
        self._identity = identity
        self._default_duration_seconds = lease_duration_seconds
        self._clock = clock
        self.record: LeaderRecord | None = None
        """The last record seen; None before the first and while there is no Lease."""
        # Only seeing a record can move this; in the past: nobody else has to be respected.
        self._free_at: float | None = None

    def see(self, record: LeaderRecord | None) -> bool:
        """Take note of the record, None for a Lease that does not exist; say if it is another."""
        if record == self.record:
            return False
        was_known = self.record is not None
        self.record = record
        if self.is_taken:
            told = 0 if record is None else record.lease_duration_seconds
            self._respect(told or self._default_duration_seconds)
        elif self.is_mine or (record is not None and record.is_released):
            self._free_at = None
        elif was_known and not self.seconds_until_free():
            # Deleted, or the holder blanked, by hand. Whoever leads will notice and make it
            # again. If the holder we knew still counts, it can only be that one; else it may be
            # one that we were too late to see.
            self._respect(self._default_duration_seconds)
        return True

    def _respect(self, seconds: float) -> None:
        self._free_at = self._clock.monotonic() + seconds

    @property
    def holder(self) -> str:
        """Identity of the holder, empty if there is none."""
        return "" if self.record is None else self.record.holder_identity

    @property
    def is_mine(self) -> bool:
        """Whether the record names us."""
        return self.holder == self._identity

    @property
    def is_taken(self) -> bool:
        """Whether the record names somebody else, be it expired or not."""
        return self.holder not in {"", self._identity}

    def seconds_until_free(self) -> float:
        """Seconds for which another holder has to be respected; 0: we may take the lease."""
        if self._free_at is None:
            return 0.0
        return max(self._free_at - self._clock.monotonic(), 0.0)
