"""What happens while nobody looks, or while one watch is behind another (F08, F09, F11 to F14)."""

import time

import pytest

from development.world import LIFECYCLE, PEDIACLUSTER
from tests.faults.fleet import IMPORTED, WAITING
from tests.faults.trial import Trial
from tests.harness.proxy import Match
from tests.harness.proxy.faults import Status
from tests.harness.proxy.streams import Drop

FEW = IMPORTED[:6]
BEHIND_SECONDS = 10.0
OURS = ("pediaclusterlifecycles", "pediaclusters")


@pytest.mark.parametrize("late", ["secrets", "configmaps"])
def test_f08_one_watch_is_far_behind_the_other(trial: Trial, late: str) -> None:
    """What is written in between is never older than what was, and at the end all is new."""
    trial.begin()
    trial.proxy.hold_watches(late)
    for _ in range(2):
        trial.fleet.rotate(*FEW)
        trial.fleet.readdress(*FEW)
        time.sleep(BEHIND_SECONDS / 2)
    trial.proxy.release_watches()
    trial.settle()
    trial.end()


def test_f09_own_writes_are_not_seen_for_a_while(trial: Trial) -> None:
    """What was written counts as seen: one creation, and no change without a reason."""
    trial.begin()
    trial.fleet.remove(*FEW[:3])
    trial.settle()
    trial.proxy.hold_watches(*OURS)
    trial.fleet.readdress(*FEW[:3])
    trial.fleet.rotate(*FEW)
    time.sleep(BEHIND_SECONDS)
    trial.proxy.release_watches()
    trial.settle()
    trial.end()


def test_f11_deleted_and_created_again_while_nobody_looked(trial: Trial) -> None:
    """A source of the same name is the same source: its PediaCluster stays, with what is new."""
    trial.begin()
    before = {f"p-{name}": trial.world.pediacluster(f"p-{name}")["metadata"]["uid"] for name in FEW}
    trial.proxy.hold_watches("configmaps")
    trial.fleet.remove(*FEW)
    trial.fleet.readdress(*FEW)
    trial.proxy.release_watches()
    trial.settle()
    assert before == {name: trial.world.pediacluster(name)["metadata"]["uid"] for name in before}
    trial.end()


def test_f12_created_and_deleted_while_nobody_looked(trial: Trial) -> None:
    """Nothing is left of it: a watch that goes on tells of both, the one after the other."""
    trial.begin()
    trial.proxy.shut()
    names = tuple(f"brief-{number}" for number in range(5))
    trial.fleet.readdress(*names)
    trial.fleet.remove(*names)
    trial.proxy.open()
    trial.fleet.rotate(*FEW)
    trial.settle()
    trial.end()
    for kind in (LIFECYCLE, PEDIACLUSTER):
        assert not [name for name in trial.world.names(kind) if "brief" in name]


def test_f13_rotated_three_times_at_once(trial: Trial) -> None:
    """The last value is what is written, in three writes at most, seen or unseen."""
    trial.begin()
    trial.proxy.hold_watches("secrets")
    for _ in range(3):
        trial.fleet.rotate(*FEW)
    trial.proxy.release_watches()
    trial.settle()
    trial.proxy.shut()
    for _ in range(3):
        trial.fleet.rotate(*FEW)
    trial.proxy.open()
    trial.settle()
    trial.end()


def test_f14_deleted_while_nobody_looked(trial: Trial) -> None:
    """What is gone goes, in every state: its event is lost, and the next list finds it."""
    trial.begin()
    trial.fault(Status(410), Match.of("watch", "configmaps", times=1))
    trial.stream_fault(Drop(types=frozenset({"DELETED"})), Match.of(resources="configmaps"))
    trial.proxy.shut()
    trial.fleet.remove(*FEW[:3], WAITING[0])
    trial.proxy.open()
    trial.settle()
    trial.end()
