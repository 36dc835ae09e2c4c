"""The record that candidates read and write, and what one knows by it: the ``spec`` of a Lease.

Byte-compatible with client-go's (``resourcelock/leaselock.go``). Its times are for people: nothing
here or above decides by them, because clocks of different machines differ. The one rule of the
whole election: a lease runs out when its record has not *changed* for the holder's duration on our
own monotonic clock. Sans I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clusterimport.aio import Clock
from clusterimport.model.times import micro_time, parse_time

_KNOWN = frozenset(
    {"holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions"}
)
RELEASED_DURATION_SECONDS = 1
"""Duration in the record of a holder that stepped down; tells it from an edit by hand."""


@dataclass(frozen=True, slots=True)
class LeaderRecord:
    """Who leads, since when, and how long to wait for the next sign of life."""

    holder_identity: str = ""
    """Empty: nobody."""
    lease_duration_seconds: int = 0
    """How long others wait after they saw this record change; 0 if not told."""
    acquire_time: datetime | None = None
    renew_time: datetime | None = None
    lease_transitions: int = 0
    """How often the holder changed."""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the spec that we do not know; they are written back as they came."""

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> "LeaderRecord":
        """Read a spec; whatever is missing or malformed counts as not told."""
        return cls(
            holder_identity=str(spec.get("holderIdentity") or ""),
            lease_duration_seconds=_whole(spec.get("leaseDurationSeconds")),
            acquire_time=parse_time(spec.get("acquireTime")),
            renew_time=parse_time(spec.get("renewTime")),
            lease_transitions=_whole(spec.get("leaseTransitions")),
            unknown={name: value for name, value in spec.items() if name not in _KNOWN},
        )

    def to_spec(self) -> dict[str, Any]:
        """Return the wire form, with the fields that client-go writes, all of them always."""
        return {
            **self.unknown,
            "holderIdentity": self.holder_identity,
            "leaseDurationSeconds": self.lease_duration_seconds,
            "acquireTime": format_time(self.acquire_time),
            "renewTime": format_time(self.renew_time),
            "leaseTransitions": self.lease_transitions,
        }

    @property
    def is_released(self) -> bool:
        """Whether the last holder stepped down in client-go's way, after its work had ended."""
        return not self.holder_identity and (
            self.lease_duration_seconds <= RELEASED_DURATION_SECONDS
        )


def format_time(moment: datetime | None) -> str | None:
    """Return a Kubernetes MicroTime."""
    return micro_time(moment) if moment is not None else None


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


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
