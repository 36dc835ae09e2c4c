"""Options of the election: client-go's, with client-go's figures and checks."""

import math
import socket
import uuid
from dataclasses import dataclass, field

from clusterimport.limits.leases import JITTER_FACTOR


def default_identity() -> str:
    """Return an identity that no other process has: the host name, for people, and a uuid."""
    return f"{socket.gethostname()}_{uuid.uuid4()}"


@dataclass(frozen=True, slots=True)
class LeaderElectionOptions:
    """Which lease, who we are, and how patient everybody is."""

    lease_namespace: str
    """Namespace of the Lease."""
    lease_name: str = "clusterpedia-controller-manager"
    """Name of the Lease; Clusterpedia's own, so that the two never work at the same time."""
    identity: str = field(default_factory=default_identity)
    """Holder identity; two processes with the same one would both lead."""
    lease_duration_seconds: float = 15.0
    """How long others wait for a silent leader; the whole seconds of it are written down."""
    renew_deadline_seconds: float = 10.0
    """How long a leader that cannot renew goes on; the rest up to the duration is the margin for
    clocks of different speed and for requests under way."""
    retry_period_seconds: float = 2.0
    """Pause between renewals, and the shortest one between attempts to acquire."""
    release_on_stop: bool = True
    """Whether a leader that stops gives the lease back, so that the next need not wait."""

    def __post_init__(self) -> None:
        """Refuse options under which two leaders or none would be the rule.

        Raises:
            ValueError: one of the conditions does not hold; the text says which.

        """
        for name in ("lease_namespace", "lease_name", "identity"):
            if not getattr(self, name):
                raise ValueError(f"leader election needs a {name}")
        if self.retry_period_seconds <= 0:
            raise ValueError("retry_period_seconds must be greater than zero")
        if self.renew_deadline_seconds <= JITTER_FACTOR * self.retry_period_seconds:
            raise ValueError("renew_deadline_seconds must be greater than 1.2 retry periods")
        # Others see the whole seconds only, so it is these that have to outlast the deadline.
        if math.floor(self.lease_duration_seconds) <= self.renew_deadline_seconds:
            raise ValueError(
                "lease_duration_seconds, in whole seconds, must be greater than "
                "renew_deadline_seconds"
            )
