"""Which lifecycles a token stands for, and until when."""

import pytest

from clusterimport.controllers.deletions.releases import Releases
from tests.fakes.manualclock import ManualClock

SET = {"a", "b", "c"}


@pytest.fixture(name="clock")
def _clock():
    return ManualClock()


@pytest.fixture(name="releases")
def _releases(clock):
    return Releases(clock)


def test_a_set_keeps_its_token_as_long_as_it_is_shown(clock, releases):
    """The same set has the same token, another set another, each policy its own."""
    token = releases.show("mcp", SET)
    clock.advance(60)
    assert releases.show("mcp", {"c", "b", "a"}) == token
    larger = releases.show("mcp", SET | {"d"})
    assert larger != token

    assert releases.released("mcp", token) == SET
    assert releases.released("mcp", larger) == SET | {"d"}
    assert releases.released("other", token) == frozenset()
    assert releases.released("mcp", "") == frozenset()


def test_a_token_is_short_and_no_words(releases):
    """It can be typed, and is a valid value of anything on a command line."""
    token = releases.show("mcp", SET)

    assert len(token) <= 24
    assert set(token) <= set("0123456789abcdef-")


def test_a_set_that_is_shown_again_has_another_token(clock, releases):
    """What was wanted meanwhile needs a new decision, also if it is the same set."""
    token = releases.show("mcp", SET)
    releases.keep("mcp", set())
    clock.advance(2)

    assert releases.released("mcp", token) == frozenset()
    assert releases.show("mcp", SET) != token
    assert releases.released("mcp", token) == frozenset()


def test_a_set_loses_who_is_wanted_again(releases):
    """The token stands for the others still; who comes back to the set is not in it."""
    token = releases.show("mcp", SET)
    releases.keep("mcp", {"a", "b", "x"})
    assert releases.released("mcp", token) == {"a", "b"}
    assert releases.show("mcp", {"a", "b"}) == token
    releases.keep("mcp", SET)
    assert releases.released("mcp", token) == {"a", "b"}
    assert releases.show("mcp", SET) != token


def test_the_token_of_the_leader_before_is_taken_over(clock):
    """It stands for the set that it was made for, whenever that was."""
    token = Releases(clock).show("mcp", SET)
    clock.advance(3600)
    releases = Releases(clock)
    releases.resume("mcp", token, SET)

    assert releases.released("mcp", token) == SET
    assert releases.show("mcp", SET) == token


@pytest.mark.parametrize("uids", [SET | {"d"}, SET - {"a"}, {"x"}])
def test_the_token_of_the_leader_before_stands_for_no_other_set(clock, uids):
    """A larger, smaller or other set than the one that was shown is not released by it."""
    token = Releases(clock).show("mcp", SET)
    releases = Releases(clock)
    releases.resume("mcp", token, uids)

    assert releases.released("mcp", token) == frozenset()
    # Nor later: what is shown by then is shown by us.
    releases.resume("mcp", token, SET)
    assert releases.released("mcp", token) == frozenset()


@pytest.mark.parametrize("token", ["", "-", "x", "6a5b-", "-0123456789ab"])
def test_nonsense_is_no_token(clock, token):
    """Whatever the condition says, only a token of ours is taken over."""
    releases = Releases(clock)
    releases.resume("mcp", token, SET)

    assert releases.released("mcp", token) == frozenset()


def test_nothing_to_show_is_not_the_first_set(clock):
    """Where no look has succeeded yet, the token of the leader before can still be taken over."""
    token = Releases(clock).show("mcp", SET)
    releases = Releases(clock)
    releases.resume("mcp", token, set())
    releases.resume("mcp", token, SET)

    assert releases.released("mcp", token) == SET


def test_only_the_last_sets_are_remembered(releases):
    """A policy that stays blocked while its set changes does not fill the memory."""
    tokens = [releases.show("mcp", {str(number)}) for number in range(40)]

    assert [bool(releases.released("mcp", token)) for token in tokens] == [False] * 24 + [True] * 16
