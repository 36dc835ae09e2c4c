"""What a controller process has used so far."""

from pathlib import Path

from tests.harness.controller import ControllerProcess


def resident_mebibytes(process: ControllerProcess) -> float:
    """Return the resident memory of a controller."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def cpu_seconds(process: ControllerProcess) -> float:
    """Return the processor time that a controller has used."""
    return process.metric("process_cpu_seconds_total")
