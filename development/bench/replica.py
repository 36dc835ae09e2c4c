"""One running controller."""

import signal
import time
import urllib.request
from collections.abc import Callable
from typing import Final

from development import interrupts
from development.bench import metrics, processes
from development.bench.errors import BenchError, StartError
from development.controlplane.processes import Component

READY_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.02


class Replica:
    """Its process, and what it tells about itself, which a peer does not.

    ``works`` tells whether the API server has seen a request by which a peer is known to be ready.
    """

    def __init__(self, component: Component, port: int, works: Callable[[], bool] | None) -> None:
        self._component = component
        self._works = works
        self.port = port
        pid = component.pid
        if pid is None:
            raise StartError(f"{component.name} does not start:\n{component.log_tail()}")
        self.pid = pid
        self.started = time.time()

    @property
    def name(self) -> str:
        """What to call it."""
        return self._component.name

    def check(self) -> None:
        """Raise BenchError if it has ended, Stopped if the program is to end."""
        interrupts.check()
        if not self._component.is_running:
            raise BenchError(f"{self.name} has ended:\n{self._component.log_tail()}")

    def until_ready(self) -> float:
        """Wait until it is ready; return when that was. Raises StartError if it ends instead."""
        deadline = time.monotonic() + READY_SECONDS
        while not (self._works() if self._works else self._answers()):
            interrupts.check()
            if not self._component.is_running:
                raise StartError(f"{self.name} does not start:\n{self._component.log_tail()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} is not ready:\n{self._component.log_tail()}")
            time.sleep(POLL_SECONDS)
        return time.time()

    def lag(self) -> metrics.Buckets:
        """Return what is known of its event loop; nothing of a peer's."""
        return {} if self._works else metrics.lag(metrics.read(self.port))

    def reconciles(self, controller: str) -> float:
        """Return how often a controller has looked at an object, whatever came of it; ours only."""
        return self.metric("controller_runtime_reconcile_total", controller=controller)

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of all series of a name that have these labels; ours only."""
        return metrics.total(metrics.read(self.port), name, **labels)

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used."""
        return processes.cpu_seconds(self.pid)

    def resident_mib(self) -> float:
        """Return its resident memory."""
        return processes.resident_mib(self.pid)

    def peak_mib(self) -> float:
        """Return the most resident memory that it ever had."""
        return processes.peak_mib(self.pid)

    def terminate(self) -> None:
        """Ask it to end, and wait."""
        self._component.stop()

    def kill(self) -> None:
        """End it at once."""
        self._component.kill()

    def ask_to_end(self) -> None:
        """Ask it to end, and do not wait."""
        self._component.signal(signal.SIGTERM)

    def _answers(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except OSError:  # a refusal by its status is one, too
            return False
