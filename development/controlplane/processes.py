"""Components as child processes that cannot outlive the run that started them."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LINES_OF_LOG_IN_AN_ERROR = 15
STOP_GRACE_SECONDS = 10.0

# Run in the child before the component: the kernel kills it when its parent dies, even by
# SIGKILL. A preexec_fn would do the same but is unsafe in a process with threads. The parent may
# have died before prctl took effect; then the child has another parent already.
_BIND_TO_PARENT = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


class Spawner:
    """The one thread that starts processes.

    "The parent dies" means for the kernel: the *thread* that forked ends. A component started
    from a short-lived thread would die with it, so all are started from this one.
    """

    def __init__(self, inherited_fd: int) -> None:
        self._inherited_fd = inherited_fd
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="controlplane-spawner")

    def spawn(self, command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
        """Start `command` in a process group of its own, its output appended to `log`."""
        return self._thread.submit(self._spawn, command, log).result()

    def close(self) -> None:
        """End the thread, and with it whatever it has started and is still running."""
        self._thread.shutdown()

    def _spawn(self, command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
        bound = [sys.executable, "-I", "-S", "-c", _BIND_TO_PARENT, str(os.getpid()), *command]
        with log.open("ab") as output:
            return subprocess.Popen(
                bound,
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(self._inherited_fd,),
                process_group=0,  # Ctrl-C is for the test run, which then stops us in order
            )


class Component:
    """One component of the control plane: started, paused and ended by its process id."""

    def __init__(self, name: str, command: Sequence[str | Path], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._process.pid if self._process is not None and self.is_running else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended; a paused one is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """The exit status of the last run, negative for a signal; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self, spawner: Spawner) -> None:
        """Start it; raises RuntimeError if it is running."""
        if self.is_running:
            raise RuntimeError(f"{self.name} is running already")
        self._process = spawner.spawn(self._command, self.log)

    def stop(self) -> None:
        """Ask it to end (SIGTERM), wait, then kill it; nothing if it is not running."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once (SIGKILL), paused or not, and wait until it is gone."""
        if self._process is None:
            return
        self.signal(signal.SIGKILL)
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the component if it is running."""
        if self._process is not None and self.is_running:
            self._process.send_signal(number)

    def log_tail(self) -> str:
        """Return the last lines of its log, indented, for an error message."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return "  (no log)"
        return "\n".join(f"  {line}" for line in lines[-LINES_OF_LOG_IN_AN_ERROR:])
