"""Writes whose answers are lost, whose sender is killed, and that others get in the way of."""

import threading

import pytest

from development.world import CLUSTER_API, PEDIACLUSTER
from tests.faults.fleet import IMPORTED
from tests.faults.trial import Trial
from tests.harness.proxy import Match
from tests.harness.proxy.faults import Delay, LoseAnswer, Trap

FEW = IMPORTED[:10]
LONG_SECONDS = 60.0


def test_f02_killed_while_the_answer_to_a_write_is_on_its_way(trial: Trial) -> None:
    """What the server has done is not done again by the next replica."""
    trial.begin()
    patches = Match.of("patch", "pediaclusters", subresource="")
    since = trial.fault(Delay(LONG_SECONDS, answer=True), patches)
    trial.fleet.rotate(*FEW)
    trial.until_done(patches, len(FEW), since=since)
    trial.restart()
    trial.end()


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("create", "pediaclusterlifecycles"),
        ("create", "pediaclusters"),
        ("patch", "pediaclusters"),
        ("delete", "pediaclusters"),
    ],
)
def test_f03_killed_between_two_steps_of_one_story(trial: Trial, verb: str, resource: str) -> None:
    """Whichever step was the last, the next replica goes on with the one after it."""
    trial.begin()
    trap = Trap(1)
    if verb == "create":
        trial.fleet.remove(FEW[0])
        trial.settle()
    trial.fault(trap, Match.of(verb, resource))
    if verb == "create":
        trial.fleet.readdress(FEW[0])
    elif verb == "delete":
        trial.fleet.remove(FEW[0])
    else:
        trial.fleet.rotate(FEW[0])
    assert trap.is_sprung.wait(60)
    trial.restart()
    trial.end()


def test_f05_told_to_stop_with_writes_under_way(trial: Trial) -> None:
    """They are finished, then the lease is given back, and nothing is written after that."""
    controller = trial.begin()
    since = trial.fault(Delay(2.0), Match.of("patch", "pediaclusters"))
    trial.fleet.rotate(*IMPORTED)
    trial.until_requested(Match.of("patch", "pediaclusters"), since=since)
    assert controller.terminate() == 0
    ours = [each for each in trial.proxy.history.exchanges if each.request.is_write]
    assert ours[-1].request.resource == "leases"
    assert not (ours[-1].request.json()["spec"].get("holderIdentity"))
    assert all(each.ended <= ours[-1].started for each in ours[:-1] if each.code)
    trial.proxy.heal()
    trial.start()
    trial.end()


def test_f26_another_writer_that_is_always_first(trial: Trial) -> None:
    """A conflict is answered by a look at what stands there; nothing is overwritten blindly."""
    trial.begin()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.wait(0.01):
            number += 1
            patch = {"metadata": {"annotations": {"other": str(number)}}}
            for name in FEW[:2]:
                trial.world.admin.patch(CLUSTER_API, PEDIACLUSTER, f"p-{name}", patch)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        trial.fleet.rotate(*FEW[:2])
        trial.settle()
    finally:
        stop.set()
        writer.join()
    trial.end()


def test_f31_a_write_that_is_done_and_whose_answer_is_lost_is_done_once(trial: Trial) -> None:
    """It is compared with what stands there, and not done again."""
    trial.begin()
    trial.fault(LoseAnswer(), Match.of("write", "pediaclusters", times=len(FEW)))
    trial.fleet.rotate(*FEW)
    trial.settle()
    trial.end()


def test_f31_a_status_that_is_written_and_whose_answer_is_lost_is_told(trial: Trial) -> None:
    """Each refusal has its Event, though the next look finds its status written already."""
    lost = Match.of("write", "pediaclusterlifecycles", subresource="status", times=60)
    trial.fault(LoseAnswer(), lost)
    trial.begin()
    trial.end()
