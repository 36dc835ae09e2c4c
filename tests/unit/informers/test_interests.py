"""Which objects are kept."""

from clusterimport.informers.interests import Interests
from tests.fakes.informers.informing import CountingMetrics


def make():
    metrics = CountingMetrics()
    return Interests("t", metrics), metrics


def test_without_interests_everything_is_kept():
    """Nobody's wish means everything."""
    interests, _ = make()

    assert interests.takers({})


def test_one_interest_is_enough():
    """An object is kept if any predicate takes it, and dropped if none does."""
    interests, _ = make()
    interests.set("x", lambda obj: obj["kind"] == "x")
    interests.set("y", lambda obj: obj["kind"] == "y")

    assert interests.takers({"kind": "y"})
    assert not interests.takers({"kind": "z"})
    assert len(interests) == 2


def test_setting_the_same_predicate_again_is_no_change():
    """Only a new or other predicate counts as a change; removing tells whether it was there."""
    interests, _ = make()

    def predicate(_):
        return True

    assert interests.set("x", predicate)
    assert not interests.set("x", predicate)
    assert interests.set("x", lambda _: True)
    assert interests.remove("x")
    assert not interests.remove("x")


def test_a_predicate_that_raises_keeps_the_object():
    """A bug in a predicate is counted each time and must not look like a deletion."""
    interests, metrics = make()
    interests.set("x", lambda obj: obj["missing"])

    assert interests.takers({})
    assert interests.takers({})
    assert metrics.counts["handler"] == 2


def test_every_interest_is_asked_and_its_answer_is_kept():
    """Who cannot say keeps an object, too, and is told apart; equal answers are one object."""
    interests, _ = make()
    interests.set("yes", lambda _: True)
    interests.set("no", lambda _: False)
    interests.set("maybe", lambda _: None)

    assert interests.takers({}) == {"yes", "?maybe"}
    assert interests.takers({"a": "b"}) is interests.takers({})
