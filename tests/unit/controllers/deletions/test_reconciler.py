"""Candidates of one policy judged together: none twice, none forgotten."""

import asyncio

import pytest

from clusterimport.controllers.deletions.judgement import LOOK_AGAIN_SECONDS
from clusterimport.controllers.deletions.reconciler import POSTPONED_SECONDS
from clusterimport.controllers.queues import SourceKey
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.candidates import GATHER_SECONDS
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    LIFECYCLES,
    POLICIES,
)
from clusterimport.model.meta import ObjectKey
from tests.fakes.controllers.importing import drain
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    source_body,
)
from tests.fakes.controllers.reconcilers import LONG_AGO, DeletionRig

pytestmark = pytest.mark.looptime

STATUS = POLICIES.path(name="mcp", subresource="status")
YOUNG = "2026-06-01T00:00:00Z"


async def test_candidates_are_gathered_before_they_are_judged():
    """While the window is open nothing is looked at."""
    rig = DeletionRig()
    rig.propose(rig.objects[0])
    await asyncio.sleep(0.5)
    assert (await rig.look()).requeue_after == pytest.approx(GATHER_SECONDS - 0.5)
    assert rig.rest.requests == []

    await asyncio.sleep(GATHER_SECONDS)
    assert await rig.look() == DONE
    assert rig.left() == 0


async def test_deletions_are_written_down_before_the_first():
    """A restart after any of them forgets none: names, uids and times stand in the status."""
    rig = DeletionRig(gone=3, there=5)
    await rig.propose_all()
    assert await rig.look() == DONE

    assert [method for method, _ in rig.rest.writes()] == ["PATCH"] + ["DELETE"] * 6
    assert rig.rest.writes()[0] == ("PATCH", STATUS)
    assert rig.deletions() == ["mcp-gone0", "mcp-gone1", "mcp-gone2"]
    entry = rig.get(POLICIES, "mcp")["status"]["deletions"][0]
    assert entry["uid"] == rig.objects[0]["metadata"]["uid"]
    assert entry["time"].startswith("2026-01-02T03:04:0")
    assert (entry["namespace"], entry["created"]) == ("team", LONG_AGO)
    assert rig.left() == 5
    assert rig.context.candidates.of_policy("mcp") == ()


async def test_what_cannot_be_written_down_is_not_deleted():
    """If the policy's status cannot be patched, nothing goes."""
    rig = DeletionRig()
    await rig.propose_all()
    rig.rest.meet("PATCH", STATUS, errors.Conflict(409, "Conflict"))
    with pytest.raises(errors.Conflict):
        await rig.look()

    assert rig.left() == 1


async def test_a_candidate_that_has_changed_is_postponed():
    """A conflict leaves it a candidate for the next look, and the others go on."""
    rig = DeletionRig(gone=2)
    await rig.propose_all()
    path = LIFECYCLES.path(name="mcp-gone0")
    rig.rest.meet("DELETE", path, errors.Conflict(409, "Conflict"))
    assert (await rig.look()).requeue_after == POSTPONED_SECONDS
    assert rig.left() == 1
    assert rig.context.candidates.includes("mcp", "mcp-gone0")
    rig.see()
    assert await rig.look() == DONE

    assert rig.left() == 0


async def test_a_wanted_candidate_is_withdrawn_and_its_cache_filled_anew():
    """The server says there, the cache says missing: it lists again, and the source is queued."""
    rig = DeletionRig()
    rig.put(CLUSTERS, source_body("gone0"))
    await rig.propose_all()
    assert await rig.look() == DONE

    assert rig.left() == 1
    assert rig.context.candidates.of_policy("mcp") == ()
    assert rig.sources().relists == 1
    assert drain(rig.queues.sources) == []
    await asyncio.sleep(1.01)
    assert drain(rig.queues.sources) == [SourceKey("mcp", ObjectKey("team", "gone0"))]
    assert rig.told() == []


@pytest.mark.parametrize("how", ["gone", "made again", "deleting"])
async def test_a_candidate_that_is_no_more_is_forgotten(how):
    """What is gone, another, or on its way already is not looked at."""
    rig = DeletionRig()
    await rig.propose_all()
    if how == "gone":
        rig.drop(LIFECYCLES, "mcp-gone0")
    else:
        changes = {"uid": "x"} if how == "made again" else {"deletionTimestamp": "now"}
        rig.put(LIFECYCLES, rig.objects[0], **changes)
    rig.see(LIFECYCLES)
    assert await rig.look() == DONE

    assert rig.context.candidates.of_policy("mcp") == ()
    assert rig.rest.writes() == []


async def test_a_doubt_deletes_nothing_and_is_told():
    """A young CRD blocks, with a token that a person may use; a look that failed has none."""
    rig = DeletionRig(gone=2, created=YOUNG)
    await rig.propose_all()
    assert (await rig.look()).requeue_after == LOOK_AGAIN_SECONDS
    assert rig.blocks.get("mcp").reason == "SourceTypeReinstalled"
    assert rig.left() == 2
    assert rig.told()[0]["reason"] == "DeletionBlocked"
    rig.allow(rig.token())
    await rig.look()

    assert rig.left() == 0
    failing = DeletionRig()
    await failing.propose_all()
    path = CLUSTERS.path(namespace="team", name="gone0")
    failing.rest.meet("GET", path, *[errors.Forbidden(403, "Forbidden")] * 2)
    await failing.look()
    assert failing.token() == ""
    failing.allow("guessed")
    await failing.look()
    assert failing.left() == 1


async def test_a_doubt_does_not_hold_up_what_is_certain():
    """Of two candidates the certain one goes, the other one blocks."""
    rig = DeletionRig(gone=2)
    await rig.propose_all()
    path = CLUSTERS.path(namespace="team", name="gone1")
    rig.rest.meet("GET", path, errors.Forbidden(403, "Forbidden"))
    await rig.look()

    assert [obj["metadata"]["name"] for obj in rig.store.types[LIFECYCLES].objects.values()] == [
        "mcp-gone1"
    ]
    assert rig.blocks.get("mcp").reason == "LookFailed"
    rig.see()
    await asyncio.sleep(LOOK_AGAIN_SECONDS)
    await rig.look()
    assert rig.left() == 0
    assert rig.blocks.get("mcp") is None


async def test_a_block_ends_with_its_candidates():
    """When none is left the condition is taken back."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    for obj in rig.objects:
        rig.context.candidates.withdraw("mcp", obj["metadata"]["name"])
    drain(rig.queues.policies)
    assert await rig.look() == DONE

    assert rig.blocks.get("mcp") is None
    assert drain(rig.queues.policies) == ["mcp"]
    assert rig.metrics.gauges["mcp blocked"] == 0


async def test_the_lifecycles_of_a_policy_that_is_gone_are_free():
    """Twenty go at once, uncounted and not written down."""
    rig = DeletionRig(gone=20)
    rig.tracker.drop("mcp")
    rig.drop(POLICIES, "mcp")
    rig.see(POLICIES)
    await rig.propose_all()
    assert await rig.look() == DONE

    assert rig.left() == 0
    assert {method for method, _ in rig.rest.writes()} == {"DELETE"}
