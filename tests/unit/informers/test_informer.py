"""What callers of a shared informer see."""

import asyncio

import pytest

from clusterimport.aio import background
from clusterimport.informers import InformerOptions
from clusterimport.kube import errors
from clusterimport.model.meta import ObjectKey, labels_of, name_of
from tests.fakes.informers.informing import SPEC, Recorder, informing, make_factory
from tests.fakes.informers.list_watch import FakeCollection

pytestmark = pytest.mark.looptime


def wants(*names):
    return lambda obj: name_of(obj) in names


def make_server(*names):
    server = FakeCollection()
    for name in names:
        server.put(name)
    return server


async def test_a_handler_of_an_empty_informer_syncs_with_it():
    """A registration made before the first list is synced by that list, also an empty one."""
    recorder = Recorder()
    async with informing(FakeCollection()) as informer:
        registration = informer.add_handler(recorder)
        assert not registration.has_synced.is_set
        await registration.has_synced.wait()

    assert recorder.changes == []
    assert [status.synced for status in recorder.statuses] == [True]


async def test_a_late_handler_is_synced_at_once():
    """A handler that comes after the sync has the content when ``add_handler`` returns."""
    server = make_server("a", "b")
    recorder = Recorder()
    async with informing(server) as informer:
        await informer.has_synced.wait()
        registration = informer.add_handler(recorder)

        assert registration.has_synced.is_set
        assert recorder.names() == ["a", "b"]
        assert all(change.initial for change in recorder.changes)
        assert len(server.requests) == 1


async def test_a_removed_handler_hears_nothing():
    """After ``remove`` no change and no status arrives, and the others still hear."""
    server = make_server()
    gone, stays = Recorder(), Recorder()
    async with informing(server) as informer:
        registration = informer.add_handler(gone)
        informer.add_handler(stays)
        await informer.has_synced.wait()
        registration.remove()
        server.put("a")
        await asyncio.sleep(1)

    assert gone.names() == []
    assert stays.names() == ["a"]


async def test_indexes_work_before_and_after_content():
    """An index added early and one added late find the same objects."""
    server = FakeCollection()
    server.put("a", metadata={"labels": {"team": "x"}})
    async with informing(server) as informer:
        informer.add_index("early", lambda obj: labels_of(obj).values())
        await informer.has_synced.wait()
        informer.add_index("late", lambda obj: labels_of(obj).values())

        assert informer.store.by_index("early", "x") == informer.store.by_index("late", "x")
        assert len(informer.store.by_index("late", "x")) == 1


async def test_the_transform_runs_before_the_store():
    """Store and handlers see only what the transform made; bulk is gone before it runs."""
    server = FakeCollection()
    server.put("a", data={"token": "secret"}, metadata={"managedFields": [{}]})

    def digest(obj):
        return {"metadata": obj["metadata"], "digest": len(obj["data"])}

    async with informing(server, transform=digest) as informer:
        await informer.has_synced.wait()
        (obj,) = informer.store.list()

    assert obj["digest"] == 1
    assert "managedFields" not in obj["metadata"]


async def test_an_interest_before_the_start_costs_no_list():
    """Interests registered before the first list are served by it."""
    server = make_server("a", "b")
    async with informing(server) as informer:
        registration = informer.add_interest("p", wants("a"))
        await informer.has_synced.wait()
        assert registration.has_synced.is_set
        await asyncio.sleep(5)

        assert informer.store.keys() == [ObjectKey("ns", "a")]
        assert informer.seen_count == 2
    assert server.verbs() == ["watchlist"]


async def test_an_interest_is_seen_on_the_full_object():
    """The predicate gets what the server sent, not what the transform leaves."""
    server = FakeCollection()
    server.put("a", type="kubeconfig")
    server.put("b", type="helm")
    async with informing(server, transform=lambda obj: {"metadata": obj["metadata"]}) as informer:
        informer.add_interest("p", lambda obj: obj["type"] == "kubeconfig")
        await informer.has_synced.wait()

        assert [name_of(obj) for obj in informer.store.list()] == ["a"]


async def test_a_later_interest_lists_again():
    """An added interest renews ``has_synced``, and its latch is set with the objects there."""
    server = make_server("a", "b", "c")
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        informer.add_interest("p", wants("a"))
        await informer.has_synced.wait()
        await asyncio.sleep(5)

        registration = informer.add_interest("q", wants("b"))
        assert not informer.has_synced.is_set
        assert not informer.status.synced
        assert not registration.has_synced.is_set
        await registration.has_synced.wait()

        assert informer.has_synced.is_set
        assert len(informer.store) == 2
    assert recorder.names() == ["a", "b"]
    assert server.verbs() == ["watchlist", "watchlist"]


async def test_a_changed_interest_reports_what_it_rejects():
    """Objects that the new predicate does not take go with the list, as gone."""
    server = make_server("a", "b")
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        informer.add_interest("p", wants("a"))
        await informer.has_synced.wait()
        await informer.add_interest("p", wants("b")).has_synced.wait()

    assert recorder.changes == [
        ("a", None, "101", True),
        ("b", None, "102", True),
        ("a", "101", None, False),
    ]


async def test_the_same_interest_again_changes_nothing():
    """The same predicate under the same name makes no list and keeps its latch."""
    server = make_server("a")
    predicate = wants("a")
    async with informing(server) as informer:
        first = informer.add_interest("p", predicate)
        await informer.has_synced.wait()
        second = informer.add_interest("p", predicate)

        assert second.has_synced is first.has_synced
        assert informer.has_synced.is_set
        await asyncio.sleep(5)
    assert len(server.requests) == 1


async def test_a_removed_interest_lets_its_objects_go_without_a_gap():
    """What only the removed interest took goes; the view stays complete for the others."""
    server = make_server("a", "b")
    async with informing(server) as informer:
        informer.add_interest("p", wants("a"))
        other = informer.add_interest("q", wants("a", "b"))
        await informer.has_synced.wait()
        other.remove()
        assert informer.has_synced.is_set
        await asyncio.sleep(5)

        assert informer.store.keys() == [ObjectKey("ns", "a")]


async def test_without_interests_everything_is_listed_again():
    """When the last interest goes, everything is kept, after a renewed sync."""
    server = make_server("a", "b")
    async with informing(server) as informer:
        informer.add_interest("p", wants("a"))
        await informer.has_synced.wait()
        informer.remove_interest("p")
        informer.remove_interest("p")
        assert not informer.has_synced.is_set
        await informer.has_synced.wait()

        assert len(informer.store) == 2


async def test_an_old_registration_does_not_remove_a_newer_interest():
    """Removing the registration of a replaced predicate leaves the one that replaced it."""
    server = make_server("a", "b")
    async with informing(server) as informer:
        old = informer.add_interest("p", wants("a"))
        informer.add_interest("p", wants("b"))
        old.remove()
        await informer.has_synced.wait()

        assert informer.store.keys() == [ObjectKey("ns", "b")]


async def test_an_interest_during_a_list_waits_for_the_next():
    """A list that judged some items before the interest came does not sync it; the next does."""
    server = make_server(*(f"o{n}" for n in range(1200)))
    server.latency_seconds = 1.0
    options = InformerOptions(watch_list=False)
    async with informing(server, options=options) as informer:
        informer.add_interest("p", wants("o1"))
        await asyncio.sleep(1.5)
        registration = informer.add_interest("q", wants("o2"))
        await informer._progress.latch_after(0).wait()
        assert not registration.has_synced.is_set
        assert not informer.has_synced.is_set
        await registration.has_synced.wait()

        assert len(informer.store) == 2
        assert informer._progress.completed == 2


async def test_many_interests_make_few_lists():
    """A hundred interests within three seconds are served by no more than one list per second."""
    server = make_server("a")
    async with informing(server) as informer:
        await informer.has_synced.wait()
        for number in range(100):
            informer.add_interest(f"p{number}", wants("a"))
            await asyncio.sleep(0.03)
        await informer.has_synced.wait()

    assert server.count("watchlist") <= 5


async def test_relist_lists_at_once():
    """Whatever the watch says, or does not, a list that begins after the call comes soon."""
    server = make_server("a")
    async with informing(server) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(10)
        server.freeze_streams()
        server.put("b")
        informer.relist()
        await asyncio.sleep(1)

        assert len(informer.store) == 2
        assert informer.has_synced.is_set


async def test_relist_ends_a_rest_but_not_what_the_server_asked_for():
    """A relist during back-off is made at once; a Retry-After is waited for."""
    for error, least in (
        (errors.NotFound(404, "NotFound"), 0.0),
        (errors.TooManyRequests(429, retry_after_seconds=25.0), 20.0),
    ):
        server = make_server("a")
        server.always = error
        async with informing(server) as informer:
            await asyncio.sleep(300)
            await server.wait_for_requests(len(server.requests) + 2)
            await asyncio.sleep(2)
            server.always = None
            started = asyncio.get_running_loop().time()
            informer.relist()
            await informer.has_synced.wait()
            waited = asyncio.get_running_loop().time() - started
            assert least <= waited <= least + 3


async def test_a_relist_begins_the_back_off_anew():
    """What fails once more after a relist is soon tried again, however long it failed before."""
    server = make_server("a")
    server.always = errors.NotFound(404, "NotFound")
    async with informing(server) as informer:
        await asyncio.sleep(300)
        informer.relist()
        await server.wait_for_requests(len(server.requests) + 2)
        server.always = None
        started = asyncio.get_running_loop().time()
        await informer.has_synced.wait()
        assert asyncio.get_running_loop().time() - started <= 3


async def test_a_failing_informer_tells_its_handlers():
    """A handler hears of the failure once, and of the sync that ends it."""
    server = make_server("a")
    server.always = errors.Forbidden(403, "Forbidden")
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await asyncio.sleep(100)
        server.always = None
        await informer.has_synced.wait()

    assert [(type(s.error), s.synced) for s in recorder.statuses] == [
        (errors.Forbidden, False),
        (type(None), True),
    ]


async def test_a_rest_of_a_second_informer_is_its_own():
    """Two informers of one factory fail and sync independently."""
    broken, healthy = FakeCollection(), make_server("a")
    broken.always = errors.InternalError(500)
    factory = make_factory(broken)
    factory._lister_watcher = lambda gvr: broken if gvr.resource == "brokens" else healthy
    async with background(informers=factory.run()):
        factory.acquire(SPEC._replace(gvr=SPEC.gvr._replace(resource="brokens")))
        informer = factory.acquire(SPEC)
        await informer.has_synced.wait()

        assert [status.synced for status in factory.statuses().values()] == [False, True]
