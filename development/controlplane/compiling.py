"""Compile one Go program, with progress shown, while no other run compiles into the same folder."""

import fcntl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from development.controlplane import toolchain
from development.controlplane.progress import Progress

LINES_OF_OUTPUT_IN_AN_ERROR = 20


class BuildError(Exception):
    """A program cannot be built; the first line of the message says why."""


def compile_program(
    arguments: Sequence[str | Path], module: Path, log: Path, step: str, progress: Progress
) -> None:
    """Run `go build` with its arguments in the folder of a module; `log` is there only meanwhile.

    `step` is what a person is told. Raises BuildError with the end of what Go said.
    """
    progress.begin(step)
    with log.open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            arguments,
            cwd=module,
            env=toolchain.go_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while _is_running(process):
                progress.tick()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode != 0:
            progress.end("failed")
            raise BuildError(f"go build {arguments[-1]} failed:\n{_tail(output)}")
    log.unlink()
    progress.end("done")


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=1.0)
    except subprocess.TimeoutExpired:
        return True
    return False


def _tail(output: IO[str]) -> str:
    output.seek(0)
    lines = [line for line in output.read().splitlines() if not line.startswith("go: downloading")]
    return "\n".join(f"  {line}" for line in lines[-LINES_OF_OUTPUT_IN_AN_ERROR:])


@contextmanager
def exclusive(path: Path, what: str, progress: Progress) -> Iterator[None]:
    """Hold the lock file `path` while building `what`; the kernel releases it if this run dies."""
    with path.open("w", encoding="utf-8") as lock:
        if not _try_lock(lock):
            progress.begin(f"another run is building {what}; waiting for it")
            while not _try_lock(lock):
                time.sleep(1.0)
                progress.tick()
            progress.end("it ended")
        yield


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
