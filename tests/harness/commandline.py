"""Commands as a person runs them in a shell."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

BIN = Path(sys.executable).parent


class Ended(NamedTuple):
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


def shell(
    *arguments: str | Path,
    command: str = "clusterimport",
    stdin: str = "",
    **environment: str,
) -> Ended:
    """Run a console script to its end."""
    ended = subprocess.run(
        [BIN / command, *arguments],
        env=_environment(environment),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def assert_one_line(ended: Ended, code: int, *told: str) -> None:
    """State that a command ended with a code and one clear line, and nothing else."""
    assert (ended.code, ended.out) == (code, ""), ended
    assert ended.err.count("\n") == 1, ended.err
    assert ended.err.startswith("clusterimport")
    assert "Traceback" not in ended.err
    for text in told:
        assert text in ended.err


class Running:
    """A command that goes on until Ctrl-C."""

    def __init__(self, process: "subprocess.Popen[str]", out: Path) -> None:
        self._process = process
        self._out = out

    @property
    def out(self) -> str:
        """What it has said so far."""
        return self._out.read_text(encoding="utf-8")

    def until(self, text: str, *, timeout_seconds: float = 20.0) -> str:
        """Wait until it has said something; return all that it has said."""
        deadline = time.monotonic() + timeout_seconds
        while text not in self.out:
            assert time.monotonic() < deadline, f"{text!r} was not said: {self.out}"
            assert self._process.poll() is None, f"it has ended: {self.out}"
            time.sleep(0.05)
        return self.out

    def interrupt(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=20)


@contextmanager
def running(folder: Path, *arguments: str | Path, **environment: str) -> Iterator[Running]:
    """Run ``clusterimport`` beside a block; both streams go to one file in ``folder``."""
    out = folder / "out.txt"
    with (
        out.open("w", encoding="utf-8") as stream,
        subprocess.Popen(
            [BIN / "clusterimport", *arguments],
            env=_environment(environment),
            stdout=stream,
            stderr=subprocess.STDOUT,
            text=True,
            # What a shell starts in the background ignores Ctrl-C, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as process,
    ):
        try:
            yield Running(process, out)
        finally:
            if process.poll() is None:
                process.kill()


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **more}
