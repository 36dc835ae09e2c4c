"""The story in which the faults of a plan happen, and what the judge says of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from development.controlplane.controlplane import ControlPlane
from development.world import world_of
from tests.faults.fleet import IMPORTED, SELECTED, UNSELECTED
from tests.faults.plans.director import Director
from tests.faults.plans.plan import LOSES_EVENTS, Kind, Plan, smaller
from tests.faults.trial import Trial, trial_of
from tests.harness.proxy import Match
from tests.harness.proxy.faults import Status
from tests.harness.stalls import Stalls

MEMBERS = (*SELECTED, *UNSELECTED)[::2]
"""Half of the fleet, still of every kind: what a plan costs is mostly what it imports."""
CHANGING = [name for name in MEMBERS if name in IMPORTED]
FEW = CHANGING[:6]
STALL_SECONDS = 2.0
"""Less than the time in which a lease is tried again."""
_TRIES = 5
A_PHASE_SECONDS = 1.5
"""For the work of a phase to begin; what a fault holds up goes on beside the next phases."""


def tell(trial: Trial, plan: Plan) -> None:
    """Go through the story with these faults, and be judged."""
    director = Director(trial.proxy, plan)
    trial.fleet.members = MEMBERS
    trial.fleet.install()
    trial.start(ready=False)
    phases: tuple[Callable[[], object], ...] = (
        lambda: trial.fleet.rotate(*FEW),
        lambda: trial.fleet.readdress(*FEW),
        lambda: trial.fleet.remove(*FEW[:2]),
        lambda: trial.fleet.readdress(FEW[0]),
        lambda: trial.fleet.rotate(*CHANGING[-6:]),
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
    _heal(trial, plan)
    if director.is_killing.is_set():
        trial.kill()
        trial.start(ready=False)
    trial.settle()
    trial.look()
    # An Event is lost with the process that has not written it yet.
    are_events_lost = any(step.fault == "kill" for step in plan)
    if not are_events_lost:
        trial.hear()
    trial.end(but=("I13",) if are_events_lost else ())


def _heal(trial: Trial, plan: Plan) -> None:
    """End all faults; who was not told of deletions is told that his version is too old.

    A server leaves nothing out, so that no reader can notice it: it is out of a gap that events
    are missing.
    """
    trial.proxy.heal(cut=False)
    for resource in {step.resource for step in plan if step.fault in LOSES_EVENTS}:
        trial.proxy.set(Status(410), Match.of("watch", resource, times=1))
    trial.proxy.cut()


class Outcome(NamedTuple):
    """What became of a story."""

    wrong: str
    """Empty if nothing was."""
    passed: list[Kind]
    """What passed the proxy."""
    stalled_seconds: float
    """For how long the machine stood still at most: of a lease, or a deadline, nothing is left."""

    @property
    def is_void(self) -> bool:
        """Whether it is the machine's failure, as far as one can tell."""
        return bool(self.wrong) and self.stalled_seconds > STALL_SECONDS


class Runner:
    """Runs plans, one after the other, each in a world of its own on one control plane."""

    def __init__(self, control_plane: ControlPlane, folder: Path) -> None:
        self._control_plane = control_plane
        self._folder = folder

    def run(self, plan: Plan) -> Outcome:
        """Go through the story with a plan; again, where the machine stood still in a failure."""
        for _ in range(_TRIES - 1):
            outcome = self._run(plan)
            if not outcome.is_void:
                return outcome
        return self._run(plan)

    def _run(self, plan: Plan) -> Outcome:
        wrong = ""
        with (
            Stalls() as stalls,
            world_of(self._control_plane, self._folder) as world,
            trial_of(world) as trial,
        ):
            try:
                tell(trial, plan)
            except AssertionError as error:
                wrong = str(error)
            requests = [each.request for each in trial.exchanges()]
        passed = [Kind(each.verb, each.resource) for each in requests]
        return Outcome(wrong, passed, stalls.longest_seconds)

    def smallest(self, plan: Plan) -> Plan:
        """Return what is left of a failing plan when nothing can be left out any more."""
        for each in smaller(plan):
            if self.run(each).wrong:
                return self.smallest(each)
        return plan
