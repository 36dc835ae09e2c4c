"""What a condition tells of deletions that do not happen."""

import pytest

from clusterimport.controllers.deletions.blocks import Block, Blocks, token_in
from clusterimport.controllers.deletions.confirm import doubt


def objects(count, prefix="one"):
    return [{"metadata": {"name": f"{prefix}-{n}", "uid": f"{prefix}{n}"}} for n in range(count)]


PLAIN = doubt("LookFailed", "it could not be looked at")
RELEASABLE = doubt("SourceTypeReinstalled", "the CRD is young", is_releasable=True)


def block(over_budget, doubts=()):
    return Block.of(over_budget, list(doubts), policy="mcp", token="t0")


def test_the_budget_names_count_examples_and_the_command():
    """Five are named, the others counted, and the annotation that releases them is printed."""
    told = block(objects(7))

    assert (told.reason, told.count) == ("DeletionBudgetExceeded", 7)
    assert told.message.startswith("7 lifecycles seem to be unwanted")
    assert "Not deleted: one-0, one-1, one-2, one-3, one-4 and 2 more." in told.message
    assert (
        "To delete exactly these 7: kubectl annotate clusterimportpolicy mcp --overwrite "
        "policy.clusterpedia.io/allow-deletions=t0"
    ) in told.message
    assert token_in(told.message) == told.token == "t0"


@pytest.mark.parametrize(("count", "more"), [(5, False), (6, True)])
def test_up_to_five_are_all_named(count, more):
    """``and n more`` stands only where some are not named."""
    assert ("and 1 more" in block(objects(count)).message) is more


def test_a_doubt_is_told_with_its_reason_and_cannot_be_released():
    """What could not be looked at has no token: the world has to change first."""
    told = block([], [(objects(1)[0], PLAIN)])

    assert (told.reason, told.count) == ("LookFailed", 1)
    assert told.message == "it could not be looked at. Not deleted: one-0"
    assert token_in(told.message) == ""


def test_a_releasable_doubt_comes_with_the_command():
    """A young CRD may be answered by a person: exactly those, without the other doubts."""
    young, other = objects(2)
    told = block([], [(young, RELEASABLE), (other, PLAIN)])

    assert told.reason == "SourceTypeReinstalled"
    assert "To delete exactly these 1:" in told.message
    assert token_in(told.message) == "t0"
    assert told.count == 2


def test_the_budget_is_told_before_doubts():
    """Both are counted and named, the budget gives the reason."""
    told = block(objects(6), [(objects(1, "two")[0], RELEASABLE)])

    assert told.reason == "DeletionBudgetExceeded"
    assert told.count == 7
    assert "To delete exactly these 7:" in told.message


def test_only_a_change_of_a_block_is_new():
    """Each policy has its own block, and the same one again says nothing new."""
    blocks = Blocks()
    first = block(objects(6))
    assert blocks.set("mcp", first)
    assert not blocks.set("mcp", block(objects(6)))
    assert blocks.get("mcp") == first
    assert blocks.get("other") is None
    second = Block("R", "m", 8, "t1")
    assert blocks.set("mcp", second)
    assert blocks.get("mcp") == second

    assert blocks.clear("mcp")
    assert not blocks.clear("mcp")
    assert blocks.get("mcp") is None
