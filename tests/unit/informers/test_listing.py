"""A list in the making."""

from clusterimport.informers.listing import Listing, same_version
from clusterimport.model.keys import ObjectKey


def obj(version, uid="u"):
    return {"metadata": {"name": "a", "uid": uid, "resourceVersion": version}}


KEY = ObjectKey("", "a")


def test_only_the_same_state_of_the_same_object_is_the_same():
    """Version and uid have to be equal, and a missing version equals nothing."""
    assert same_version(obj("1"), obj("1"))
    assert not same_version(obj("1"), obj("2"))
    assert not same_version(obj("1"), obj("1", uid="other"))
    assert not same_version(obj(""), obj(""))


def test_known_objects_are_reused_and_others_transformed():
    """An object known in this version is not transformed and not copied."""
    known = obj("1")
    listing = Listing({KEY: known}, lambda _: True, lambda o: {**o, "transformed": True})

    listing.put(KEY, obj("1"))
    assert listing.kept[KEY] is known

    listing.put(KEY, obj("2"))
    assert listing.kept[KEY]["transformed"]
    assert listing.seen_count == 1


def test_a_later_event_can_reject_or_drop_an_item():
    """An item that is rejected by its newest state is counted only; a dropped one is not."""
    listing = Listing({}, lambda o: o["metadata"]["resourceVersion"] == "1", lambda o: o)
    listing.put(KEY, obj("1"))
    listing.put(KEY, obj("2"))
    assert dict(listing.kept) == {}
    assert listing.seen_count == 1

    listing.drop(KEY)
    assert listing.seen_count == 0
