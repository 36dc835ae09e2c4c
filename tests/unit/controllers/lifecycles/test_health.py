"""The health of a cluster in the status of its lifecycle, in the sums, and in Events."""

import asyncio
import dataclasses

import pytest

from clusterimport.controllers.lifecycles.verdict import ImportVerdict
from clusterimport.controllers.shared.health import (
    EXPIRING,
    UNWATCHED,
    Health,
    HealthState,
)
from clusterimport.controllers.shared.tally import Standing, State
from clusterimport.limits.messages import CONDITION_BYTES
from clusterimport.model.gvr import LIFECYCLES
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.reconcilers import LifecycleRig
from tests.fakes.controllers.reporting import (
    HEALTHY,
    HELD,
    OVER,
    PROXIED,
    SLOW,
    SOON,
    WRONG,
    ReportRig,
    expiring,
    using,
)

pytestmark = pytest.mark.looptime


async def test_ready_is_unknown_until_the_cluster_was_asked():
    """Imported counts already; then the answer, with its fine reason: two writes in all."""
    rig = ReportRig()
    await rig.tell()
    assert rig.ready()[:2] == ("Unknown", "Probing")
    assert "being found out" in rig.ready()[2]
    assert rig.standing() == Standing(State.IMPORTED)
    await rig.tell(HEALTHY)
    assert rig.ready() == ("True", "Reachable", "it answers")
    assert rig.standing() == Standing(State.IMPORTED)
    assert rig.count() == 2
    assert rig.heard() == []


async def test_t52_what_we_lack_leaves_ready_as_it_was():
    """It is told where nothing was known, or where what was known is too old; never as a fault."""
    lacking = Health(HealthState.PENDING, message="for want of threads")
    old = Health(HealthState.PENDING, "Probing", "for want of threads")
    rig = ReportRig()
    await rig.tell(lacking)
    assert rig.ready() == ("Unknown", "Probing", "for want of threads")
    for health in (HEALTHY, SLOW):
        await rig.tell(health)
        before = rig.ready()
        await rig.tell(lacking)
        assert rig.ready() == before
        await rig.tell(old)
        assert rig.ready() == ("Unknown", "Probing", "for want of threads")
        assert rig.standing() == Standing(State.IMPORTED)


@pytest.mark.parametrize(
    ("health", "ready", "standing"),
    [
        (HEALTHY, ("True", "Reachable", "it answers"), Standing(State.IMPORTED)),
        (
            SLOW,
            ("False", "Timeout", "look at the firewall"),
            Standing(State.UNREACHABLE, "Timeout", "look at the firewall"),
        ),
        (UNWATCHED, ("True", "Imported", ""), Standing(State.IMPORTED)),
        (PROXIED, ("True", "Imported", "it is behind a proxy"), Standing(State.IMPORTED)),
    ],
)
async def test_every_health_has_its_condition_and_its_standing(health, ready, standing):
    """Told once; Created and Updating do not depend on it."""
    rig = ReportRig()
    for _ in range(2):
        await rig.tell(health)

    assert rig.ready() == ready
    assert rig.standing() == standing
    assert rig.condition("Created")["reason"] == "PediaClusterCreated"
    assert rig.condition("Updating")["reason"] == "PediaClusterUpdated"
    assert rig.condition()["observedGeneration"] == 1
    assert rig.count() == 1


@pytest.mark.parametrize(
    "health", [HEALTHY, SLOW, PROXIED, expiring(SOON), expiring(OVER, SLOW), using("ExecPlugin")]
)
async def test_the_next_leader_keeps_what_stands(health):
    """Until a probe says otherwise: no write, no Event, and the sums are what they were."""
    rig = ReportRig()
    await rig.tell(health)
    standing, written = rig.standing(), rig.count()
    rig.told()
    await asyncio.sleep(60)
    rig.restart()
    await rig.tell()
    assert rig.standing() == standing
    await rig.tell(health)

    assert rig.standing() == standing
    assert rig.count() == written
    assert rig.heard() == []


async def test_what_never_had_a_summary_gets_one():
    """A lifecycle of Clusterpedia's has no ``Ready``, and is waited for."""
    rig = ReportRig()
    await rig.tell(HEALTHY)
    obj = rig.get(LIFECYCLES, "mcp-one")
    told = [each for each in obj["status"]["conditions"] if each["type"] != "Ready"]
    rig.put(LIFECYCLES, obj | {"status": obj["status"] | {"conditions": told}})
    rig.restart()
    await rig.tell()

    assert rig.ready()[:2] == ("Unknown", "Probing")


async def test_what_was_held_is_unknown_again():
    """Its ``Ready`` told of the import, and not of the cluster."""
    rig = ReportRig()
    await rig.tell(HEALTHY)
    await rig.tell(verdict=HELD)
    assert rig.ready() == ("False", "IncompleteCredentials", "no token")
    assert rig.standing().state is State.OUTDATED
    rig.restart()
    await rig.tell()
    assert rig.ready()[:2] == ("Unknown", "Probing")
    assert rig.standing() == Standing(State.IMPORTED)


async def test_what_holds_an_import_is_told_before_its_health():
    """A cluster that fails is no reason not to say why it is not kept up to date."""
    rig = ReportRig()
    await rig.tell(SLOW, HELD)
    assert rig.ready()[1] == "IncompleteCredentials"
    absent = ReportRig()
    await absent.tell(expiring(SOON, SLOW), ImportVerdict(exists=False, held=HELD.held))
    assert absent.ready()[1] == "IncompleteCredentials"
    assert absent.condition(EXPIRING) == {}


async def test_an_observed_cluster_has_its_health_too():
    """What would be written is told with it, as long as it does well."""
    rig = ReportRig()
    verdict = ImportVerdict(
        exists=True, created_reason="PediaClusterExisted", observed="would change x"
    )
    await rig.tell(HEALTHY, verdict)
    assert rig.ready() == ("True", "Reachable", "would change x")
    await rig.tell(SLOW, verdict)
    assert rig.ready() == ("False", "Timeout", "look at the firewall")
    nothing = ImportVerdict(exists=False, observed="would create the PediaCluster")
    await rig.tell(SLOW, nothing)
    assert rig.ready()[1] == "Observed"
    assert rig.standing() == Standing(State.WAITING, "Observed")


async def test_a_failing_cluster_makes_one_event_for_each_reason():
    """On the lifecycle, not on the source; another message of the same reason makes none."""
    rig = ReportRig()
    await rig.tell(SLOW)
    assert rig.heard() == [("Warning", "Timeout", "look at the firewall")]
    await rig.tell(SLOW)
    await rig.tell(dataclasses.replace(SLOW, message="look at the cable"))
    assert rig.heard() == []
    assert rig.ready()[2] == "look at the cable"
    await rig.tell(WRONG)
    assert rig.heard() == [("Warning", "Unauthorized", "renew it")]
    await rig.tell(HEALTHY)
    assert rig.heard() == [("Normal", "Reachable", "PediaCluster mcp-one is imported")]
    await rig.tell(HEALTHY)
    assert rig.heard() == []
    await rig.tell(WRONG)
    assert rig.heard() == [("Warning", "Unauthorized", "renew it")]
    assert rig.metrics.counts == {}, "the source is not rejected"


async def test_a_status_with_the_reason_of_its_opposite_is_a_change():
    """The same word may be used for both, as clustersynchro-manager's."""
    rig = ReportRig()
    await rig.tell(Health(HealthState.HEALTHY, "Ready", "m"))
    await rig.tell(Health(HealthState.UNHEALTHY, "Ready", "m"))

    assert rig.heard() == [("Warning", "Ready", "m")]


async def test_the_end_of_a_hold_is_told_before_the_cluster_was_asked():
    """Imported is what is known then; the answer is the success that makes no Event."""
    rig = ReportRig()
    await rig.tell(verdict=HELD)
    rig.told()
    await rig.tell()
    assert rig.heard() == [("Normal", "Imported", "PediaCluster mcp-one is imported")]
    await rig.tell(HEALTHY)
    assert rig.heard() == []


async def test_a_long_message_is_cut_and_written_once():
    """What the schema takes, and no difference to itself."""
    rig = ReportRig()
    await rig.tell(dataclasses.replace(SLOW, message="x" * 2 * CONDITION_BYTES))
    assert len(rig.ready()[2].encode()) <= CONDITION_BYTES
    await rig.tell()
    assert rig.count() == 1


async def test_a_new_verdict_lets_the_lifecycle_be_looked_at():
    """The whole way, from the board to the status."""
    rig = LifecycleRig()
    await rig.look()
    assert rig.ready() == "Imported"
    drain(rig.queues.lifecycles)
    rig.context.health.set("mcp-one", SLOW)
    assert drain(rig.queues.lifecycles) == ["mcp-one"]
    rig.see()
    await rig.look()

    assert rig.ready() == "Timeout"
