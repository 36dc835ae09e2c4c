"""Where the built binaries are kept: a folder of the user's cache named by what they are built of.

There are two sets, of the newest Kubernetes and of the oldest one that is supported. The folder
appears under its final name only when it is complete, so its existence is the answer to "is it
built?".
"""

import hashlib
import os
import platform
import re
from pathlib import Path

BINARY_NAMES = ("kube-apiserver", "kube-controller-manager", "etcd")
GO_MODULE = Path(__file__).parent / "go"
CHOICE_VARIABLE = "CLUSTERIMPORT_KUBERNETES"
"""Environment variable with the set to build and to use: `newest`, as without it, or `oldest`."""
_NEWEST = "newest"
_MOD_FILES = {_NEWEST: "go.mod", "oldest": "oldest.mod"}
_VERSION_PACKAGE = "k8s.io/component-base/version"


def mod_file() -> Path:
    """Return the file that requires the chosen Kubernetes; raises ValueError for no choice of ours.

    Both are for the same main packages.
    """
    choice = os.environ.get(CHOICE_VARIABLE) or _NEWEST
    if choice not in _MOD_FILES:
        raise ValueError(f"{CHOICE_VARIABLE} has to be {' or '.join(_MOD_FILES)}, and is {choice}")
    return GO_MODULE / _MOD_FILES[choice]


def kubernetes_version() -> str:
    """Return the chosen version of Kubernetes, for example `v1.36.3`."""
    required = mod_file().read_text(encoding="utf-8")
    match = re.search(r"^\s+k8s\.io/kubernetes (v\S+)", required, re.MULTILINE)
    if match is None:
        raise ValueError(f"{mod_file()} does not require k8s.io/kubernetes")
    return match[1]


def build_flags() -> list[str]:
    """Return the flags of `go build`."""
    version = kubernetes_version()
    major, minor, _ = version.removeprefix("v").split(".", 2)
    # Without a version the server calls itself v0.0.0-master and misleads clients that compare.
    stamps = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    linked = [f"-X {_VERSION_PACKAGE}.{name}={value}" for name, value in stamps.items()]
    chosen = mod_file().name
    # -mod=readonly on the command line outranks a GOFLAGS that would let Go rewrite go.mod.
    return [
        "-mod=readonly",
        *([] if chosen == _MOD_FILES[_NEWEST] else [f"-modfile={chosen}"]),
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        " ".join(["-s", "-w", *linked]),
    ]


def cache_folder(purpose: str = "envtest") -> Path:
    """Return the per-user folder that holds every build, and the toolchain where one is needed."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The base-directory specification says to ignore a relative path.
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "clusterimport" / purpose


def binaries_folder() -> Path:
    """Return the folder of the binaries that this checkout's Go module builds; may not exist."""
    return cache_folder() / _digest()


def installed_binaries() -> Path | None:
    """Return the folder of the binaries if they are built, else None."""
    folder = binaries_folder()
    return folder if folder.is_dir() else None


def _digest() -> str:
    digest = hashlib.sha256()
    chosen = mod_file()
    sources = [chosen, chosen.with_suffix(".sum"), *sorted(GO_MODULE.glob("cmd/*/*.go"))]
    for source in sources:
        content = source.read_bytes()
        digest.update(f"{source.relative_to(GO_MODULE)} {len(content)}\n".encode())
        digest.update(content)
    # A home folder may be shared by machines of several architectures.
    digest.update(f"{platform.system()} {platform.machine()} {build_flags()}".encode())
    return digest.hexdigest()[:16]
