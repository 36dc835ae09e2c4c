"""The controller as a process of its own, the way a pod runs it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self

from development.controlplane.ports import free_ports
from development.manifests import ROOT
from development.memorylimit import MemoryLimit

READY_SECONDS = 60.0
"""A machine under load has failed tests at 30, before the first line of the log."""
ANSWER_SECONDS = 30.0
"""For a page of metrics; at a load of fourteen a scrape has taken more than five."""
COMMAND = (sys.executable, "-m", "clusterimport", "run")
_SERIES = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")


class ControllerProcess:
    """One replica, with its log in a file; ends with its `with` block, whatever happens.

    ``memory_mib``: what it may use before the kernel kills it; the Deployment gives 512.
    """

    def __init__(
        self,
        kubeconfig: Path,
        folder: Path,
        *arguments: str,
        environment: dict[str, str] | None = None,
        command: Sequence[str | Path] = COMMAND,
        memory_mib: int = 0,
    ) -> None:
        (self.port,) = free_ports(1)
        self.kubeconfig = kubeconfig
        self.log_path = Path(tempfile.mkstemp(prefix="controller-", suffix=".log", dir=folder)[1])
        self.memory = MemoryLimit(memory_mib) if memory_mib else None
        own = [
            *command,
            f"--kubeconfig={kubeconfig}",
            f"--metrics-bind-address=127.0.0.1:{self.port}",
            *arguments,
        ]
        self._arguments = self.memory.wrap(own) if self.memory else own
        self._environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        # By how many it is stopped: it goes on when the last of them lets it.
        self._stops = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process id."""
        assert self.process is not None
        return self.process.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended; one that is stopped is running."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start; does not wait for anything."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._arguments, stdout=log, stderr=log, cwd=ROOT, env=self._environment
            )

    def wait_ready(self, timeout_seconds: float = READY_SECONDS) -> None:
        """Wait until /readyz says so; raises with the log if the process ends instead."""
        deadline = time.monotonic() + timeout_seconds
        while self.probe("/readyz") != 200:
            if not self.is_running:
                raise AssertionError(f"the controller has ended:\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the controller is not ready:\n{self.log()[-4000:]}")
            time.sleep(0.05)

    def probe(self, path: str) -> int:
        """Return the status of a GET, 0 if there is no answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def metrics_text(self) -> str:
        """Return what Prometheus would scrape."""
        return self.text("/metrics")

    def text(self, path: str) -> str:
        """Return the body of a GET that succeeds; raises OSError if it does not."""
        url = f"http://127.0.0.1:{self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
                text: str = answer.read().decode()
        except HTTPException as error:
            raise OSError(f"the answer to {path} broke off: {error}") from error
        return text

    def metric(self, name: str, /, **labels: str) -> float:
        """Return the sum of all series of a name that have these labels, as they are now."""
        return sum_of(self.metrics_text(), name, **labels)

    def log(self) -> str:
        """Return everything that was logged so far."""
        return self.log_path.read_text(errors="replace")

    def terminate(self, timeout_seconds: float = 15.0) -> int:
        """Send SIGTERM, wait for the end, return the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout_seconds)

    def kill(self) -> None:
        """Send SIGKILL and wait; harmless if it has ended."""
        if self.process is not None and self.is_running:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        if self.memory is not None:
            self.memory.remove()

    def freeze(self) -> None:
        """Stop the process where it stands, until each who did has let it go on."""
        self._stop(1, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, unless somebody else has stopped it, too."""
        self._stop(-1, signal.SIGCONT)

    def _stop(self, more: int, number: signal.Signals) -> None:
        assert self.process is not None
        with self._lock:
            self._stops = max(self._stops + more, 0)
            if (self._stops > 0) == (more > 0):
                # Nothing is sent to one that has ended, whose number may be another's by now.
                self.process.send_signal(number)


def sum_of(metrics: str, name: str, /, **labels: str) -> float:
    """Return the sum of all series of a name that have these labels, in what was scraped."""
    total = 0.0
    for line in metrics.splitlines():
        found = _SERIES.match(line)
        if found and found[1] == name:
            present = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
            if all(present.get(key) == value for key, value in labels.items()):
                total += float(found[3])
    return total


def condition(obj: dict[str, Any] | None, type_: str) -> dict[str, Any]:
    """Return a condition of an object, empty if there is none."""
    conditions = ((obj or {}).get("status") or {}).get("conditions") or []
    return next((found for found in conditions if found["type"] == type_), {})
