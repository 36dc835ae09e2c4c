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
        self._has_looked = False
        # Only seeing a record can move this; in the past: nobody else has to be respected.
        self._free_at: float | None = None

    def see(self, record: LeaderRecord | None) -> bool:
        """Take note of the record, None for a Lease that does not exist; say if it is another."""
        first_sight, self._has_looked = not self._has_looked, True
        if record == self.record:
            return False
        before, self.record = self.record, record
        if record is not None and self.is_taken:
            self._respect(record.lease_duration_seconds or self._default_duration_seconds)
        elif self.is_mine or (record is not None and record.is_released):
            self._free_at = None
        elif not first_sight:
            # Deleted, or the holder blanked, by hand. Whoever leads will make it again, be it one
            # that has renewed, or come, since we looked last; so it counts from now.
            told = 0 if before is None else before.lease_duration_seconds
            self._respect(max(told, self._default_duration_seconds))
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
