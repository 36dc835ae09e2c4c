"""Lists that end early, lie, or are refused (F04, F16, F22, F32)."""

import pytest

from tests.faults.fleet import IMPORTED, WAITING
from tests.faults.trial import Trial
from tests.harness.proxy import Match
from tests.harness.proxy.answer import Fault
from tests.harness.proxy.faults import EndStream, NoWatchList, Paged, Status, Trap, shortened
from tests.harness.proxy.streams import Drop

FEW = IMPORTED[:4]
CONFIGMAPS = Match.of("list watch", "configmaps")
EXPIRED = (
    b'{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},'
    b'"status":"Failure","code":410,"reason":"Expired","message":"too old"}}'
)


def test_f04_killed_on_the_third_page_of_a_list(trial: Trial) -> None:
    """A part of a list is no list: what changes afterwards is found by the next replica."""
    trial.begin()
    trial.kill()
    trial.fault(NoWatchList())
    trial.fault(Paged(12), Match.of("list"))
    trap = Trap(3, before=True)
    trial.fault(trap, Match.of("list", "configmaps"))
    trial.start(ready=False)
    assert trap.is_sprung.wait(60)
    trial.fleet.remove(*FEW[:2], WAITING[0])
    trial.fleet.rotate(*FEW[2:])
    trial.restart()
    trial.end()


def test_f16_a_version_that_has_expired_in_three_forms(trial: Trial) -> None:
    """As a status, as an event and on a page: each time it is listed anew, once or twice."""
    trial.begin()
    faults: tuple[tuple[Fault, Match], ...] = (
        (Status(410), Match.of("watch", "configmaps", times=1)),
        (EndStream((EXPIRED,)), Match.of("watch", "configmaps", times=1)),
        (Status(410), Match.of("list", "configmaps", skip=1, times=1)),
    )
    for number, (fault, match) in enumerate(faults):
        if number == 2:
            trial.fault(NoWatchList(), CONFIGMAPS)
            trial.fault(Paged(12), Match.of("list", "configmaps"))
            trial.fault(Status(410), Match.of("watch", "configmaps", times=1))
        since = trial.fault(fault, match, cut=True)
        trial.until_requested(CONFIGMAPS, 2, since=since)
        trial.fleet.readdress(*FEW)
        trial.fleet.rotate(*FEW)
        trial.settle()
        trial.proxy.heal(cut=False)
    trial.end()


def test_f22_a_server_without_bookmarks(trial: Trial) -> None:
    """A stream of all objects that never says so is given up for a list."""
    trial.fleet.install()
    trial.stream_fault(Drop(types=frozenset({"BOOKMARK"})))
    trial.start()
    trial.settle()
    trial.look()
    trial.fleet.rotate(*FEW)
    trial.settle()
    trial.end()


@pytest.mark.parametrize("keep", [0.0, 0.1])
def test_f32_a_list_that_succeeds_without_the_objects(trial: Trial, keep: float) -> None:
    """Each of those that seem to be gone is looked at, and so nothing is deleted."""
    controller = trial.begin()
    since = trial.fault(NoWatchList(), CONFIGMAPS)
    trial.fault(shortened(keep), Match.of("list", "configmaps"))
    trial.fault(Status(410), Match.of("watch", "configmaps"), cut=True)
    trial.world.until(
        lambda: controller.metric("clusterimport_informer_objects", name="configmaps.v1.core") < 10,
        "the list is believed",
        timeout_seconds=60,
    )
    trial.until_requested(Match.of("get", "configmaps"), 10, since=since)
    run = trial.end()
    assert not [each for each in run.tried("pediaclusters") if each.request.verb == "delete"]
