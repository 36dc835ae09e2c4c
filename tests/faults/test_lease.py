"""A leader that is cut off or frozen, and a lease that others write (F33 to F36)."""

import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from development.controller import ControllerProcess
from development.world import LEASE, NAMESPACE
from tests.faults.fleet import IMPORTED
from tests.faults.trial import Trial
from tests.harness.proxy import Match
from tests.harness.proxy.faults import Hold

FEW = IMPORTED[:6]
COORDINATION = "coordination.k8s.io/v1"
CUT_OFF_SECONDS = 30.0


def leads(process: ControllerProcess) -> bool:
    """Whether a replica says that it leads."""
    return process.metric("leader_election_master_status") == 1


def test_f33_a_leader_that_is_cut_off_alone(trial: Trial) -> None:
    """It stops by its own clock, before the other one begins, and waits when it is back."""
    first = trial.begin()
    with trial.beside() as second:
        trial.proxy.stall()
        ends = time.monotonic() + CUT_OFF_SECONDS
        trial.fleet.rotate(*FEW)
        trial.world.until(lambda: leads(second), "the other one leads", timeout_seconds=40)
        trial.settle()
        time.sleep(max(0.0, ends - time.monotonic()))
        trial.proxy.resume()
        trial.world.until(lambda: not leads(first), "it has noticed")
        trial.fleet.rotate(*FEW)
        trial.settle()
        # Who leads is looked at, and not who was started last.
        trial.controllers.reverse()
        trial.end(but=("I12",))


def test_f34_a_leader_that_is_frozen(trial: Trial) -> None:
    """What it does first when it goes on is to look at the clock; it writes nothing more."""
    first = trial.begin()
    with trial.beside() as second:
        first.freeze()
        ends = time.monotonic() + CUT_OFF_SECONDS
        trial.fleet.rotate(*FEW)
        trial.world.until(lambda: leads(second), "the other one leads", timeout_seconds=40)
        trial.settle()
        trial.fleet.rotate(*FEW)
        time.sleep(max(0.0, ends - time.monotonic()))
        # Its own clock has to tell it: no refused renewal will.
        hold = Hold()
        trial.fault(hold, Match.of(resources="leases"))
        first.thaw()
        trial.world.until(lambda: not leads(first), "it has noticed")
        trial.proxy.call(hold.release)
        trial.settle()
        trial.controllers.reverse()
        trial.end(but=("I12",))


def test_f35_a_wall_clock_that_jumps(trial: Trial, tmp_path: Path) -> None:
    """An hour forward or back changes no leader: durations are counted by the other clock."""
    library = next(map(str, Path("/usr/lib").glob("**/libfaketime.so.1")), "")
    if not library:
        pytest.skip("libfaketime (Debian: faketime) is not installed on this machine")
    stamp = tmp_path / "stamp"
    stamp.write_text("+0")
    environment = {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(stamp),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    trial.fleet.install()
    controller = trial.start(environment=environment)
    trial.settle()
    trial.look()
    transitions = _lease(trial)["spec"]["leaseTransitions"]
    for step in ("+1h", "-1h", "+0"):
        stamp.write_text(step)
        trial.fleet.rotate(*FEW)
        trial.settle()
        assert leads(controller)
    assert _lease(trial)["spec"]["leaseTransitions"] == transitions
    trial.end()


def test_f36_a_lease_that_others_delete_and_edit(trial: Trial) -> None:
    """One leads at a time, and what was taken away is taken again."""
    controller = trial.begin()
    trial.world.admin.delete(COORDINATION, "Lease", LEASE, NAMESPACE)
    trial.world.until(lambda: _holder(trial), "it is taken again")
    trial.fleet.rotate(*FEW)
    trial.settle()

    for holder in ("", "somebody"):
        trial.world.admin.patch(
            COORDINATION, "Lease", LEASE, {"spec": {"holderIdentity": holder}}, namespace=NAMESPACE
        )
        trial.fleet.rotate(*FEW)
        trial.world.until(
            partial(_leads_again, trial, controller, holder),
            "it leads again",
            timeout_seconds=40,
        )
        trial.settle()
    trial.end()


def _leads_again(trial: Trial, controller: ControllerProcess, former: str) -> bool:
    return _holder(trial) not in {"", former} and leads(controller)


def _holder(trial: Trial) -> str:
    return str(_lease(trial)["spec"].get("holderIdentity", ""))


def _lease(trial: Trial) -> dict[str, Any]:
    return trial.world.admin.read(COORDINATION, "Lease", LEASE, NAMESPACE)
