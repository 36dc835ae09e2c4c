"""Which lifecycles a token stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterimport.controllers.deletions.releases import Releases, token_of, tokens_in
from clusterimport.controllers.queues import DeletionKey

SET = {"a", "b", "c"}
KEY = DeletionKey("mcp", "namespace/team")


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
    releases = Releases()
    releases.add(KEY, {"a", "b"})
    releases.add(KEY, {"c"})
    assert releases.of(KEY) == SET
    releases.keep(KEY, {"b", "c", "x"})
    assert releases.of(KEY) == {"b", "c"}
    assert releases.of(DeletionKey("mcp", "namespace/other")) == frozenset()
    releases.keep(KEY, set())

    assert releases.of(KEY) == frozenset()
