"""What a condition tells of deletions that do not happen."""

import pytest

from clusterimport.controllers.deletions.findings import doubt, held_back
from clusterimport.controllers.shared.blocks import Block, Blocks, HeldDeletions

TEAM = "namespace/team"
ALLOW = (
    "kubectl annotate clusterimportpolicy mcp --overwrite policy.clusterpedia.io/allow-deletions"
)


def objects(count, prefix="one"):
    return [{"metadata": {"name": f"{prefix}-{n}", "uid": f"{prefix}{n}"}} for n in range(count)]


PLAIN = doubt("LookFailed", "it could not be looked at")
RELEASABLE = doubt("SourceTypeReinstalled", "the CRD is young", is_releasable=True)


def held(over_budget, doubts=(), token="t0"):
    return held_back(over_budget, list(doubts), token=token)


def block(over_budget, doubts=(), *, token="t0", tenant=TEAM):
    return Block.of("mcp", [(tenant, held(over_budget, doubts, token))])


def test_the_budget_names_count_examples_and_the_command():
    """Five are named, the others counted, and the annotation that releases them is printed."""
    told = block(objects(7))

    assert (told.reason, told.count) == ("DeletionBudgetExceeded", 7)
    assert told.message == (
        "7 lifecycles of namespace team seem to be unwanted, more than may be deleted within "
        "10 minutes without a person. Not deleted: one-0, one-1, one-2, one-3, one-4 and 2 more. "
        f"To delete exactly these 7: {ALLOW}=t0"
    )
    assert told.held == ({"namespace": "team", "count": 7, "token": "t0"},)


def test_cluster_scoped_sources_have_no_namespace():
    """The policy is the tenant, and no namespace is made up."""
    told = block(objects(7), tenant="policy/mcp")

    assert told.message.startswith("7 lifecycles seem to be unwanted")
    assert told.held == ({"count": 7, "token": "t0"},)


@pytest.mark.parametrize(("count", "more"), [(5, False), (6, True)])
def test_up_to_five_are_all_named(count, more):
    """``and n more`` stands only where some are not named."""
    assert ("and 1 more" in block(objects(count)).message) is more


def test_a_doubt_is_told_with_its_reason_and_cannot_be_released():
    """What could not be looked at has no token: the world has to change first."""
    told = block([], [(objects(1)[0], PLAIN)], token="")

    assert (told.reason, told.count) == ("LookFailed", 1)
    assert told.message == "it could not be looked at. Not deleted: one-0"
    assert told.held == ()


def test_a_releasable_doubt_comes_with_the_command():
    """A young CRD may be answered by a person: exactly those, without the other doubts."""
    young, other = objects(2)
    told = block([], [(young, RELEASABLE), (other, PLAIN)])

    assert told.reason == "SourceTypeReinstalled"
    assert "To delete exactly these 1:" in told.message
    assert told.count == 2
    assert told.held == ({"namespace": "team", "count": 1, "token": "t0"},)


def test_the_budget_is_told_before_doubts():
    """Both are counted and named, and the budget gives the reason, also among several tenants."""
    told = block(objects(6), [(objects(1, "two")[0], RELEASABLE)])
    doubted = held([], [(objects(1, "two")[0], RELEASABLE)], token="t1")
    both = Block.of("mcp", [("namespace/a", doubted), (TEAM, held(objects(6)))])

    assert told.reason == both.reason == "DeletionBudgetExceeded"
    assert told.count == both.count == 7
    assert "To delete exactly these 7:" in told.message
    assert both.message.startswith("6 lifecycles of namespace team seem")
    assert f"To delete exactly these 7: {ALLOW}=t0,t1" in both.message


def test_t53_several_namespaces_have_a_token_each():
    """The first few are named with their counts, and the command has the tokens of all."""
    parts = [(f"namespace/n{n}", held(objects(6 + n, f"n{n}"), token=f"t{n}")) for n in range(5)]
    told = Block.of("mcp", parts)

    assert told.message.startswith(
        "40 lifecycles of 5 namespaces (n0: 6, n1: 7, n2: 8 and 2 more) seem to be unwanted"
    )
    assert "Not deleted: n0-0, n0-1, n0-2, n0-3, n0-4 and 35 more." in told.message
    assert f"To delete exactly these 40: {ALLOW}=t0,t1,t2,t3,t4" in told.message


def test_t53_five_hundred_namespaces_make_a_short_message():
    """Eight tokens are printed; the status has those of 256 namespaces, by name."""
    parts = [
        (f"namespace/n{n:03}", held(objects(3, f"n{n}"), token=f"{n:016x}")) for n in range(500)
    ]
    told = Block.of("mcp", parts)

    assert told.message.startswith("1500 lifecycles of 500 namespaces (n000: 3,")
    assert "To delete the 24 of the first 8 namespaces: " in told.message
    assert told.message.endswith(
        "status.heldDeletions and the controller's log have the tokens of the others"
    )
    assert len(told.message) < 700
    assert [each["namespace"] for each in told.held] == [f"n{n:03}" for n in range(256)]


def test_only_a_change_of_a_block_is_new():
    """Each tenant has its own, a policy those of all, and the same again says nothing new."""
    blocks = Blocks()
    assert blocks.set("mcp", TEAM, held(objects(6)))
    assert not blocks.set("mcp", TEAM, held(objects(6)))
    assert blocks.get("mcp") == block(objects(6))
    assert blocks.of("mcp", TEAM) == held(objects(6))
    assert blocks.of("mcp", "namespace/other") is blocks.of("other", TEAM) is None
    assert blocks.get("other") is None
    assert blocks.set("mcp", TEAM, held(objects(8), token="t1"))
    assert blocks.get("mcp") == block(objects(8), token="t1")
    assert blocks.set("mcp", "namespace/other", held(objects(6)))
    assert blocks.get("mcp").count == 14

    assert blocks.clear("mcp", TEAM)
    assert not blocks.clear("mcp", TEAM)
    assert blocks.get("mcp").count == 6
    assert blocks.clear("mcp", "namespace/other")
    assert blocks.get("mcp") is None


def test_t02_what_is_held_is_counted_without_being_told():
    """The sum over all tenants is at hand, however many there are and whatever becomes of them."""
    blocks = Blocks()
    for number, count in enumerate((3, 4)):
        held = HeldDeletions("DeletionBudgetExceeded", "", count, 0, count, ("one",), "t")
        assert blocks.set("mcp", f"namespace/n{number}", held)
        assert not blocks.set("mcp", f"namespace/n{number}", held)
    assert blocks.count("mcp") == 7
    blocks.set("mcp", "namespace/n0", HeldDeletions("X", "", 1, 0, 1, ("one",), "t"))
    assert blocks.count("mcp") == 5
    blocks.clear("mcp", "namespace/n1")
    assert blocks.count("mcp") == 1
    blocks.clear("mcp", "namespace/n0")
    blocks.clear("mcp", "namespace/n0")
    assert blocks.count("mcp") == 0
