"""What a stretch of work has cost: processor time, requests, memory, lateness of the event loop."""

import time
from collections.abc import Callable, Mapping, Sequence

from development.bench import metrics
from development.bench.figures import Figures
from development.bench.processes import cpu_seconds
from development.bench.replica import Replica
from development.bench.requests import Seen, Tail


class Meter:
    """Begins when it is made; ``replica`` None: it is started later, and all of it counts.

    ``own`` picks the requests of controllers; ``servers`` are the processes of API server and etcd.
    """

    def __init__(
        self,
        own: Callable[[Sequence[Seen]], list[Seen]],
        tail: Tail,
        servers: Mapping[str, int],
        replica: Replica | None,
    ) -> None:
        self._own = own
        self._tail = tail
        self._servers = servers
        self._started = time.monotonic()
        self._before = {name: cpu_seconds(pid) for name, pid in servers.items()}
        self._cpu = replica.cpu_seconds() if replica else 0.0
        self._lag = replica.lag() if replica else {}
        self.seen: list[Seen] = []
        """The requests of controllers, as of the last look."""

    def look(self) -> list[Seen]:
        """Return all requests of controllers so far."""
        self.seen += self._own(self._tail.read())
        return self.seen

    def each(self, replica: Replica, count: int) -> Figures:
        """Return what each of so many clusters or changes has cost, and how the replica is."""
        whole = self.whole(replica)
        shared = {
            "controller_ms": 1000 * whole["controller_seconds"] / count,
            **{
                f"{name.replace(' ', '').lower()}_ms": 1000 * used / count
                for name, used in self._used().items()
            },
            "requests": whole["requests_in_all"] / count,
            "gets": whole["gets_in_all"] / count,
            "writes": whole["writes_in_all"] / count,
        }
        shared["together_ms"] = shared["controller_ms"] + shared["apiserver_ms"]
        return {**shared, **self.state(replica)}

    def whole(self, replica: Replica) -> Figures:
        """Return what it has cost in all, without the servers."""
        seen = self.look()
        return {
            "controller_seconds": replica.cpu_seconds() - self._cpu,
            "requests_in_all": len(seen),
            "gets_in_all": sum(each.verb == "get" for each in seen),
            "writes_in_all": sum(each.is_write for each in seen),
        }

    def shares(self, replica: Replica) -> Figures:
        """Return what was used by the clock, in per cent of a core."""
        seconds = time.monotonic() - self._started
        return {
            "controller_share": 100 * (replica.cpu_seconds() - self._cpu) / seconds,
            "apiserver_share": 100 * self._used()["API server"] / seconds,
        }

    def state(self, replica: Replica) -> Figures:
        """Return memory, and how late the event loop was meanwhile."""
        return {
            "memory": replica.resident_mib(),
            "memory_peak": replica.peak_mib(),
            **metrics.lag_figures(self._lag, replica.lag()),
        }

    def _used(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) - self._before[name] for name, pid in self._servers.items()}
