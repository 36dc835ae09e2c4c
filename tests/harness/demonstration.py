"""The demonstration as a process, on a terminal of its own and in a session of its own."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from development.manifests import ROOT

COMMAND = [sys.executable, "-m", "examples.demo"]
TERMINAL = (60, 200)
MARGIN_SECONDS = 30.0


class OnATerminal:
    """The demonstration on a terminal of its own; killed at the end, should it still run."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", *TERMINAL, 0, 0))
        self.process = subprocess.Popen(
            COMMAND,
            cwd=ROOT,
            env=environment,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)
        self._seen = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def output(self) -> str:
        """Everything that was written so far."""
        return self._seen.decode().replace("\r\n", "\n")

    def until(self, text: str) -> None:
        """Wait until a text was written; fails at once if the program ends instead."""
        deadline = time.monotonic() + 180 + MARGIN_SECONDS
        while text not in self.output:
            assert self.process.poll() is None, self.output[-3000:]
            assert time.monotonic() < deadline, self.output[-3000:]
            time.sleep(0.1)

    def ends(self) -> int:
        """Wait for the end; return the exit code."""
        code = self.process.wait(MARGIN_SECONDS)
        self._reader.join()
        return code

    def answer(self, text: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{text}\n".encode())

    def close(self) -> None:
        """End it for certain; what it started is bound to it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        os.close(self._terminal)

    def _read(self) -> None:
        while True:
            try:
                self._seen += os.read(self._terminal, 65536)
            except OSError:  # the last process has closed its end
                return


@contextmanager
def on_a_terminal(environment: Mapping[str, str]) -> Iterator[OnATerminal]:
    demo = OnATerminal(environment)
    try:
        yield demo
    finally:
        demo.close()


def session(pid: int) -> dict[int, str]:
    """Return the living processes of a session, by process id."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, belongs_to = stat.read_text().rpartition(")")[2].split()[:4]
            command = (stat.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(belongs_to) == pid and state != "Z":
            found[int(stat.parent.name)] = command
    return found
