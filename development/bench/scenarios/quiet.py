"""Five minutes in which nothing happens."""

import time
from collections.abc import Sequence
from typing import ClassVar, Final

from development.bench.figures import Figures
from development.bench.scenarios import standing
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage

SECONDS: Final = 300


class Quiet:
    """Everything is imported, nothing changes, and nothing is probed."""

    name: ClassVar = "quiet"
    about: ClassVar = "five minutes in which nothing changes"

    def cases(self, n: int) -> Sequence[Case]:
        """Return one size."""
        return [Case(n, turns=1)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure by the clock."""
        replica = standing.imported(stage, size)
        meter = stage.meter(replica)
        for second in range(SECONDS):
            time.sleep(1)
            replica.check()
            stage.screen.show(f"{second + 1} of {SECONDS} s")
        shares, whole = meter.shares(replica), meter.whole(replica)
        return {
            **shares,
            "requests_in_all": whole["requests_in_all"],
            "writes_in_all": whole["writes_in_all"],
            **meter.state(replica),
        }
