"""A leader that ends, and a replica that waits for that."""

import time
from collections.abc import Sequence
from typing import ClassVar

from development.bench import platform
from development.bench.figures import Figures
from development.bench.replica import Replica
from development.bench.scenarios import standing
from development.bench.scenarios.rotations import Rotation
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage


class Failover:
    """A Secret changes as soon as nobody leads."""

    name: ClassVar = "failover"
    about: ClassVar = "the leader ends, and another replica follows a Secret changed in between"

    def cases(self, n: int) -> Sequence[Case]:
        """Return ten times as many, without a peer."""
        return [Case(10 * n, turns=1, is_compared=False)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure from the signal until the PediaCluster follows."""
        first = standing.imported(stage, size, elects=True)
        second = self._standby(stage)
        started = time.time()
        first.ask_to_end()
        term = self._followed(stage, 0) - started
        first.terminate()

        third = self._standby(stage)
        stage.until_quiet(second)
        started = time.time()
        second.kill()
        kill = self._followed(stage, size - 1) - started
        return {"term_seconds": term, "kill_seconds": kill, **stage.meter(third).state(third)}

    def _standby(self, stage: Stage) -> Replica:
        replica = stage.start(elects=True)
        replica.until_ready()
        stage.until_quiet(replica)
        return replica

    def _followed(self, stage: Stage, number: int) -> float:
        return Rotation(stage, number, platform.value_of(number, 1)).followed()
