"""What processes have used, as the kernel counts it."""

import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

MIB: Final = 1024 * 1024
SAMPLE_SECONDS: Final = 0.5
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_UTIME: Final = 11
"""Where the user's time stands behind the name in `stat`; the system's follows."""

Series = dict[str, list[float]]
"""Columns of a table: `seconds`, and one for each thing that was followed."""


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process; 0 if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_UTIME + 1])) / _TICKS_PER_SECOND


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    return _status(pid, "VmRSS")


def peak_mib(pid: int) -> float:
    """Return the most resident memory that a process ever had."""
    return _status(pid, "VmHWM")


def _status(pid: int, name: str) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = (line for line in status.splitlines() if line.startswith(f"{name}:"))
    return next((int(line.split()[1]) * 1024 / MIB for line in lines), 0.0)


class Sampler:
    """Follows processes by the clock, for plots: memory in MiB, processors in cores."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._series: Series = {"seconds": []}
        for name in pids:
            self._series |= {f"{name} MiB": [], f"{name} cores": []}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def series(self) -> Series:
        """Return what was seen so far."""
        return {name: list(values) for name, values in self._series.items()}

    def _run(self) -> None:
        started = last = time.monotonic()
        before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}
        while not self._stop.wait(SAMPLE_SECONDS):
            now = time.monotonic()
            for name, pid in self._pids.items():
                used = cpu_seconds(pid)
                self._series[f"{name} MiB"].append(round(resident_mib(pid), 1))
                self._series[f"{name} cores"].append(
                    round(max(0.0, used - before[name]) / (now - last), 2)
                )
                before[name] = used
            self._series["seconds"].append(round(now - started, 1))
            last = now
