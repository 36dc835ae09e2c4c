"""Which objects are worth keeping, and how much of each namespace."""

from clusterimport.informers.keeping import Interests, NamespaceShares
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


def test_t51_a_namespace_is_full_and_others_are_not():
    """What fits is what is left of the bound; less is always possible."""
    shares = NamespaceShares(100)
    shares.add("a", 90)

    assert shares.fits("a", 10)
    assert not shares.fits("a", 11)
    assert shares.fits("b", 100)
    shares.add("a", 50)
    assert shares.fits("a", -1)
    assert shares.fits("a", 0)


def test_t51_a_list_in_the_making_counts_until_it_is_dropped():
    """A draft sees what is kept already, and what it adds stays with it."""
    shares = NamespaceShares(100)
    shares.add("a", 60)
    draft = shares.draft()
    draft.add("a", 30)

    assert (draft.held("a"), shares.held("a")) == (90, 60)
    assert not draft.fits("a", 11)
    draft.add("a", -60)
    assert draft.fits("a", 70)


def test_t51_without_a_bound_everything_fits():
    """0 means none."""
    assert NamespaceShares(0).fits("a", 10**12)


def test_t51_who_waits_is_told_once_when_there_is_less():
    """Of that namespace only; also if it was a list that found no room."""
    shares = NamespaceShares(100)
    told = []

    def wake():
        told.append(1)

    shares.add("a", 90)
    shares.add("b", 90)
    shares.draft().wait("a", wake)
    shares.wait("a", wake)
    shares.add("b", -1)
    shares.add("a", 1)
    assert told == []
    shares.add("a", -1)
    shares.add("a", -1)
    assert told == [1]
