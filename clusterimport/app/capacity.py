"""What the system lets this process have: open files and memory."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clusterimport.limits.listener import HTTP_CONNECTIONS, HTTP_FILES_SHARE
from clusterimport.limits.probes import (
    KEPT_MEMORY_BYTES,
    KEPT_MEMORY_SHARE,
    PROBES_AT_A_TIME,
    RESERVED_FILES,
)
from clusterimport.probing import Capacity

_CGROUP: Final = Path("/sys/fs/cgroup")
_OWN_CGROUP: Final = Path("/proc/self/cgroup")


def raise_file_limit() -> int:
    """Take as many open files as may be had, and return how many: Go's runtime does the same.

    Each imported cluster keeps a connection.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def memory_limit(root: Path = _CGROUP, own: Path = _OWN_CGROUP) -> int | None:
    """Return the bytes that the process may use before it is killed; None where nobody says.

    Of a container, whose control group is the root of what it sees, or of the control group that
    the process is in; with version 1 of control groups or 2.
    """
    limits = [_bytes_in(path) for path in _limit_files(root, own)]
    limits.append(resource.getrlimit(resource.RLIMIT_AS)[0])
    return min((limit for limit in limits if limit > 0), default=None)


def probes_at_a_time(open_files: int) -> int:
    """Return how many probes may be under way, each with a connection."""
    return max(min(PROBES_AT_A_TIME, _for_probes(open_files) // 4), 1)


def capacity(open_files: int, memory_bytes: int | None) -> Capacity:
    """Return what kept connections may take of it."""
    share = KEPT_MEMORY_BYTES
    if memory_bytes is not None:
        share = min(share, int(memory_bytes * KEPT_MEMORY_SHARE))
    return Capacity(
        connections=max(_for_probes(open_files) - probes_at_a_time(open_files), 0),
        memory_bytes=share,
        open_files=open_files,
    )


def _for_probes(open_files: int) -> int:
    of_others = RESERVED_FILES + min(HTTP_CONNECTIONS, open_files // HTTP_FILES_SHARE)
    # Where there are very few, the others get by with three quarters.
    return max(open_files - of_others, open_files // 4)


def _limit_files(root: Path, own: Path) -> Iterator[Path]:
    """Return where limits of memory may stand; those of outer groups hold, too."""
    yield root / "memory.max"
    yield root / "memory" / "memory.limit_in_bytes"
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        folders = [Path(path.lstrip("/")), *Path(path.lstrip("/")).parents]
        for folder in folders if ".." not in folders[0].parts else ():
            if not controllers:
                yield root / folder / "memory.max"
            elif controllers == "memory":
                yield root / "memory" / folder / "memory.limit_in_bytes"


def _bytes_in(path: Path) -> int:
    """Return the number in a file; negative where there is none, as where it says "max"."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return -1
