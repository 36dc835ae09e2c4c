"""What a controller process uses, as the kernel and its own metrics tell."""

import os
import re
from pathlib import Path
from typing import Final, NamedTuple

from development.controller import ControllerProcess

LATE_SECONDS: Final = 0.5
"""A bound of the histogram of the event loop's lag."""
_LAG: Final = "clusterimport_event_loop_lag_seconds"


class Usage(NamedTuple):
    """One look."""

    resident_bytes: int
    peak_bytes: int
    """Most that was resident since the last look."""
    cpu_seconds: float
    late_timers: float
    """Timers of the event loop that were late by more than LATE_SECONDS, since the start."""
    waited_seconds: float
    """Time for which its main thread could have run, and others had the processors."""

    @classmethod
    def of(cls, process: ControllerProcess) -> "Usage":
        """Look, and let the peak begin anew."""
        folder = Path(f"/proc/{process.pid}")
        status = (folder / "status").read_text()
        (folder / "clear_refs").write_text("5")
        times = (folder / "stat").read_text().rpartition(")")[2].split()[11:13]
        waited_nanoseconds = (folder / "schedstat").read_text().split()[1]
        metrics = process.metrics_text()  # once, since timers go on meanwhile
        return cls(
            1024 * _kilobytes(status, "VmRSS"),
            1024 * _kilobytes(status, "VmHWM"),
            sum(map(int, times)) / os.sysconf("SC_CLK_TCK"),
            _value(metrics, f'{_LAG}_bucket{{le="+Inf"}}')
            - _value(metrics, f'{_LAG}_bucket{{le="{LATE_SECONDS}"}}'),
            int(waited_nanoseconds) / 1e9,
        )


def _kilobytes(status: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1])


def _value(metrics: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", metrics, re.MULTILINE)
    assert found is not None
    return float(found[1])
