"""The controllers that are measured: ours as its Deployment runs it, and another binary."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import clusterimport
from development import clusterpedia
from development.bench.errors import StartError, UsageError

OURS: Final = "clusterimport"
PEER: Final = "peer"
VERSION_SECONDS: Final = 20.0
_IN_POD: Final = Path(__file__).with_name("inpod.py")


@dataclass(frozen=True, slots=True)
class Door:
    """How a controller reaches the API server, and is asked about itself."""

    folder: Path
    """With `ca.crt` and `token`, as kubelet mounts them."""
    url: str
    kubeconfig: Path
    port: int
    """Where ours serves its metrics."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that imports clusters."""

    name: str
    version: str
    program: Path
    """Clusterpedia's binary, or the interpreter of an environment that ours is installed in."""
    is_ours: bool

    @property
    def crds(self) -> Sequence[Mapping[str, Any]] | None:
        """CustomResourceDefinitions to install in place of ours; None: ours."""
        return None if self.is_ours else clusterpedia.crds()

    def command(self, door: Door, *arguments: str, elects: bool) -> list[str | Path]:
        """Return the command that runs it without limits; ``elects``: only while it leads."""
        if not self.is_ours:
            return [
                self.program,
                f"--kubeconfig={door.kubeconfig}",
                f"--leader-elect={str(elects).lower()}",
                "--kube-api-qps=5000",
                "--kube-api-burst=10000",
            ]
        return [
            *(self.program, "-P", str(_IN_POD), str(door.folder), door.url, "run"),
            f"--metrics-bind-address=127.0.0.1:{door.port}",
            *arguments,
        ]


def ours() -> Contender:
    """Return the controller of this checkout."""
    version = f"{clusterimport.__version__}, Python {sys.version.split()[0]}"
    return Contender(OURS, version, Path(sys.executable), is_ours=True)


def peer(path: str) -> Contender:
    """Return another controller, by its binary; raises UsageError or StartError.

    Of another environment that ours is installed in, name its `bin/controller-manager`: another
    version, or another Python, is then measured as this one is.
    """
    binary = Path(path).expanduser().absolute()
    if not binary.is_file():
        raise UsageError(f"PEER={path}: there is no such file")
    if not os.access(binary, os.X_OK):
        raise UsageError(f"PEER={path}: the file is not executable")
    version = _version(binary)
    interpreter = binary.parent / "python"
    is_ours = OURS in version.lower() and interpreter.exists()
    return Contender(PEER, version, interpreter if is_ours else binary, is_ours=is_ours)


def _version(binary: Path) -> str:
    try:
        answer = subprocess.run(
            [binary, "--version"],
            capture_output=True,
            timeout=VERSION_SECONDS,
            check=True,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"PEER={binary} does not start: {error}") from error
    return (answer.stdout.strip() or answer.stderr.strip() or binary.name).splitlines()[0][:200]
