"""The store and its read-only view."""

import pytest

from clusterimport.informers.store import Lister, Store
from clusterimport.model.meta import ObjectKey


def obj(name, *tags):
    return {"metadata": {"name": name}, "tags": list(tags)}


def tags(thing):
    return thing["tags"]


def key(name):
    return ObjectKey("", name)


def test_put_and_pop_return_what_was_there():
    """Put returns the replaced object, pop the removed one, both None for a new key."""
    store = Store()
    first, second = obj("a"), obj("a")

    assert store.put(key("a"), first) is None
    assert store.put(key("a"), second) is first
    assert store.pop(key("a")) is second
    assert store.pop(key("a")) is None


def test_an_index_covers_content_from_before_and_after():
    """An index finds objects that were there when it was added, and later ones."""
    store = Store()
    store.put(key("a"), obj("a", "x"))
    store.add_index("tag", tags)
    store.put(key("b"), obj("b", "x", "y"))

    lister = Lister(store)

    assert [o["metadata"]["name"] for o in lister.by_index("tag", "x")] == ["a", "b"]
    assert [o["metadata"]["name"] for o in lister.by_index("tag", "y")] == ["b"]
    assert lister.by_index("tag", "z") == []


def test_an_index_follows_changes_and_removals():
    """A changed object leaves its old values, a removed one all, and no empty value stays."""
    store = Store()
    store.add_index("tag", tags)
    store.put(key("a"), obj("a", "x"))
    store.put(key("a"), obj("a", "y"))

    assert list(store.indexed("tag", "x")) == []
    assert list(store.indexed("tag", "y")) == [key("a")]

    store.pop(key("a"))

    assert len(store._indexes["tag"]) == 0


def test_an_index_counts_what_it_finds():
    """Without looking at the objects; nothing is found under an unknown value."""
    store = Store()
    store.add_index("tag", tags)
    lister = Lister(store)
    store.put(key("a"), obj("a", "x"))
    store.put(key("b"), obj("b", "x", "y"))
    assert [lister.count_indexed("tag", value) for value in "xyz"] == [2, 1, 0]
    store.put(key("b"), obj("b", "y"))
    store.put(key("a"), obj("a", "x"))
    assert [lister.count_indexed("tag", value) for value in "xyz"] == [1, 1, 0]
    store.pop(key("a"))
    assert [lister.count_indexed("tag", value) for value in "xyz"] == [0, 1, 0]


def test_an_index_name_is_taken_once():
    """The same function may come again, another one under the name is refused."""
    store = Store()
    store.add_index("tag", tags)
    store.add_index("tag", tags)

    with pytest.raises(ValueError, match="index tag exists"):
        store.add_index("tag", lambda _: ())


def test_an_unknown_index_is_an_error():
    """Asking for an index that nobody added raises instead of finding nothing."""
    with pytest.raises(KeyError):
        Lister(Store()).by_index("tag", "x")
    with pytest.raises(KeyError):
        Lister(Store()).count_indexed("tag", "x")


def test_the_lister_reads_the_live_content():
    """A lister shows keys, objects and size of the moment, and its lists are copies."""
    store = Store()
    lister = Lister(store)
    store.put(key("a"), obj("a"))
    keys, objects = lister.keys(), lister.list()
    store.put(key("b"), obj("b"))

    assert keys == [key("a")]
    assert objects == [obj("a")]
    assert len(lister) == 2
    assert key("b") in lister
    assert lister.get(key("b")) == obj("b")
    assert lister.get(key("c")) is None
