"""Which connections are kept between two probes, within what this process may open and hold.

A kept connection makes the next probe cheap; it is never more than that. Where not all can be kept
those that are stay, so that at least they are cheap, unless another tenant has fewer.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from clusterimport.model.tenant import Tenant

log = structlog.get_logger(__name__)

CONNECTION_BYTES: Final = 40 * 1024
"""What a kept connection takes without its certificates and credential; 50 KiB with usual ones
(measured)."""

_AT_ONCE: Final = 16
"""Connections that are closed when the system has no descriptor left."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What kept connections may take of the process."""

    connections: int
    """How many of its file descriptors."""
    memory_bytes: int
    """How much of its memory, by our estimates."""
    open_files: int
    """All of its file descriptors, for a message."""


UNBOUNDED: Final = Capacity(connections=1 << 20, memory_bytes=1 << 40, open_files=1 << 20)
"""For tests, where nothing has to be left for anybody."""


class ConnectionKeeper(Protocol):
    """The probe that has a connection."""

    @property
    def tenant(self) -> Tenant:
        """Whose share it counts against."""

    def drop(self) -> None:
        """Close the connection, which is idle."""


class Kept:
    """One kept connection in the books."""

    __slots__ = ("keeper", "trust_id", "trust_weight", "weight")

    def __init__(
        self, keeper: ConnectionKeeper, weight: int, trust_id: int, trust_weight: int
    ) -> None:
        self.keeper = keeper
        self.weight = weight
        """Estimated bytes without the context."""
        self.trust_id = trust_id
        """Identity of the context: one that several connections share counts once."""
        self.trust_weight = trust_weight


class KeptConnections:
    """The books of all kept connections; used on one event loop."""

    def __init__(self, capacity: Capacity, *, on_want: Callable[[], None]) -> None:
        """``on_want`` is told of each connection that is not kept for want of room."""
        self._capacity = capacity
        self._on_want = on_want
        # Per tenant, the least recently used first; never empty.
        self._kept: dict[Tenant, OrderedDict[Kept, None]] = {}
        self._bytes: Counter[Tenant] = Counter()
        # Per context, its kept connections.
        self._trusts: Counter[int] = Counter()
        self._count = 0
        self._total_bytes = 0
        # Probes that could not keep theirs, and have not been able to since.
        self._refused: set[int] = set()
        self._is_told = False

    def keep(self, kept: Kept) -> bool:
        """Enter a connection as the most recently used one; False where there is no room for it.

        Room is made at the cost of a tenant that has more.
        """
        tenant = kept.keeper.tenant
        while not self._has_room(kept):
            richest = max(self._bytes, key=self._bytes.__getitem__, default=tenant)
            victim = next(iter(self._kept.get(richest, ())), None)
            if victim is None or richest == tenant or not self._is_fairer(victim, kept):
                self._refuse(kept.keeper)
                return False
            self._evict(victim)
        self._refused.discard(id(kept.keeper))
        self._book(tenant, self._added(kept), 1)
        self._kept.setdefault(tenant, OrderedDict())[kept] = None
        self._trusts[kept.trust_id] += 1
        return True

    def release(self, kept: Kept) -> None:
        """Take a connection out of the books, because it is in use again or closed."""
        tenant = kept.keeper.tenant
        line = self._kept.get(tenant, OrderedDict())
        if kept not in line:
            return
        self._book(tenant, -self._freed(kept), -1)
        del line[kept]
        self._trusts[kept.trust_id] -= 1
        if not self._trusts[kept.trust_id]:
            del self._trusts[kept.trust_id]
        if not line:
            del self._kept[tenant], self._bytes[tenant]

    def forget(self, keeper: ConnectionKeeper) -> None:
        """Forget a probe that is closed for good."""
        self._refused.discard(id(keeper))

    def make_way(self) -> bool:
        """Close some connections for want of descriptors; False if there are none to close."""
        closed = 0
        while closed < _AT_ONCE and self._kept:
            richest = max(self._kept, key=lambda tenant: len(self._kept[tenant]))
            self._evict(next(iter(self._kept[richest])))
            closed += 1
        return closed > 0

    def note(self) -> str:
        """Return what a person should know; empty while all that could be kept are."""
        if not self._refused:
            return ""
        return (
            f"probe-connections {self._count} of {self._count + len(self._refused)} clusters keep "
            f"one, since there is "
            f"room for {self._capacity.connections} (limit of open files: "
            f"{self._capacity.open_files}) and {self._capacity.memory_bytes >> 20} MiB"
        )

    def _book(self, tenant: Tenant, size: int, count: int) -> None:
        self._bytes[tenant] += size
        self._total_bytes += size
        self._count += count

    def _added(self, kept: Kept) -> int:
        """Return the bytes that a connection adds to those in the books."""
        return kept.weight + (0 if self._trusts[kept.trust_id] else kept.trust_weight)

    def _freed(self, kept: Kept) -> int:
        """Return the bytes that go with a connection in the books."""
        return kept.weight + (kept.trust_weight if self._trusts[kept.trust_id] == 1 else 0)

    def _has_room(self, kept: Kept) -> bool:
        size = self._total_bytes + self._added(kept)
        return self._count < self._capacity.connections and size <= self._capacity.memory_bytes

    def _is_fairer(self, victim: Kept, kept: Kept) -> bool:
        """Whether the victim's tenant still has as much as the other when both have changed."""
        left = self._bytes[victim.keeper.tenant] - self._freed(victim)
        return left >= self._bytes[kept.keeper.tenant] + self._added(kept)

    def _evict(self, kept: Kept) -> None:
        self.release(kept)
        kept.keeper.drop()
        self._refuse(kept.keeper)

    def _refuse(self, keeper: ConnectionKeeper) -> None:
        self._on_want()
        self._refused.add(id(keeper))
        if not self._is_told:
            # Once: from here on the metric and /readyz?verbose tell.
            self._is_told = True
            log.warning(
                "not all clusters keep a connection between probes",
                connections=self._capacity.connections,
                open_files=self._capacity.open_files,
                memory_mebibytes=self._capacity.memory_bytes >> 20,
                advice="raise the limit of open files or of memory; probes cost more until then",
            )
