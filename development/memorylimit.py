"""A bound on the memory of one process, as the Deployment's limit is one.

A control group of the kernel (version 1 or 2) where this machine lets us make one; else a bound on
the address space, which is wider, since what is reserved and never touched counts there.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

MIB: Final = 1024 * 1024
UNTOUCHED_MIB: Final = 1536
"""What a process reserves and does not use: stacks of threads, arenas, mapped libraries."""

_ROOT: Final = Path("/sys/fs/cgroup")
_V1: Final = _ROOT / "memory"
_ENTER: Final = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
_NARROW: Final = 'ulimit -v "$0" && exec "$@"'


class MemoryLimit:
    """At most so much memory for the commands that it wraps; `remove` it when they have ended."""

    def __init__(self, mib: int) -> None:
        self._mib = mib
        self._group = _make_group(mib)

    @property
    def is_exact(self) -> bool:
        """Whether touched memory is what counts."""
        return self._group is not None

    def wrap(self, command: Sequence[str | Path]) -> list[str]:
        """Return the command that runs another one under the limit, in the same process."""
        arguments = [str(argument) for argument in command]
        if self._group is not None:
            return ["/bin/sh", "-c", _ENTER, str(self._group), *arguments]
        kib = (self._mib + UNTOUCHED_MIB) * 1024
        return ["/bin/sh", "-c", _NARROW, str(kib), *arguments]

    def peak_mib(self) -> float:
        """Return the most that was ever used, caches of files included; 0 where nobody counts."""
        if self._group is None:
            return 0.0
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            with contextlib.suppress(OSError, ValueError):
                return int((self._group / name).read_text()) / MIB
        return 0.0

    def remove(self) -> None:
        """Remove the group; the kernel needs a moment to see that its processes are gone."""
        group, self._group = self._group, None
        for _ in range(50):
            if group is None or not group.exists():
                return
            with contextlib.suppress(OSError):
                group.rmdir()
                return
            time.sleep(0.1)


def _make_group(mib: int) -> Path | None:
    name = f"clusterimport-{os.getpid()}-{uuid4().hex[:8]}"
    for parent, bounds in (
        (_V1, ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")),
        (_ROOT, ("memory.max", "memory.swap.max")),
    ):
        group = parent / name
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / bounds[0]).write_text(str(mib * MIB))
        except OSError:
            # No memory controller here, or not ours to set.
            group.rmdir()
            continue
        with contextlib.suppress(OSError):
            # Else what is beyond the limit goes to disk instead of ending the process.
            (group / bounds[1]).write_text(str(mib * MIB) if parent is _V1 else "0")
        return group
    return None
