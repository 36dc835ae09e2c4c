"""What a controller has made and used so far, asked in ways that hardly slow it."""

from pathlib import Path

from development.controller import ControllerProcess
from development.world import CLUSTER_API, PEDIACLUSTER, World


def count_pediaclusters(world: World) -> int:
    """Return how many PediaClusters the server has.

    Of one item it tells how many more there are. (Its list would cost the server, and the
    controller's metrics 40 ms of the controller.)
    """
    page = world.admin.get(world.admin.path(CLUSTER_API, PEDIACLUSTER), limit="1")
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount") or 0)


def resident_mebibytes(process: ControllerProcess) -> float:
    """Return the resident memory of a controller."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def cpu_seconds(process: ControllerProcess) -> float:
    """Return the processor time that a controller has used."""
    return process.metric("process_cpu_seconds_total")
