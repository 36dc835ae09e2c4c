"""What is measured, one scenario a file."""

from typing import Final

from development.bench.scenarios.burst import Burst
from development.bench.scenarios.ceiling import Ceiling
from development.bench.scenarios.churn import Churn
from development.bench.scenarios.cold import Cold
from development.bench.scenarios.existing import Existing
from development.bench.scenarios.failover import Failover
from development.bench.scenarios.foreign import Foreign
from development.bench.scenarios.probes import Probes
from development.bench.scenarios.quiet import Quiet
from development.bench.scenarios.restart import Restart
from development.bench.scenarios.rotate import Rotate
from development.bench.scenarios.scenario import Case, Scenario

SCENARIOS: Final[dict[str, Scenario]] = {
    scenario.name: scenario
    for scenario in (
        Ceiling(),
        Existing(),
        Burst(),
        Rotate(),
        Churn(),
        Foreign(),
        Restart(),
        Quiet(),
        Failover(),
        Probes(),
        Cold(),
    )
}
"""In the order in which they run: what takes longest comes last."""

__all__ = ["SCENARIOS", "Case", "Scenario"]
