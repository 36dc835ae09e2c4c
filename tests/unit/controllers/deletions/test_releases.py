"""Which lifecycles a token stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.controllers.deletions.releases import (
    Releases,
    parse_releases,
    token_of,
    tokens_in,
)
from clusterimport.limits.deletions import RELEASES_REMEMBERED

SET = {"a", "b", "c"}
TEAM = "namespace/team"


@given(st.sets(st.uuids(), min_size=1), st.sets(st.uuids(), min_size=1))
def test_t53_a_token_is_the_digest_of_its_set(one, other):
    """The same set has the same token, at any time and for any leader; another set another."""
    uids, others = [sorted(map(str, each)) for each in (one, other)]

    assert token_of("p", reversed(uids)) == token_of("p", uids)
    assert (token_of("p", uids) == token_of("p", others)) is (one == other)
    assert token_of("q", uids) != token_of("p", uids)


def test_a_token_is_short_and_no_words():
    """It can be typed, and is a valid value of anything on a command line; nothing has none."""
    token = token_of("p", SET)

    assert len(token) == 16
    assert set(token) <= set("0123456789abcdef")
    assert token_of("p", ()) == ""


@pytest.mark.parametrize("text", ["t1,t2", "t1 t2", " t1,\n t2 ,", "t2\tt1"])
def test_t53_an_annotation_holds_several_tokens(text):
    """Commas and spaces separate them, as jsonpath prints them."""
    assert tokens_in(text) == {"t1", "t2"}
    assert tokens_in("") == frozenset()


def test_the_rest_of_a_set_stays_released():
    """What could not be deleted at once needs no other word; what was wanted meanwhile does."""
    releases = Releases().adding(TEAM, {"a", "b"}).adding(TEAM, {"c"})
    assert held(releases) == SET
    releases = releases.keeping(TEAM, {"b", "c", "x"})
    assert held(releases) == {"b", "c"}
    assert not releases.includes("namespace/other", "b")

    assert releases.keeping("namespace/other", set()) is releases
    assert releases.adding(TEAM, {"b"}) is releases
    assert releases.keeping(TEAM, set()) == Releases()


@given(
    st.dictionaries(
        st.sampled_from(["namespace/a", "namespace/b", "policy/p"]),
        st.sets(st.uuids().map(str), min_size=1),
    )
)
def test_t53_what_is_released_is_read_back_from_the_status(sets):
    """Each tenant's, and of no other; nonsense is left out and does not raise."""
    releases = Releases()
    for tenant, uids in sets.items():
        releases = releases.adding(tenant, uids)
    written = releases.to_list()

    assert parse_releases("p", written) == releases
    assert parse_releases("p", [*written, 7, {"count": 1}, {"digests": "?"}]) == releases
    assert parse_releases("p", None) == Releases()
    assert [entry["count"] for entry in written] == [len(sets[each]) for each in sorted(sets)]


def test_t53_no_more_is_remembered_than_an_object_can_hold():
    """Of twice as many released the status has a part, and the memory all."""
    uids = {f"u{number}" for number in range(RELEASES_REMEMBERED // 2)}
    releases = Releases()
    for tenant in ("a", "b", "c", "d"):
        releases = releases.adding(f"namespace/{tenant}", uids)
    written = releases.to_list()

    assert [entry["namespace"] for entry in written] == ["a", "b"]
    assert sum(entry["count"] for entry in written) == RELEASES_REMEMBERED
    assert len(str(written)) < 200_000
    assert releases.includes("namespace/d", "u7")


def held(releases):
    return {uid for uid in (*SET, "x") if releases.includes(TEAM, uid)}
