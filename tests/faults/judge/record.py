"""What one run left behind: all that the judge looks at, as plain data."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.harness.proxy.history import Delivery, Exchange

Object = Mapping[str, Any]

PEDIACLUSTERS = "pediaclusters"
LIFECYCLES = "pediaclusterlifecycles"
POLICIES = "clusterimportpolicies"
LEASES = "leases"
EVENTS = "events"


class Connection(NamedTuple):
    """What a PediaCluster should say; as it stands in its spec."""

    apiserver: str
    token: str


class Source(NamedTuple):
    """The object that a PediaCluster is made of."""

    resource: str
    namespace: str
    name: str
    policy: str


class Change(NamedTuple):
    """What somebody else did, by the audit log: time in seconds since the epoch, as all times."""

    at: float
    verb: str
    resource: str
    name: str


class Sample(NamedTuple):
    """What a replica told of itself."""

    at: float
    is_ready: bool
    open_files: float
    resident_bytes: float
    queued: float
    """Keys that wait, over all queues."""
    silence_seconds: float


class Outage(NamedTuple):
    """A time in which nothing could be read or written."""

    started: float
    ended: float


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """One run, from the first request to the end of a quiet time after all was healed."""

    exchanges: Sequence[Exchange] = ()
    deliveries: Sequence[Delivery] = ()
    changes: Sequence[Change] = ()
    wanted: Mapping[str, Connection] = field(default_factory=dict)
    """Every PediaCluster that should stand at the end, by name."""
    refused: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    """Every import that should not be, and which reasons may be told for it."""
    waiting: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    """The same of those that are not refused, but lack something: no Event is due for them."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """What a PediaCluster of this name is made of."""
    foreign: AbstractSet[str] = frozenset()
    """Names of PediaClusters that others made."""
    pediaclusters: Mapping[str, Object] = field(default_factory=dict)
    lifecycles: Mapping[str, Object] = field(default_factory=dict)
    policies: Mapping[str, Object] = field(default_factory=dict)
    events: Sequence[Object] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    """All that may be read by whom credentials do not concern: logs, metrics."""
    secrets: AbstractSet[str] = frozenset()
    """Every credential there was, as it stands in a PediaCluster and as plain text."""
    samples: Sequence[Sample] = ()
    outages: Sequence[Outage] = ()
    settled: float = 0.0
    """When everything was as it should be."""
    ended: float = 0.0
    renew_deadline_seconds: float = 10.0
    budget: int = 5
    """How many PediaClusters may be deleted in the run without a person."""
    latencies: tuple[Sequence[float], Sequence[float]] = ((), ())
    """From change to write of healthy clusters, in seconds: undisturbed, and while others fail."""
    reference: Mapping[str, Object] = field(default_factory=dict)
    """Where an undisturbed run has ended, by kind and name; empty: there was none."""
    essence: Mapping[str, Object] = field(default_factory=dict)
    """Where this one has."""

    def writes(self, *resources: str) -> list[Exchange]:
        """Return the writes of these types that the server did, in the order they came."""
        return [each for each in self.tried(*resources) if each.is_done]

    def tried(self, *resources: str) -> list[Exchange]:
        """Return all writes of these types."""
        found = [
            each
            for each in self.exchanges
            if each.request.is_write and each.request.resource in resources
        ]
        return sorted(found, key=lambda each: each.started)


class TooLittleTrafficError(AssertionError):
    """The run proves nothing of this invariant: what it is about has not happened."""


def need(found: object, what: str) -> None:
    """Refuse to judge a run without that."""
    if not found:
        raise TooLittleTrafficError(f"too little traffic: {what}")
