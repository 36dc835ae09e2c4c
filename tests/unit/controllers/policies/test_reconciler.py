"""A policy's status, annotation and finalizers: few writes, and none that changes nothing."""

import asyncio

import pytest

from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.controllers.inforce.state import Blocker
from clusterimport.controllers.policies.reconciler import QUIET_START_SECONDS
from clusterimport.controllers.queues import DeletionKey
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.blocks import HeldDeletions
from clusterimport.controllers.shared.tally import PENDING, Standing, State
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, POLICIES
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, condition
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    policy_body,
    source_body,
)
from tests.fakes.controllers.policies import IMPORTED, REJECTED, STATUS, PolicyRig
from tests.fakes.kube.memoryrest import LostAnswer

pytestmark = pytest.mark.looptime

HELD = HeldDeletions("DeletionBudgetExceeded", "", 7, 0, 7, ("mcp-one",), "t")
TEAM = DeletionKey("mcp", "namespace/team")


async def test_a_settled_policy_is_told_once():
    """The first look writes the status, the second finds nothing to write."""
    rig = PolicyRig()
    rig.put(CLUSTERS, source_body())
    rig.see()
    rig.set(IMPORTED)
    assert await rig.look() == DONE
    assert rig.rest.writes() == [("PATCH", STATUS)]
    assert rig.status()["imported"] == 1
    assert rig.status()["sources"] == 1
    assert rig.status()["observedGeneration"] == 1
    assert condition(rig.get(POLICIES, "mcp"), "Ready")["status"] == "True"

    await asyncio.sleep(5)
    assert await rig.look() == DONE
    assert len(rig.rest.writes()) == 1
    assert rig.told() == []
    assert rig.metrics.gauges["mcp imported"] == 1
    assert rig.metrics.gauges["mcp failed"] == 0


async def test_only_what_changed_is_sent_and_with_the_version_it_is_based_on():
    """The patch carries the resourceVersion and leaves out fields that stand already."""
    rig = PolicyRig()
    await rig.look()
    version = rig.get(POLICIES, "mcp")["metadata"]["resourceVersion"]
    await asyncio.sleep(2)
    rig.set(REJECTED)
    await rig.look()
    body = rig.rest.last("PATCH").body

    assert body["metadata"] == {"resourceVersion": version}
    assert set(body["status"]) == {"conditions", "selected", "failed"}


async def test_a_stale_view_is_a_conflict():
    """A policy that has changed underneath is not overwritten."""
    rig = PolicyRig()
    rig.see()
    rig.put(POLICIES, policy_body(), labels={"a": "b"})
    with pytest.raises(errors.Conflict):
        await rig.subject.reconcile("mcp")


async def test_a_status_is_written_once_a_second():
    """A thousand sources that change at once make one write, and the last state is told."""
    rig = PolicyRig()
    await rig.look()
    for number in range(20):
        rig.set(IMPORTED, ObjectKey("team", str(number)))
        result = await rig.look()
        assert len(rig.rest.writes()) == 1
        assert 0 < result.requeue_after <= 1.0
        await asyncio.sleep(0.04)
    await asyncio.sleep(result.requeue_after)
    assert await rig.look() == DONE

    assert len(rig.rest.writes()) == 2
    assert rig.status()["imported"] == 20


@pytest.mark.parametrize("is_viewed", [True, False])
async def test_a_restart_is_quiet_for_half_a_minute(is_viewed):
    """A known policy that is looked at again tells so only if that takes long."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    restarted = PolicyRig()
    obj = restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.block(None, uid=obj["metadata"]["uid"])
    if is_viewed:
        restarted.context.tally.renew("mcp", [ONE])
    else:
        restarted.sources().add_interest("late", lambda _: True)
        restarted.activate(see=False)
        restarted.block(None, generation=1)
    result = await restarted.look()
    assert result.requeue_after == pytest.approx(QUIET_START_SECONDS)
    await asyncio.sleep(10)
    result = await restarted.look()
    assert result.requeue_after == pytest.approx(QUIET_START_SECONDS - 10)
    assert restarted.rest.writes() == []

    await asyncio.sleep(20)
    await restarted.look()
    assert restarted.rest.writes() == [("PATCH", STATUS)]
    told = condition(restarted.get(POLICIES, "mcp"), "Reconciling")
    assert told["status"] == "True"


async def test_a_restart_that_finds_nothing_writes_nothing():
    """When the look ends as everything was, not one write is made."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    restarted = PolicyRig()
    restarted.put(POLICIES, policy_body() | {"status": rig.status()})
    restarted.context.tally.renew("mcp", [ONE])
    await restarted.look()
    restarted.set(IMPORTED)
    restarted.context.tally.judged("mcp", ONE)
    assert await restarted.look() == DONE

    assert restarted.rest.writes() == []
    assert not restarted.context.tally.of("mcp").is_renewed


async def test_something_new_is_told_at_once():
    """A new source of a settled policy is told as work, without the quiet of a restart."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    await asyncio.sleep(2)
    rig.set(PENDING, ObjectKey("team", "two"))
    assert await rig.look() == DONE
    assert rig.status()["selected"] == 2

    # And the rest of it until all has settled, even if the policy is looked at again meanwhile.
    await asyncio.sleep(2)
    rig.context.tally.renew("mcp", [ONE])
    rig.set(PENDING, ObjectKey("team", "three"))
    assert await rig.look() == DONE
    assert rig.status()["selected"] == 3


async def test_a_new_generation_is_told_at_once():
    """An edited policy says at once that it is being looked at."""
    rig = PolicyRig()
    rig.set(IMPORTED)
    await rig.look()
    await asyncio.sleep(2)
    rig.put(POLICIES, policy_body(template="spec: {}"))
    rig.block(None, generation=2)
    rig.context.tally.renew("mcp", [ONE])
    assert await rig.look() == DONE

    assert rig.status()["observedGeneration"] == 2
    assert condition(rig.get(POLICIES, "mcp"), "Reconciling")["status"] == "True"


async def test_candidates_for_deletion_are_outstanding_work_until_blocked():
    """A candidate under judgement keeps the policy from being settled; a block is told instead."""
    rig = PolicyRig()
    obj = rig.put(LIFECYCLES, lifecycle_body())
    rig.propose(obj)
    await rig.look()
    assert condition(rig.get(POLICIES, "mcp"), "Reconciling")["status"] == "True"

    rig.blocks.set("mcp", TEAM.tenant, HELD)
    await asyncio.sleep(2)
    await rig.look()
    told = rig.get(POLICIES, "mcp")
    assert condition(told, "Reconciling")["status"] == "False"
    assert condition(told, "DeletionBlocked")["message"] == rig.blocks.get("mcp").message
    assert told["status"]["heldDeletions"] == [{"namespace": "team", "count": 7, "token": "t"}]
    assert condition(told, "Ready")["reason"] == "DeletionBlocked"
    assert rig.told() == [], "the deletion reconciler has told it"

    rig.blocks.clear("mcp", TEAM.tenant)
    rig.context.candidates.withdraw("mcp", "mcp-one")
    await asyncio.sleep(2)
    await rig.look()
    assert "heldDeletions" not in rig.status()


async def test_t53_one_tenants_block_does_not_settle_another_ones_deletions():
    """While somebody's candidates are judged, work is outstanding, whoever is held."""
    rig = PolicyRig()
    rig.propose(rig.put(LIFECYCLES, lifecycle_body()))
    rig.blocks.set("mcp", "namespace/other", HELD)
    await rig.look()

    assert condition(rig.get(POLICIES, "mcp"), "Reconciling")["status"] == "True"


async def test_a_failure_makes_one_event_per_reason():
    """An Event is made when Ready turns False, and when its reason changes, not each time."""
    rig = PolicyRig()
    rig.set(REJECTED)
    await rig.look()
    (event,) = rig.told()
    assert (event["type"], event["reason"]) == ("Warning", "SourcesFailed")
    assert event["regarding"]["name"] == "mcp"
    await asyncio.sleep(2)
    rig.set(REJECTED, ObjectKey("team", "two"))
    await rig.look()
    assert rig.told() == []
    await asyncio.sleep(2)
    rig.block(Blocker("InvalidPolicy", "why"))
    await rig.look()

    assert [event["reason"] for event in rig.told()] == ["InvalidPolicy"]


async def test_a_failure_whose_answer_was_lost_makes_its_event():
    """The next look finds it written already, tells it, and does so once."""
    rig = PolicyRig()
    rig.set(REJECTED)
    rig.rest.meet("PATCH", STATUS, LostAnswer("x"))
    with pytest.raises(errors.KubeError):
        await rig.look()
    for _ in range(2):
        await asyncio.sleep(5)
        await rig.look()

    assert rig.rest.count("PATCH", STATUS) == 1
    assert [event["reason"] for event in rig.told()] == ["SourcesFailed"]


WAITING = Standing(State.WAITING, "WaitCreationCondition", "printed nothing")


@pytest.mark.parametrize(
    ("standings", "sources", "reason"),
    [([WAITING], 1, "Waiting"), ([], 1, "NothingSelected"), ([WAITING, IMPORTED], 1, None)],
)
async def test_t21_a_policy_that_imports_nothing_makes_one_event(standings, sources, reason):
    """Whoever expects an import hears of it once, as of something normal."""
    rig = PolicyRig()
    rig.put(CLUSTERS, source_body())
    rig.see()
    for number, standing in enumerate(standings):
        rig.set(standing, ObjectKey("team", str(number)))
    await rig.look()
    assert rig.status()["sources"] == sources
    events = rig.told()
    assert [(event["type"], event["reason"]) for event in events] == (
        [("Normal", reason)] if reason else []
    )
    await asyncio.sleep(2)
    rig.set(WAITING, ObjectKey("team", "another"))
    await rig.look()

    assert [event for event in rig.told() if event["reason"] == reason] == []


@pytest.mark.parametrize("change", ["uid", "generation", "none"])
async def test_nothing_is_told_by_an_older_verdict(change):
    """Until the tracker has looked at this object in this generation, its status stands."""
    rig = PolicyRig()
    if change == "none":
        rig.tracker.drop("mcp")
    else:
        rig.block(None, **{"uid": {"uid": "another"}, "generation": {"generation": 7}}[change])

    assert await rig.look() == DONE
    assert rig.rest.writes() == []


async def test_fields_that_the_crd_prunes_are_not_sent():
    """On Clusterpedia's CRD only the conditions are written, and no difference is seen after."""
    rig = PolicyRig()
    conditions = {"properties": {"status": {"properties": {"conditions": {}}}}}
    rig.schemas.current = ServedSchemas(conditions, KEEPS_ALL)
    await rig.look()
    assert set(rig.status()) == {"conditions"}
    await asyncio.sleep(5)
    await rig.look()

    assert len(rig.rest.writes()) == 1
