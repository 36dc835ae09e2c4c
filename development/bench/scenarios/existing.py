"""An installation where the platform was first: how fast everything is imported."""

from collections.abc import Sequence
from typing import ClassVar

from development.bench.figures import Figures
from development.bench.scenarios import imports
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage


class Existing:
    """The controller is started where N sources are."""

    name: ClassVar = "existing"
    about: ClassVar = "the controller is started where all sources are"

    def cases(self, n: int) -> Sequence[Case]:
        """Return one size."""
        return [Case(n)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure from the start of the process until the last PediaCluster."""
        stage.populate(size)
        stage.apply_policy()
        meter = stage.meter()
        replica = stage.start()
        return imports.figures(stage, replica, meter, size, started=replica.started)
