"""Draw, run, judge and shrink plans; see the package."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from development.controlplane.components import ControlPlaneOptions
from development.controlplane.controlplane import ControlPlane
from development.world import installation, world_of
from tests.faults.fleet import IMPORTED
from tests.faults.plans.plan import Director, Plan, draw, smaller
from tests.faults.trial import Trial, trial_of
from tests.harness.proxy.history import Exchange

FEW = IMPORTED[:6]
A_PHASE_SECONDS = 1.5
"""For the work of a phase to begin; what a fault holds up goes on beside the next phases."""
START_SECONDS = 600.0
"""Plans are run for hours, beside other work that comes first."""


def tell(trial: Trial, plan: Plan) -> None:
    """Go through the story with these faults, and be judged."""
    director = Director(trial.proxy, plan)
    trial.fleet.install()
    trial.start(ready=False)
    phases: tuple[Callable[[], object], ...] = (
        lambda: trial.fleet.rotate(*FEW),
        lambda: trial.fleet.readdress(*FEW),
        lambda: trial.fleet.remove(*FEW[:2]),
        lambda: trial.fleet.readdress(FEW[0]),
        lambda: trial.fleet.rotate(*IMPORTED[-6:]),
    )
    for phase in phases:
        phase()
        ends = time.monotonic() + A_PHASE_SECONDS
        while time.monotonic() < ends:
            if director.is_killing.is_set():
                director.is_killing.clear()
                trial.kill()
                trial.start(ready=False)
            time.sleep(0.02)
    trial.proxy.heal()
    if director.is_killing.is_set():
        trial.kill()
        trial.start(ready=False)
    trial.settle()
    trial.look()
    # An Event is lost with the process that has not written it yet.
    trial.end(
        but=("I13",)
        if any(step.fault == "kill" or step.resource == "events" for step in plan)
        else ()
    )


class Runner:
    """Runs plans, one after the other, each in a world of its own."""

    def __init__(self, control_plane: ControlPlane, folder: Path) -> None:
        self._control_plane = control_plane
        self._folder = folder

    def run(self, plan: Plan) -> tuple[str, list[Exchange]]:
        """Return what was wrong, empty if nothing, and what passed the proxy."""
        with (
            world_of(self._control_plane, self._folder) as world,
            trial_of(world) as trial,
        ):
            try:
                tell(trial, plan)
            except AssertionError as error:
                return str(error), trial.exchanges()
            return "", trial.exchanges()

    def smallest(self, plan: Plan) -> Plan:
        """Return what is left of a failing plan when nothing can be left out any more."""
        for each in smaller(plan):
            if self.run(each)[0]:
                return self.smallest(each)
        return plan


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="faults at random moments of a story")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first plan")
    arguments = parser.parse_args()
    failed = 0
    with (
        tempfile.TemporaryDirectory(prefix="plans-") as folder,
        installation(ControlPlaneOptions(ready_timeout_seconds=START_SECONDS)) as control_plane,
    ):
        runner = Runner(control_plane, Path(folder))
        wrong, recorded = runner.run(())
        if wrong:
            sys.exit(f"the undisturbed story fails:\n{wrong}")
        for number in range(arguments.first, arguments.first + arguments.count):
            plan = draw(Random(f"{arguments.seed}/{number}"), recorded)
            started = time.monotonic()
            wrong, _ = runner.run(plan)
            took = f"{'failed' if wrong else 'held'} in {time.monotonic() - started:.0f} s"
            print(f"{number}: {'; '.join(map(str, plan))}: {took}", flush=True)
            if wrong:
                failed += 1
                print(f"  {wrong}", flush=True)
                small = runner.smallest(plan)
                print(f"  smallest: {'; '.join(map(str, small))}", flush=True)
    print(f"{arguments.count} plans, {failed} failed, SEED={arguments.seed}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
