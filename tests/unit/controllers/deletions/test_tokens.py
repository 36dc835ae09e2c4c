"""The token with which a person releases deletions that are over the budget."""

import asyncio

import pytest

from clusterimport.controllers.deletions.reconciler import POSTPONED_SECONDS
from clusterimport.controllers.result import DONE
from clusterimport.controllers.shared.candidates import GATHER_SECONDS
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS
from tests.fakes.controllers.reconcilers import DeletionRig

pytestmark = pytest.mark.looptime


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


async def test_t53_a_token_stands_for_its_set_whenever_that_stands_again():
    """What comes or goes makes it another set; when all is as it was, the same word is good."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    shown = rig.token()
    late = rig.add("late")
    rig.see()
    rig.propose(late)
    rig.allow(shown)
    await asyncio.sleep(3)
    await rig.look()
    assert rig.left() == 7
    assert rig.token() != shown
    assert rig.blocks.get("mcp").count == 7
    rig.context.candidates.withdraw("mcp", "mcp-late")
    await rig.look()

    assert rig.left() == 1
    assert rig.get(LIFECYCLES, "mcp-late")


async def test_t53_any_number_of_other_sets_may_stand_in_between():
    """A source that flips forty times makes forty other sets, and does not outrun the word."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    shown = rig.token()
    for number in range(40):
        other = rig.add(f"flip{number}")
        rig.see()
        rig.propose(other)
        await asyncio.sleep(3)
        await rig.look()
        assert rig.token() != shown
        rig.context.candidates.withdraw("mcp", f"mcp-flip{number}")
    await rig.look()
    assert rig.token() == shown
    rig.allow(shown)
    await rig.look()

    assert rig.left() == 40
    assert rig.metrics.counts["blocked mcp"] == 1, "one decision, of changing sets"
    assert len(rig.told()) == 1


async def test_t53_several_tokens_are_good_together():
    """One of them is of this set; the others may be of other namespaces, or of none."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    rig.allow(f"0123456789abcdef, {rig.token()} fedcba9876543210")
    await rig.look()

    assert rig.left() == 0


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


async def test_t53_the_next_leader_needs_no_memory_of_what_was_shown():
    """The same set has the same token, and a word that was given before the start is heard."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    shown = rig.token()
    rig.restart()
    await rig.look()
    assert rig.left() == 6
    assert rig.token() == shown
    rig.restart()
    rig.allow(shown)
    await rig.look()

    assert rig.left() == 0


async def test_t53_the_next_leader_goes_on_with_a_release_that_is_half_done():
    """What a person has released and was not deleted yet needs no other word after a restart."""
    rig = DeletionRig(gone=9)
    await rig.propose_all()
    await rig.look()
    rig.allow(rig.token())
    for number in range(3, 9):
        path = PEDIACLUSTERS.path(name=f"mcp-gone{number}")
        rig.rest.meet("DELETE", path, errors.Conflict(409, "Conflict"))
    await rig.look()
    assert rig.left() == 6
    assert rig.released() == 9, "written before the first of them goes"
    rig.add("late")
    rig.see()
    rig.restart()
    rig.context.tally.settled("mcp")
    rig.propose(rig.get(LIFECYCLES, "mcp-late"))
    await asyncio.sleep(GATHER_SECONDS + 0.01)
    await rig.look()

    assert rig.left() == 1
    assert rig.get(LIFECYCLES, "mcp-late"), "of another set than that which was released"
    assert rig.released() == 0


async def test_t53_a_release_that_is_taken_back_deletes_no_more():
    """Without the annotation the rest is held again, by this leader and by the next."""
    rig = DeletionRig(gone=20)
    await rig.propose_all()
    await rig.look()
    rig.allow(rig.token())
    path = LIFECYCLES.path(name="mcp-gone0")
    rig.rest.meet("DELETE", path, lambda: rig.allow(""))
    await rig.look()
    assert rig.left() == 12, "one batch was under way"
    await rig.look()
    assert rig.blocks.get("mcp").count == 12
    rig.restart()
    await rig.look()

    assert rig.left() == 12
    assert rig.blocks.get("mcp").count == 12


@pytest.mark.parametrize("moment", ["6956f125", "", "0"])
async def test_t53_a_token_with_a_moment_is_worth_nothing(moment):
    """What an older version has shown stood for a set and a moment."""
    rig = DeletionRig(gone=6)
    await rig.propose_all()
    await rig.look()
    rig.allow(f"{moment}-{rig.token()[:12]}")
    await rig.look()

    assert rig.left() == 6
