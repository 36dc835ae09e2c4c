"""Which connections are open, and whose goes when there is room for no more.

Nobody is refused: whoever comes is let in, and the peer that holds the most loses its oldest. So
one that holds hundreds takes them from itself, and the kubelet, which needs one for a millisecond,
is answered; even where it shares an address with such a one (behind a translation of addresses),
since of one address the oldest goes first, and its own is the newest.
"""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

from clusterimport.limits.counted import Limit
from clusterimport.observability.tlschannel import TLSChannel


@dataclass(slots=True, eq=False)
class HttpConnection:
    """From its acceptance to its end."""

    socket: socket.socket
    peer: str
    """Address without port."""
    deadline: float
    """Monotonic time at which it is closed, whatever it is doing."""
    bound: Limit | None
    """What is reached at the deadline; None once all has been said."""
    tls: TLSChannel | None = None
    """What makes requests of bytes; None where they are sent as they are."""
    received: bytearray = field(default_factory=bytearray)
    """The head so far; empty once it has been read."""
    surplus: int = 0
    """Bytes that came after the head."""
    task: asyncio.Task[bool] | None = None
    """What answers, while it does."""


class HttpConnections:
    """At most so many, by peer, each peer's oldest first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._by_peer: dict[str, dict[HttpConnection, None]] = {}

    def __iter__(self) -> Iterator[HttpConnection]:
        """Iterate over a copy: what is found may be removed."""
        return iter([connection for own in self._by_peer.values() for connection in own])

    def __contains__(self, connection: HttpConnection) -> bool:
        return connection in self._by_peer.get(connection.peer, ())

    @property
    def is_full(self) -> bool:
        """Whether one has to go before another can come."""
        return self._count >= self._most

    def add(self, connection: HttpConnection) -> None:
        """Note one that was opened."""
        self._by_peer.setdefault(connection.peer, {})[connection] = None
        self._count += 1

    def remove(self, connection: HttpConnection) -> None:
        """Forget one; harmless where it is forgotten already."""
        if connection in self:
            own = self._by_peer[connection.peer]
            del own[connection]
            self._count -= 1
            if not own:
                del self._by_peer[connection.peer]

    def dispensable(self) -> HttpConnection | None:
        """Return the oldest of the peer that holds the most; None where there is none."""
        if not self._by_peer:
            return None
        heaviest = max(self._by_peer.values(), key=len)
        return next(iter(heaviest))
