"""The budget of deletions, and what becomes of what is over it."""

import asyncio

import pytest

from clusterimport.controllers.deletions.judgement import LOOK_AGAIN_SECONDS
from clusterimport.controllers.deletions.reconciler import DeletionReconciler
from clusterimport.controllers.inforce.schema import ServedSchemas
from clusterimport.limits.counted import Limit
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES
from tests.fakes.controllers.importing import KEEPS_ALL, drain
from tests.fakes.controllers.importobjects import CLUSTERS, pediacluster_body, source_body
from tests.fakes.controllers.reconcilers import DeletionRig

pytestmark = pytest.mark.looptime

STATUS = POLICIES.path(name="mcp", subresource="status")


async def test_over_the_budget_none_is_deleted():
    """Six of ten are blocked as a whole, told once, and looked at again by reading alone."""
    rig = DeletionRig(gone=6, there=4)
    await rig.propose_all()
    for _ in range(2):
        assert (await rig.look()).requeue_after == LOOK_AGAIN_SECONDS

    assert rig.rest.writes() == []
    block = rig.blocks.get("mcp")
    assert (block.reason, block.count) == ("DeletionBudgetExceeded", 6)
    (event,) = rig.told()
    assert event["reason"] == "DeletionBlocked"
    assert rig.token() in event["note"]
    assert rig.metrics.gauges["mcp blocked"] == 6
    assert rig.metrics.counts["blocked mcp"] == 1
    assert rig.limit_metrics.reached == {Limit.DELETION_BUDGET: 1}
    assert "mcp" in drain(rig.queues.policies)


async def test_the_limit_is_five_or_a_tenth():
    """Five always go, and six of sixty."""
    few = DeletionRig(gone=5)
    await few.propose_all()
    await few.look()
    assert few.left() == 0
    many = DeletionRig(gone=6, there=54)
    await many.propose_all()
    await many.look()

    assert many.left() == 54


@pytest.mark.parametrize(("maximum", "gone", "left"), [(0, 1, 1), (2, 2, 0), ("50%", 6, 0)])
async def test_t13_the_policy_says_how_many_may_go(maximum, gone, left):
    """What it says is in force, and stands in the message where it holds something."""
    rig = DeletionRig(gone=gone, there=6, maxDeletions=maximum)
    await rig.propose_all()
    await rig.look()

    assert rig.left() == 6 + left
    block = rig.blocks.get("mcp")
    assert (block is not None) is bool(left)
    assert block is None or "without a person (spec.maxDeletions: 0)" in block.message


async def test_t13_a_percentage_is_of_the_clusters_that_are_its_own():
    """PediaClusters of other people that have the names of lifecycles make no budget larger."""
    rig = DeletionRig(gone=2, there=8, maxDeletions="10%")
    for number in range(40):
        name = rig.add(f"taken{number}")["metadata"]["name"]
        rig.put(PEDIACLUSTERS, pediacluster_body(name), ownerReferences=[])
    rig.see()
    await rig.propose_all()
    await rig.look()

    assert rig.left() == 50
    assert rig.blocks.get("mcp").count == 2


@pytest.mark.parametrize("why", ["no PediaCluster", "somebody else's", "Orphan", "its policy's"])
async def test_t13_what_takes_no_cluster_away_spends_no_budget(why):
    """Twenty such lifecycles go at once; the five that take theirs along go beside them."""
    spec = {"deletionPolicy": "Orphan"} if why == "its policy's" else {}
    rig = DeletionRig(gone=5, **spec)
    for number in range(20):
        obj = rig.add(f"free{number}", imported=why != "no PediaCluster")
        name = obj["metadata"]["name"]
        if why == "somebody else's":
            rig.put(PEDIACLUSTERS, pediacluster_body(name), ownerReferences=[])
        elif why == "Orphan":
            obj = rig.put(LIFECYCLES, obj | {"spec": obj["spec"] | {"deletionPolicy": "Orphan"}})
        rig.objects.append(obj)
    rig.see()
    await rig.propose_all()
    await rig.look()

    assert rig.left() == 0
    counted = [] if why == "its policy's" else [f"mcp-gone{number}" for number in range(5)]
    assert rig.deletions() == counted
    kept = {"no PediaCluster": 0, "its policy's": 25}.get(why, 20)
    assert len(rig.store.types[PEDIACLUSTERS].objects) == kept


async def test_t53_a_flip_has_only_what_is_new_looked_at():
    """Of a large set that changes all the time nothing is read again but what has changed."""
    rig = DeletionRig(gone=60)
    await rig.propose_all()
    await rig.look()
    read = len(rig.rest.requests)
    assert read > 60
    other = rig.add("flip")
    rig.see()
    rig.propose(other)
    await asyncio.sleep(3)
    await rig.look()

    assert len(rig.rest.requests) - read < 5
    assert rig.blocks.get("mcp").count == 61


async def test_what_is_held_is_looked_at_again_ever_more_seldom():
    """Only a person can release it: after 30 s, then a minute, up to every five."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    looks = []
    for tick in range(40):
        read = len(rig.rest.requests)
        await rig.look()
        if len(rig.rest.requests) - read > 6:
            looks.append(tick * 30)
        await asyncio.sleep(30)

    assert looks == [0, 30, 90, 210, 450, 750, 1050]


async def test_what_was_seen_a_while_ago_deletes_nothing():
    """A set that fits the budget by and by is looked at anew before any of it goes."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    rig.put(CLUSTERS, source_body("gone0"))
    rig.context.candidates.withdraw("mcp", "mcp-gone5")
    await asyncio.sleep(1)
    await rig.look()

    left = sorted(obj["metadata"]["name"] for obj in rig.store.types[LIFECYCLES].objects.values())
    assert left == ["mcp-gone0", "mcp-gone5"]


async def test_the_window_counts_what_went_before():
    """Within ten minutes deletions add up, from what the status holds; afterwards they do not."""
    rig = DeletionRig(gone=5)
    await rig.propose_all()
    await rig.look()
    rig.objects = [rig.add("next")]
    rig.see()
    restarted = DeletionReconciler(rig.context, rig.blocks)
    await rig.propose_all()
    rig.subject = restarted
    assert (await rig.look()).requeue_after == pytest.approx(LOOK_AGAIN_SECONDS)
    assert rig.left() == 1
    await asyncio.sleep(570)
    await rig.look()
    assert rig.left() == 1
    await asyncio.sleep(40)
    await rig.look()

    assert rig.left() == 0
    assert rig.deletions() == ["mcp-next"]


async def test_the_window_is_remembered_where_the_crd_drops_the_field():
    """On Clusterpedia's CRD the leader's own memory counts, and nothing is sent in vain."""
    rig = DeletionRig(gone=5)
    rig.schemas.current = ServedSchemas({}, KEEPS_ALL)
    await rig.propose_all()
    await rig.look()
    assert ("PATCH", STATUS) not in rig.rest.writes()
    rig.objects = [rig.add("next")]
    rig.see()
    await rig.propose_all()
    await rig.look()

    assert rig.left() == 1
