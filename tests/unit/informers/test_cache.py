"""What a cache knows after lists and events, and a list in the making."""

import pytest

from clusterimport.informers.cache import Cache, Listing, same_version
from clusterimport.informers.handlers import Handlers
from clusterimport.informers.keeping import Interests, Keeper, NamespaceShares
from clusterimport.informers.metrics import NullInformerMetrics
from clusterimport.informers.spec import InformerStatus
from clusterimport.informers.transforms import Interner
from clusterimport.kube.watch import WatchEvent
from clusterimport.limits.counted import NullLimitMetrics
from clusterimport.model.meta import ObjectKey
from tests.fakes.informers.informing import SPEC, Change, CountingMetrics, Recorder
from tests.fakes.kube.received import received
from tests.fakes.limits.limitmetrics import CountingLimitMetrics


class Parts:
    """A cache with everything around it."""

    def __init__(self, *, transform=lambda obj: obj):
        self.metrics = CountingMetrics()
        self.interests = Interests("t", self.metrics)
        self.handlers = Handlers("t", self.metrics)
        self.recorder = Recorder()
        self.cache = Cache(
            SPEC,
            interests=self.interests,
            handlers=self.handlers,
            transform=transform,
            interner=Interner(),
            shares=NamespaceShares(0),
            limits=CountingLimitMetrics(),
            metrics=self.metrics,
        )
        self.handlers.add(self.recorder, (), InformerStatus())

    def replace(self, *objects):
        listing = self.cache.begin()
        for item in objects:
            self.cache.collect(listing, received(item))
        return sum(1 for _ in self.cache.replace(listing))

    def apply(self, event_type, item):
        return self.cache.apply(WatchEvent(event_type, received(item)))

    def take_changes(self):
        changes, self.recorder.changes = self.recorder.changes, []
        return changes


def obj(name, version, uid="u", **fields):
    metadata = {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": str(version)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **fields}


def key(name):
    return ObjectKey("ns", name)


def test_a_replacement_tells_only_differences_and_deletions_last():
    """Unchanged objects are not told again, changed and new ones are initial, lost ones news."""
    parts = Parts()
    parts.replace(obj("a", 1), obj("b", 2), obj("c", 3))
    parts.take_changes()

    parts.replace(obj("c", 3), obj("b", 9), obj("d", 8))

    assert parts.take_changes() == [
        Change("b", "2", "9", True),
        Change("d", None, "8", True),
        Change("a", "1", None, False),
    ]
    assert sorted(parts.cache.lister.keys()) == [key("b"), key("c"), key("d")]
    assert parts.cache.seen_count == 3


def test_a_replacement_keeps_the_stored_object_of_the_same_version():
    """An object listed again in the same version stays the same one in memory."""
    parts = Parts(transform=dict)
    parts.replace(obj("a", 1))
    before = parts.cache.lister.get(key("a"))

    parts.replace(obj("a", 1))

    assert parts.cache.lister.get(key("a")) is before


def test_a_replacement_is_authoritative_about_older_versions():
    """A list with an older version (a restored server) is stored as it is."""
    parts = Parts()
    parts.replace(obj("a", 50))

    parts.replace(obj("a", 20))

    assert parts.cache.lister.get(key("a")) == obj("a", 20)


def test_a_big_replacement_is_cut_up_and_never_hides_a_listed_object():
    """Between steps every object of the new list that was there before can be found."""
    parts = Parts()
    parts.replace(*(obj(f"o{n}", n) for n in range(100)))
    listing = parts.cache.begin()
    for n in range(50, 150):
        parts.cache.collect(listing, received(obj(f"o{n}", 1000 + n)))

    steps = 0
    for _ in parts.cache.replace(listing):
        steps += 1
        assert all(parts.cache.lister.get(key(f"o{n}")) for n in range(50, 100))

    assert steps == 150
    assert len(parts.cache.lister) == 100
    assert parts.cache.lister.get(key("o49")) is None


def test_events_change_the_content():
    """Added, modified and deleted objects are stored and told, none of them as initial."""
    parts = Parts()

    assert parts.apply("ADDED", obj("a", 1))
    assert parts.apply("MODIFIED", obj("a", 2))
    assert parts.apply("DELETED", obj("a", 3))

    assert parts.take_changes() == [
        Change("a", None, "1", False),
        Change("a", "1", "2", False),
        Change("a", "2", None, False),
    ]
    assert parts.cache.seen_count == 0


def test_stale_and_repeated_events_change_nothing():
    """An event that is older than the stored object, or the same again, is counted and dropped."""
    parts = Parts()
    parts.apply("ADDED", obj("a", 10))
    parts.take_changes()

    assert parts.apply("MODIFIED", obj("a", 9))
    assert parts.apply("ADDED", obj("a", 10))
    assert parts.apply("ADDED", obj("a", 4, uid="earlier"))

    assert parts.take_changes() == []
    assert parts.cache.seen_count == 1
    assert parts.metrics.counts == {"stale": 2, "duplicate": 1}


def test_a_deletion_counts_even_if_it_looks_old():
    """A DELETED of the stored object removes it whatever its version says."""
    parts = Parts()
    parts.apply("ADDED", obj("a", 10))

    parts.apply("DELETED", obj("a", 9))

    assert len(parts.cache.lister) == 0


def test_the_late_deletion_of_an_earlier_object_spares_the_present_one():
    """A DELETED of another uid, older than what is stored, removes nothing."""
    parts = Parts()
    parts.apply("ADDED", obj("a", 10, uid="new"))

    parts.apply("DELETED", obj("a", 9, uid="old"))

    assert parts.cache.lister.get(key("a")) is not None
    assert parts.cache.seen_count == 1


def test_an_object_made_again_is_told_as_one_change_of_uid():
    """Another uid under the name is told with the old and the new object together."""
    parts = Parts()
    seen = []
    parts.apply("ADDED", obj("a", 1, uid="one"))

    class Uids:
        def on_change(self, key, old, new, *, initial):
            seen.append((old["metadata"]["uid"], new["metadata"]["uid"]))

        def on_status(self, status):
            raise AssertionError

    parts.handlers.remove(parts.recorder)
    parts.handlers.add(Uids(), (), InformerStatus())
    parts.apply("ADDED", obj("a", 5, uid="two"))
    parts.replace(obj("a", 9, uid="three"))

    assert seen == [("one", "two"), ("two", "three")]
    assert parts.cache.seen_count == 1


def test_opaque_versions_are_stored_in_the_order_they_come():
    """Versions without an order are never called stale, only repetitions are dropped."""
    parts = Parts()
    parts.apply("ADDED", obj("a", "x9"))
    parts.apply("MODIFIED", obj("a", "x1"))
    parts.apply("MODIFIED", obj("a", "x1"))

    assert parts.cache.lister.get(key("a")) == obj("a", "x1")
    assert parts.metrics.counts == {"duplicate": 1}


def test_only_what_an_interest_takes_is_kept_and_all_is_counted():
    """A rejected object is counted but not kept, told as gone when rejected later."""
    parts = Parts(transform=lambda o: {"metadata": o["metadata"]})
    parts.interests.set("i", lambda o: o.get("type") == "kubeconfig")
    parts.replace(obj("a", 1, type="kubeconfig"), obj("b", 2, type="helm"))
    assert [c.name for c in parts.take_changes()] == ["a"]
    assert parts.cache.seen_count == 2

    parts.apply("ADDED", obj("c", 3, type="helm"))
    parts.apply("MODIFIED", obj("c", 4, type="kubeconfig"))
    parts.apply("MODIFIED", obj("a", 5, type="helm"))
    parts.apply("DELETED", obj("b", 6, type="helm"))

    assert parts.take_changes() == [Change("c", None, "4", False), Change("a", "1", None, False)]
    assert parts.cache.lister.keys() == [key("c")]
    assert parts.cache.seen_count == 2


def test_a_rejected_item_of_a_list_is_told_as_gone():
    """An object that is listed but not taken any more leaves the store."""
    parts = Parts()
    parts.replace(obj("a", 1))
    parts.take_changes()
    parts.interests.set("i", lambda _: False)

    parts.replace(obj("a", 1))

    assert parts.take_changes() == [Change("a", "1", None, False)]
    assert parts.cache.seen_count == 1


def test_the_count_of_objects_never_falls_below_what_is_kept():
    """Repeated deletions of unknown objects cannot make the count negative or too small."""
    parts = Parts()
    parts.apply("ADDED", obj("a", 1))
    for version in range(5):
        parts.apply("DELETED", obj("ghost", 10 + version))

    assert parts.cache.seen_count == 1


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "rows": []},
        {"kind": "Status", "apiVersion": "v1", "metadata": {}},
        {"apiVersion": "other.io/v1", "kind": "Secret", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "metadata": "text"},
        {"apiVersion": "v1", "metadata": {"name": 7}},
        {"apiVersion": "v1", "metadata": {"name": "a", "namespace": ["x"]}},
    ],
)
def test_foreign_objects_are_counted_and_dropped(item):
    """Tables, Status objects, other groups and nameless things change nothing."""
    parts = Parts()
    parts.replace(item)

    assert not parts.apply("ADDED", item)
    assert parts.metrics.counts == {"malformed": 2}
    assert len(parts.cache.lister) == 0


def test_unknown_event_types_are_counted_and_dropped():
    """An event of a type that does not exist changes nothing, in a stream or a WatchList."""
    parts = Parts()
    listing = parts.cache.begin()
    parts.cache.collect(listing, received(obj("a", 1)), "RENAMED")

    assert not parts.apply("RENAMED", obj("a", 1))
    assert parts.metrics.counts == {"unknown": 2}
    assert listing.seen_count == 0


def test_changes_during_a_watch_list_are_folded_in():
    """Modifications and deletions before the end mark are part of the list."""
    parts = Parts()
    listing = parts.cache.begin()
    for event_type, item in (
        ("ADDED", obj("a", 1)),
        ("ADDED", obj("b", 2)),
        ("MODIFIED", obj("a", 3)),
        ("DELETED", obj("b", 4)),
    ):
        parts.cache.collect(listing, received(item), event_type)
    list(parts.cache.replace(listing))

    assert parts.take_changes() == [Change("a", None, "3", True)]
    assert parts.cache.seen_count == 1


def item(version, uid="u"):
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
    assert same_version(item("1"), item("1"))
    assert not same_version(item("1"), item("2"))
    assert not same_version(item("1"), item("1", uid="other"))
    assert not same_version(item(""), item(""))


def test_known_objects_are_reused_and_others_transformed():
    """An object known in this version stays the one that is stored."""
    known = item("1").content()
    listing = list_over({KEY: known}, transform=lambda o: {**o, "transformed": True})

    listing.put(KEY, item("1"))
    assert listing.kept[KEY] is known

    listing.put(KEY, item("2"))
    assert listing.kept[KEY]["transformed"]
    assert listing.seen_count == 1


def test_a_later_event_can_reject_or_drop_an_item():
    """An item that is rejected by its newest state is counted only; a dropped one is not."""
    listing = list_over({}, lambda o: o["metadata"]["resourceVersion"] == "1")
    listing.put(KEY, item("1"))
    listing.put(KEY, item("2"))
    assert dict(listing.kept) == {}
    assert listing.seen_count == 1

    listing.drop(KEY)
    assert listing.seen_count == 0
