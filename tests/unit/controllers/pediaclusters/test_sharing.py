"""Looks that could not be tried, and clusters that cost more than others."""

import asyncio
import base64
from itertools import pairwise

import pytest

from clusterimport.controllers.pediaclusters.targets import STALE_SECONDS
from clusterimport.controllers.shared.health import HealthState
from clusterimport.probing import ProbeReason, ProbeResult
from tests.fakes.controllers.health import REACHABLE, TIMEOUT, UNTRIED
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.pediaclusters import OBJECT, ONE, SERVER, PediaRig

pytestmark = pytest.mark.looptime

DEAR = ProbeResult(ProbeReason.REACHABLE, "it answers", "v1.36.2", is_answer=True, cpu_seconds=0.75)


def _encoded(token: str) -> str:
    return base64.b64encode(token.encode()).decode()


def _pauses(rig: PediaRig) -> list[float]:
    return [later - sooner for sooner, later in pairwise(rig.clusters.times)]


async def test_t52_a_probe_counts_for_the_tenant_of_its_source():
    """The namespace of the source has the share; one made by hand counts for nobody's."""
    rig = PediaRig()
    rig.imported()
    rig.pediacluster("by-hand")
    await rig.look()
    await rig.look("by-hand")

    assert [probe.tenant for probe in rig.clusters.probes] == ["namespace/team", "nobody"]


async def test_t52_what_could_not_be_tried_changes_no_verdict():
    """Nothing is written, a healthy cluster stays so, and it is tried again soon."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    drain(rig.queues.lifecycles)
    before, writes = rig.conditions(), len(rig.writes())
    rig.clusters.results[SERVER] = UNTRIED
    await rig.go(STALE_SECONDS)

    assert rig.conditions() == before
    assert len(rig.writes()) == writes
    assert rig.health().state is HealthState.HEALTHY
    assert drain(rig.queues.lifecycles) == []
    assert rig.target().failures == 0
    expected = [5, 10, 20, 40, 60]
    for pause, seconds in zip(_pauses(rig)[1:], expected, strict=False):
        assert 0.9 * seconds <= pause <= 1.1 * seconds
    rig.clusters.results[SERVER] = TIMEOUT
    await rig.go(70)
    assert rig.health().reason == "Timeout"


async def test_t52_a_new_cluster_that_could_not_be_asked_is_unknown():
    """It is being found out, and the message says what is missing; its status says nothing."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = UNTRIED
    rig.imported()
    assert 4.5 <= (await rig.look()).requeue_after <= 5.5

    assert rig.conditions() == {}
    assert rig.writes() == []
    assert rig.health().state is HealthState.PENDING
    assert (rig.health().reason, rig.health().message) == ("", "for want of threads")
    assert drain(rig.queues.lifecycles) == [ONE]
    rig.clusters.results[SERVER] = REACHABLE
    await asyncio.sleep(6)
    await rig.look()
    assert rig.conditions()["Ready"] == ("True", "Ready")
    assert rig.target().untried == 0


async def test_t51_a_look_is_the_first_until_there_is_a_verdict():
    """One that could not be tried led to none; new credentials do not make it the first again."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = UNTRIED
    rig.imported()
    await rig.look()
    rig.clusters.results[SERVER] = REACHABLE
    await asyncio.sleep(6)
    await rig.look()
    await asyncio.sleep(40)
    await rig.look()
    rig.imported(tokenData=_encoded("another"))
    await rig.look()

    assert rig.clusters.firsts == [True, True, False, False]


async def test_t52_an_old_verdict_is_not_believed_for_ever():
    """After five minutes nobody knows, in the lifecycle and in the status; never that it fails."""
    rig = PediaRig()
    rig.imported()
    await rig.look()
    rig.clusters.results[SERVER] = UNTRIED
    await rig.go(STALE_SECONDS + 120)

    assert rig.conditions()["Ready"] == ("Unknown", "NotReady")
    assert rig.conditions()["Validated"] == ("True", "Validated")
    assert (rig.health().state, rig.health().reason) == (HealthState.PENDING, "Probing")
    writes = len(rig.writes())
    await rig.go(600)
    assert len(rig.writes()) == writes
    rig.clusters.results[SERVER] = REACHABLE
    await rig.go(70)
    assert rig.conditions()["Ready"] == ("True", "Ready")
    assert rig.health().state is HealthState.HEALTHY


async def test_t52_a_dear_probe_is_paid_by_a_pause():
    """Of 0.75 processor seconds comes a pause of 75 s, however healthy the cluster is."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = DEAR
    rig.imported()
    await rig.go(1000)

    assert all(0.9 * 75 <= pause <= 1.1 * 75 for pause in _pauses(rig))
    assert len(_pauses(rig)) >= 12


async def test_t52_new_credentials_do_not_get_round_the_pause_of_a_dear_probe():
    """A Secret that changes each second has its cluster asked as seldom as one that does not."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = DEAR
    rig.imported()
    for number in range(300):
        rig.imported(tokenData=_encoded(f"t{number}"))
        await rig.look()
        await asyncio.sleep(1)

    assert 4 <= len(rig.clusters.asked) <= 6
    assert all(pause >= 67 for pause in _pauses(rig))


async def test_t52_new_credentials_that_never_help_are_tried_less_and_less():
    """The second is tried at once as the first was, the following after 5, 10 ... 60 s."""
    rig = PediaRig()
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported()
    await rig.look()
    for number in range(400):
        rig.imported(tokenData=_encoded(f"t{number}"))
        await rig.look()
        await asyncio.sleep(0.5)

    assert _pauses(rig)[:2] == [pytest.approx(0, abs=0.1), pytest.approx(0.5, abs=0.1)]
    assert all(pause >= 4.4 for pause in _pauses(rig)[2:])
    assert len(rig.clusters.asked) < 45


async def test_t52_new_credentials_that_help_are_always_tried_at_once():
    """A rotation is verified when it comes, however often there is one."""
    rig = PediaRig()
    rig.imported()
    for number in range(20):
        rig.imported(tokenData=_encoded(f"t{number}"))
        await rig.look()
        await asyncio.sleep(1)
    assert len(rig.clusters.asked) == 20

    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported(tokenData=_encoded("wrong"))
    await rig.look()
    await asyncio.sleep(1)
    rig.clusters.results[SERVER] = REACHABLE
    rig.imported(tokenData=_encoded("right"))
    await rig.look()
    assert len(rig.clusters.asked) == 22
    assert rig.health().state is HealthState.HEALTHY


async def test_t51_large_credentials_are_read_again_for_each_probe():
    """They are in memory for the length of a look; failures are counted on."""
    rig = PediaRig()
    rig.clusters.are_light = False
    rig.clusters.results[SERVER] = TIMEOUT
    rig.imported()
    await rig.go(100)

    assert rig.clusters.open_probes == []
    assert len(rig.clusters.probes) == len(rig.clusters.asked) == 5
    assert rig.rest.count("GET", OBJECT) == 5
    assert rig.target().failures == 5
    assert rig.target().probe is None
    rig.clusters.are_light = True
    await rig.go(700)
    assert len(rig.clusters.open_probes) == 1
    assert rig.rest.count("GET", OBJECT) == 6
