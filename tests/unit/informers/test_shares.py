"""What all informers together keep of one namespace."""

from clusterimport.informers.shares import NamespaceShares


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
