"""Clusters with their connections, and when each is due."""

from random import Random

import pytest

from clusterimport.controllers.pediaclusters.credentials import Inspection
from clusterimport.controllers.pediaclusters.targets import ClusterTarget, Targets
from clusterimport.controllers.pediaclusters.verdicts import probed
from clusterimport.controllers.shared.duty import Duty
from clusterimport.model.connection import Connection
from tests.fakes.controllers.health import REACHABLE, ScriptedClusters
from tests.fakes.controllers.importobjects import CANARY
from tests.fakes.controllers.pediaclusters import SERVER
from tests.fakes.probing.attempts import TENANT


class Middle(Random):
    """Always the middle of a range, or the end that is asked for."""

    def __init__(self, share=0.5):
        super().__init__()
        self.share = share

    def uniform(self, a, b):
        return a + (b - a) * self.share


def target(**fields):
    return ClusterTarget(Duty.PROBE, 0.0, "digest:1", "7", **fields)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 30), (1, 5), (2, 10), (3, 20), (4, 40), (6, 160), (7, 300), (8, 300), (100_000, 300)],
)
def test_failures_are_asked_again_soon_and_then_less_often(failures, seconds):
    """5 s, doubled up to 300 s; without failures the interval."""
    assert Targets(Middle()).pause(target(failures=failures), 30) == pytest.approx(seconds)


@pytest.mark.parametrize(("share", "factor"), [(0.0, 0.9), (0.5, 1.0), (1.0, 1.1)])
@pytest.mark.parametrize(("failures", "seconds"), [(0, 30), (1, 5), (9, 300)])
def test_pauses_are_spread_by_a_tenth(share, factor, failures, seconds):
    """Healthy clusters and failing ones alike, at the longest pause too."""
    pause = Targets(Middle(share)).pause(target(failures=failures), 30)

    assert pause == pytest.approx(seconds * factor)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_first_looks_are_spread_over_the_whole_interval(share):
    """From now to its end."""
    assert Targets(Middle(share)).spread(30) == 30 * share


def test_a_renewed_target_is_due_at_once_and_knows_nothing():
    """What is inspected, and what was found out with it, counts no more; what is open stays."""
    known = target(inspection=Inspection(), unwritten=probed(REACHABLE, SERVER, 1), failures=3)
    known.due_at = 100.0
    known.renew("digest:2", "8", 50.0)

    assert (known.fingerprint, known.version, known.due_at) == ("digest:2", "8", 50.0)
    assert known.inspection is None
    assert known.unwritten is None
    known.renew("digest:3", "9", 60.0)
    assert known.due_at == 50.0, "it was due before"


async def test_a_dropped_target_is_closed():
    """Dropping closes, also twice; unplugging closes and keeps the target."""
    clusters = ScriptedClusters()
    targets = Targets(Random(1))
    first = targets.add("one", target(probe=clusters.make_probe(Connection(SERVER), TENANT)))
    assert targets.get("one") is first
    await targets.unplug(first)
    await targets.unplug(first)
    assert clusters.open_probes == []
    assert first.probe is None
    assert targets.names() == ("one",)

    first.probe = clusters.make_probe(Connection(SERVER), TENANT)
    await targets.drop("one")
    await targets.drop("one")
    assert clusters.open_probes == []
    assert targets.get("one") is None


@pytest.mark.parametrize("fails", [False, True])
async def test_the_end_closes_everything(fails):
    """One connection that cannot be closed does not leave the others open."""
    clusters = ScriptedClusters()
    clusters.fails_to_close = fails
    targets = Targets(Random(1))
    for name in ("one", "two", "three"):
        targets.add(name, target(probe=clusters.make_probe(Connection(SERVER), TENANT)))
    targets.add("unprobed", target())
    if fails:
        with pytest.raises(OSError):
            await targets.aclose()
    else:
        await targets.aclose()

    assert clusters.open_probes == []
    assert targets.names() == ()


def test_a_target_holds_no_credential_and_is_small():
    """Only its probe does, which no repr shows; there is no dict per cluster."""
    clusters = ScriptedClusters()
    connection = Connection(SERVER, token=CANARY)
    known = target(inspection=Inspection(), probe=clusters.make_probe(connection, TENANT))

    assert "probe=" not in repr(known)
    assert CANARY not in repr(known)
    assert not hasattr(known, "__dict__")
    assert not hasattr(known.inspection, "__dict__")
