"""The budget of deletions, and the token with which a person releases what is over it."""

import asyncio

import pytest

from clusterimport.controllers.deletions.reconciler import (
    LOOK_AGAIN_SECONDS,
    POSTPONED_SECONDS,
    DeletionReconciler,
)
from clusterimport.controllers.result import DONE
from clusterimport.controllers.schema import ServedSchemas
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    LIFECYCLES,
    POLICIES,
)
from tests.fakes.importing import KEEPS_ALL, drain
from tests.fakes.reconcilers import DeletionRig

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
    assert (block.reason, block.count, block.token) == ("DeletionBudgetExceeded", 6, rig.token())
    (event,) = rig.told()
    assert event["reason"] == "DeletionBlocked"
    assert rig.token() in event["note"]
    assert rig.metrics.gauges["mcp blocked"] == 6
    assert rig.metrics.counts["blocked mcp"] == 1
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


async def test_the_token_releases_exactly_that_set():
    """With the token on the policy all six go, once; what comes later needs another."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    token = rig.token()
    rig.allow("wrong")
    await rig.look()
    assert rig.left() == 6
    assert rig.token() == token
    rig.allow(token)
    assert await rig.look() == DONE
    assert rig.left() == 0
    assert rig.blocks.get("mcp") is None
    assert rig.metrics.gauges["mcp blocked"] == 0

    rig.objects = [rig.add(f"gone{n}") for n in range(6)]
    rig.see()
    await rig.propose_all()
    await rig.look()
    assert rig.left() == 6, "the same names are other objects"


async def test_a_token_that_was_shown_releases_its_set_even_if_more_came():
    """A person answers to what was shown: newcomers are not part of it."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    shown = rig.token()
    late = [rig.add(f"late{n}") for n in range(6)]
    rig.see()
    rig.objects += late
    await rig.propose_all()
    await rig.look()
    assert rig.token() != shown
    rig.allow(shown)
    await rig.look()

    assert rig.left() == 6
    assert all(rig.get(LIFECYCLES, obj["metadata"]["name"]) for obj in late)
    await rig.look()
    assert rig.left() == 6
    assert rig.blocks.get("mcp").count == 6


async def test_a_token_that_was_never_used_is_worth_nothing_the_next_time():
    """When all were wanted meanwhile, the same set needs another word, though the first stands."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    unused = rig.token()
    for obj in rig.objects:
        rig.context.candidates.withdraw("mcp", obj["metadata"]["name"])
    await rig.look()
    rig.allow(unused)
    await rig.propose_all()
    await rig.look()

    assert rig.left() == 6
    assert rig.token() != unused
    rig.allow(rig.token())
    await rig.look()
    assert rig.left() == 0


async def test_who_was_wanted_meanwhile_is_not_released():
    """A token stands for those of its set that have seemed unwanted ever since it was shown."""
    rig = DeletionRig(gone=7)
    await rig.propose_all()
    await rig.look()
    shown = rig.token()
    rig.context.candidates.withdraw("mcp", "mcp-gone3")
    await rig.look()
    assert rig.left() == 7
    await rig.propose_all()
    rig.allow(shown)
    await rig.look()

    assert rig.left() == 1
    assert rig.get(LIFECYCLES, "mcp-gone3")


async def test_what_was_postponed_is_released_by_the_same_word():
    """A conflict takes nothing out of the set: those that changed go when they are looked at."""
    rig = DeletionRig(gone=8)
    await rig.propose_all()
    await rig.look()
    for number in range(6):
        path = LIFECYCLES.path(name=f"mcp-gone{number}")
        rig.rest.meet("DELETE", path, errors.Conflict(409, "Conflict"))
    rig.allow(rig.token())
    assert (await rig.look()).requeue_after == POSTPONED_SECONDS
    assert rig.left() == 6
    rig.see()
    assert await rig.look() == DONE
    assert rig.left() == 0


async def test_the_next_leader_goes_by_the_token_of_the_condition():
    """What the leader before has shown is still shown, and releases that set."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    shown = rig.token()
    rig.tell()
    rig.restart()
    await rig.look()
    assert rig.left() == 6
    assert rig.token() == shown
    rig.restart()
    rig.allow(shown)
    await rig.look()

    assert rig.left() == 0


async def test_the_next_leader_takes_no_token_for_another_set():
    """A set that has grown since is shown anew, whatever the annotation says."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    shown = rig.token()
    rig.tell()
    rig.allow(shown)
    rig.restart()
    rig.objects.append(rig.add("late"))
    rig.see()
    await rig.propose_all()
    await rig.look()

    assert rig.left() == 7
    assert rig.token() != shown


async def test_the_next_leader_takes_no_token_that_is_not_shown():
    """The word of last year releases nothing when the condition has been clear since."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    unused = rig.token()
    rig.blocks.clear("mcp")
    rig.tell()
    rig.allow(unused)
    rig.restart()
    await asyncio.sleep(1)
    await rig.look()

    assert rig.left() == 6
    assert rig.token() != unused


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
    assert (await rig.look()).requeue_after == LOOK_AGAIN_SECONDS
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
