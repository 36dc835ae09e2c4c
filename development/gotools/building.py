"""Builds a tool of `go/go.mod` once per user: `python -m development.gotools.building NAME`.

No registry serves them as wheels. Their versions, and those of all that they link, are pinned by
go.mod and go.sum.
"""

import argparse
import hashlib
import platform
import re
import shutil
import sys
from pathlib import Path
from typing import Final, TextIO

from development.controlplane import binaries, toolchain
from development.controlplane.compiling import BuildError, compile_program, exclusive
from development.controlplane.progress import Progress

PACKAGES: Final = {
    "actionlint": "github.com/rhysd/actionlint/cmd/actionlint",
    "helm": "helm.sh/helm/v3/cmd/helm",
}
_MODULE: Final = Path(__file__).parent / "go"
_FLAGS: Final = ("-mod=readonly", "-trimpath", "-buildvcs=false")


def installed(name: str) -> Path | None:
    """Return the program, None where it is not built yet."""
    program = _program(name)
    return program if program.exists() else None


def ensure(name: str, stream: TextIO) -> Path:
    """Return the program, built if it is not there; progress goes to `stream`.

    Raises BuildError, also where Go or its modules cannot be had.
    """
    program = _program(name)
    if program.exists():
        return program
    cache = program.parents[1]
    progress = Progress(stream)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with exclusive(cache / ".lock", f"the program {name}", progress):
            if not program.exists():  # another run may have built while this one waited
                _build(program, progress)
    except toolchain.ToolchainError as error:
        raise BuildError(str(error)) from error
    except OSError as error:
        raise BuildError(f"cannot build into {cache}: {error}") from error
    return program


def _build(program: Path, progress: Progress) -> None:
    cache = program.parents[1]
    go = toolchain.find_go(
        toolchain.needed_version(_MODULE / "go.mod"), binaries.cache_folder(), progress.say
    )
    unfinished = cache / f"{program.parent.name}-{program.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed: the lock is ours
    unfinished.mkdir()
    try:
        built = unfinished / program.name
        flags = [*_FLAGS, "-ldflags", " ".join(["-s", "-w", *_stamps(program.name)])]
        arguments: list[str | Path] = [go, "build", *flags, "-o", built, PACKAGES[program.name]]
        step = f"building {program.name} with {go} (helm: about 3 minutes the first time)"
        compile_program(arguments, _MODULE, unfinished.with_suffix(".log"), step, progress)
        program.parent.mkdir(exist_ok=True)
        built.rename(program)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _stamps(name: str) -> list[str]:
    """Return what the makefile of Helm has linked in: its version, and that of Kubernetes."""
    if name != "helm":
        return []
    helm, client = (_required(module) for module in ("helm.sh/helm/v3", "k8s.io/client-go"))
    _, minor, _ = client.split(".", 2)  # client-go v0.36.3 is of Kubernetes 1.36
    packages = ("chartutil", "lint/rules")
    return [
        f"-X helm.sh/helm/v3/internal/version.version={helm}",
        *(f"-X helm.sh/helm/v3/pkg/{each}.k8sVersionMajor=1" for each in packages),
        *(f"-X helm.sh/helm/v3/pkg/{each}.k8sVersionMinor={minor}" for each in packages),
    ]


def _required(module: str) -> str:
    go_mod = (_MODULE / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^\s+{re.escape(module)} (v\S+)", go_mod, re.MULTILINE)
    if found is None:
        raise BuildError(f"{_MODULE / 'go.mod'} does not require {module}")
    return found[1]


def _program(name: str) -> Path:
    digest = hashlib.sha256()
    for source in (_MODULE / "go.mod", _MODULE / "go.sum"):
        content = source.read_bytes()
        digest.update(f"{source.name} {len(content)}\n".encode())
        digest.update(content)
    # A home folder may be shared by machines of several architectures.
    digest.update(f"{platform.system()} {platform.machine()} {_FLAGS} {_stamps(name)}".encode())
    return binaries.cache_folder("gotools") / digest.hexdigest()[:16] / name


def main() -> int:
    """Build what the arguments name, and print where it is; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=sorted(PACKAGES), metavar="NAME")
    try:
        for name in parser.parse_args().names:
            sys.stdout.write(f"{ensure(name, sys.stderr)}\n")
    except BuildError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
