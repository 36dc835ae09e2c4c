"""Build etcd, kube-apiserver and kube-controller-manager once per user (`make envtest`).

No registry serves them prebuilt, so they are compiled from Go modules. Concurrent runs wait for
the one that builds; a run that is interrupted leaves nothing under the final name, and the next
one resumes from Go's own build cache.
"""

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO

from tests.controlplane import binaries, toolchain
from tests.controlplane.progress import Progress

# Measured on 2 cores with nothing downloaded and nothing compiled before.
USUAL_DURATIONS = {
    "kube-apiserver": "about 6 minutes the first time, with all downloads",
    "kube-controller-manager": "about 2 minutes the first time",
    "etcd": "about 15 seconds the first time",
}
LINES_OF_OUTPUT_IN_AN_ERROR = 20


class BuildError(Exception):
    """The binaries cannot be built; the first line of the message says why."""


def main() -> int:
    """Build what is missing; return the exit status."""
    folder = binaries.installed_binaries()
    if folder is not None:
        sys.stdout.write(f"control plane binaries are ready in {folder}\n")
        return 0
    try:
        ensure_binaries(sys.stdout)
    except BuildError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; the next run goes on where this one stopped\n")
        return 130
    return 0


def ensure_binaries(stream: TextIO) -> Path:
    """Return the folder of the binaries, after building them if they are not there.

    Progress goes to `stream`. Raises BuildError.
    """
    folder = binaries.binaries_folder()
    if folder.is_dir():
        return folder
    progress = Progress(stream)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _exclusive(folder.parent / ".lock", progress):
            if not folder.is_dir():  # another run may have built while this one waited
                _build_all(folder, progress)
    except toolchain.ToolchainError as error:
        raise BuildError(str(error)) from error
    except OSError as error:
        raise BuildError(f"cannot build into {folder.parent}: {error}") from error
    progress.say(f"control plane binaries are ready in {folder}")
    return folder


def _build_all(folder: Path, progress: Progress) -> None:
    needed = toolchain.needed_version(binaries.GO_MODULE / "go.mod")
    go = toolchain.find_go(needed, folder.parent, progress.say)
    progress.say(
        f"building Kubernetes {binaries.kubernetes_version()} for the tests with {go}, once per "
        "user; needs the Go module proxy, 2 GB of memory and 4 GB of disk"
    )
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed: the lock is ours
    unfinished.mkdir()
    try:
        for name in binaries.BINARY_NAMES:
            _build_one(go, name, unfinished, progress)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _build_one(go: Path, name: str, folder: Path, progress: Progress) -> None:
    command: list[str | Path] = [
        go,
        "build",
        *binaries.build_flags(),
        "-o",
        folder / name,
        f"./cmd/{name}",
    ]
    progress.begin(f"building {name} ({USUAL_DURATIONS[name]})")
    with (folder.parent / f"{folder.name}.log").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=binaries.GO_MODULE,
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
            raise BuildError(f"go build ./cmd/{name} failed:\n{_tail(output)}")
    Path(output.name).unlink()
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
def _exclusive(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock file `path`; the kernel releases it if this process dies."""
    with path.open("w", encoding="utf-8") as lock:
        if not _try_lock(lock):
            progress.begin("another run is building the control plane binaries; waiting for it")
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


if __name__ == "__main__":
    sys.exit(main())
