"""What imports have in common: when each PediaCluster came, and what it cost."""

from development.bench.errors import BenchError
from development.bench.figures import Figures
from development.bench.meter import Meter
from development.bench.replica import Replica
from development.bench.stage import PEDIACLUSTERS, Stage


def figures(stage: Stage, replica: Replica, meter: Meter, size: int, *, started: float) -> Figures:
    """Wait until all are imported and the replica rests; ``started``: seconds since the epoch."""
    stage.until_imported(replica, size)
    stage.until_quiet(replica)
    cost = meter.each(replica, size)
    made = sorted(
        each.ended
        for each in meter.seen
        if each.verb == "create" and each.resource == PEDIACLUSTERS
    )
    if len(made) < size:
        raise BenchError(f"the audit log has {len(made)} of {size} creations")
    return {
        "import_rate": size / (made[size - 1] - started),
        "import_rate_after_first": (size - 1) / max(made[size - 1] - made[0], 1e-3),
        **cost,
    }
