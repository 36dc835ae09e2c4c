"""A list in the making."""

from clusterimport.informers.keeping import Interests, Keeper, NamespaceShares
from clusterimport.informers.listing import Listing, same_version
from clusterimport.informers.metrics import NullInformerMetrics
from clusterimport.informers.transforms import Interner
from clusterimport.limits.counted import NullLimitMetrics
from clusterimport.model.meta import ObjectKey
from tests.fakes.informers.informing import SPEC
from tests.fakes.kube.received import received


def obj(version, uid="u"):
    return received({"metadata": {"name": "a", "uid": uid, "resourceVersion": version}})


def list_over(known, take=lambda _: True, transform=lambda o: o):
    interests = Interests("t", NullInformerMetrics())
    interests.set("i", take)
    keeper = Keeper(
        SPEC,
        interests=interests,
        transform=transform,
        interner=Interner(),
        limits=NullLimitMetrics(),
        room_made=lambda: None,
    )
    return Listing(known, keeper, NamespaceShares(0))


KEY = ObjectKey("", "a")


def test_only_the_same_state_of_the_same_object_is_the_same():
    """Version and uid have to be equal, and a missing version equals nothing."""
    assert same_version(obj("1"), obj("1"))
    assert not same_version(obj("1"), obj("2"))
    assert not same_version(obj("1"), obj("1", uid="other"))
    assert not same_version(obj(""), obj(""))


def test_known_objects_are_reused_and_others_transformed():
    """An object known in this version stays the one that is stored."""
    known = obj("1").content()
    listing = list_over({KEY: known}, transform=lambda o: {**o, "transformed": True})

    listing.put(KEY, obj("1"))
    assert listing.kept[KEY] is known

    listing.put(KEY, obj("2"))
    assert listing.kept[KEY]["transformed"]
    assert listing.seen_count == 1


def test_a_later_event_can_reject_or_drop_an_item():
    """An item that is rejected by its newest state is counted only; a dropped one is not."""
    listing = list_over({}, lambda o: o["metadata"]["resourceVersion"] == "1")
    listing.put(KEY, obj("1"))
    listing.put(KEY, obj("2"))
    assert dict(listing.kept) == {}
    assert listing.seen_count == 1

    listing.drop(KEY)
    assert listing.seen_count == 0
