"""Credentials that are renewed: what a user waits for most often."""

from collections.abc import Sequence
from typing import ClassVar, Final

from development.bench.figures import Figures, quantiles
from development.bench.scenarios import rotations, standing
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage

FLOOD_CLUSTERS: Final = 1000
"""With fewer, a cluster's next rotation comes before its last one can be told from it."""
FLOOD_RATE: Final = 200.0
FLOOD_SECONDS: Final = 60.0
_BARE, _FLOOD = 1000, 2000
"""Generations of the credentials, which must not come twice."""


class Rotate:
    """Secrets change one at a time, and then many times a second."""

    name: ClassVar = "rotate"
    about: ClassVar = "Secrets change, and their PediaClusters follow"

    def cases(self, n: int) -> Sequence[Case]:
        """Return a tenth, all and ten times as many."""
        return [Case(max(1, n // 10)), Case(n), Case(10 * n, turns=1)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure latencies, and what a rotation costs."""
        replica = standing.imported(stage, size)
        meter = stage.meter(replica)
        alone = rotations.one_by_one(stage, size, 1)
        found = {**quantiles("rotation", alone), **meter.each(replica, len(alone))}
        stage.tell("rotation", alone)
        if stage.contender.is_ours:
            stage.apply_policy(has_selector=False)
            stage.until_quiet(replica)
            bare = rotations.one_by_one(stage, size, _BARE)
            found |= quantiles("bare_rotation", bare)
            stage.apply_policy()
            stage.until_quiet(replica)
        if size >= FLOOD_CLUSTERS:
            rate, many, left = rotations.flood(
                stage, size, per_second=FLOOD_RATE, seconds=FLOOD_SECONDS, generation=_FLOOD
            )
            stage.tell("flood", many)
            found |= {
                "flood_rate": rate,
                **quantiles("flood", many),
                "flood_left_seconds": left,
            }
        return {**found, **meter.state(replica)}
