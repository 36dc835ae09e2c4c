"""The state that most scenarios begin with: everything imported, and a controller that rests."""

from development.bench.replica import Replica
from development.bench.stage import Stage


def imported(stage: Stage, size: int, *, elects: bool = False) -> Replica:
    """Have so many clusters imported; return the replica that did it, at rest."""
    stage.populate(size)
    stage.apply_policy()
    replica = stage.start(elects=elects)
    stage.until_imported(replica, size)
    stage.until_quiet(replica)
    return replica
