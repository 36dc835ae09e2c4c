"""A platform that makes many clusters at once, while the controller is at work."""

import itertools
import time
from collections.abc import Sequence
from typing import ClassVar

from development.bench import platform
from development.bench.figures import Figures
from development.bench.scenarios import imports
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage


class Burst:
    """All sources are created as fast as the API server takes them."""

    name: ClassVar = "burst"
    about: ClassVar = "all sources are created while the controller runs"

    def cases(self, n: int) -> Sequence[Case]:
        """Return one size."""
        return [Case(n)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure from the first source until the last PediaCluster."""
        pairs = [platform.creation(number) for number in range(size)]
        stage.apply_policy()
        replica = stage.start()
        replica.until_ready()
        stage.until_quiet(replica)
        idle = replica.resident_mib()
        meter = stage.meter(replica)
        started = time.time()
        stage.load(itertools.chain.from_iterable(pairs), 2 * size, "objects created")
        found = imports.figures(stage, replica, meter, size, started=started)
        return {**found, "memory_idle": idle}
