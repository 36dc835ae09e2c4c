"""The record that candidates read and write: the ``spec`` of a Lease.

Byte-compatible with client-go's (``resourcelock/leaselock.go``). Its times are for people: nothing
here or above decides by them, because clocks of different machines differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
