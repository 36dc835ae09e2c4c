"""Build etcd, kube-apiserver and kube-controller-manager once per user (`make envtest`).

No registry serves them prebuilt, so they are compiled from Go modules. Concurrent runs wait for
the one that builds; a run that is interrupted leaves nothing under the final name, and the next
one resumes from Go's own build cache.
"""

import shutil
import sys
from pathlib import Path
from typing import TextIO

from development.controlplane import binaries, toolchain
from development.controlplane.compiling import BuildError, compile_program, exclusive
from development.controlplane.progress import Progress

# Measured on 2 cores with nothing downloaded and nothing compiled before.
USUAL_DURATIONS = {
    "kube-apiserver": "about 6 minutes the first time, with all downloads",
    "kube-controller-manager": "about 2 minutes the first time",
    "etcd": "about 15 seconds the first time",
}


def main() -> int:
    """Build what is missing; return the exit status."""
    try:
        folder = binaries.installed_binaries()
        if folder is not None:
            sys.stdout.write(f"control plane binaries are ready in {folder}\n")
            return 0
        ensure_binaries(sys.stdout)
    except (BuildError, ValueError) as error:
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
        with exclusive(folder.parent / ".lock", "the control plane binaries", progress):
            if not folder.is_dir():  # another run may have built while this one waited
                _build_all(folder, progress)
    except toolchain.ToolchainError as error:
        raise BuildError(str(error)) from error
    except OSError as error:
        raise BuildError(f"cannot build into {folder.parent}: {error}") from error
    progress.say(f"control plane binaries are ready in {folder}")
    return folder


def _build_all(folder: Path, progress: Progress) -> None:
    needed = toolchain.needed_version(binaries.mod_file())
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
    log = folder.parent / f"{folder.name}.log"
    step = f"building {name} ({USUAL_DURATIONS[name]})"
    compile_program(command, binaries.GO_MODULE, log, step, progress)


if __name__ == "__main__":
    sys.exit(main())
