"""One watch: what it delivers, how long it lasts, when a failure is over."""

import asyncio
import weakref

import pytest

from clusterimport.aio import background
from clusterimport.informers import InformerOptions, InformerSpec, Keep
from clusterimport.kube import errors
from clusterimport.kube.watch import WatchEvent
from clusterimport.model.gvr import SECRETS
from tests.fakes.garbage import no_search
from tests.fakes.informers.faults import Script, refused
from tests.fakes.informers.informing import (
    LISTING,
    SPEC,
    CountingMetrics,
    Recorder,
    informing,
    make_factory,
)
from tests.fakes.informers.list_watch import FakeCollection
from tests.fakes.kube.received import received

pytestmark = pytest.mark.looptime

EVERY_ONE = InformerOptions(turn_seconds=0.0)
"""Other tasks have their turn after each object."""


async def test_events_reach_store_handlers_and_version():
    """Each event changes the store and is told in the same step, and moves the version on."""
    server = FakeCollection()
    metrics = CountingMetrics()
    seen = []

    async with informing(server, metrics=metrics) as informer:

        class Looker(Recorder):
            def on_change(self, key, old, new, *, initial):
                seen.append(informer.store.get(key) is new)

        informer.add_handler(Looker())
        await informer.has_synced.wait()
        server.put("a")
        server.put("a")
        server.delete("a")
        await asyncio.sleep(1)
        assert metrics.versions[str(SPEC)] == 103

    assert seen == [True, True, True]


async def test_stopping_closes_the_stream():
    """Releasing an informer ends its watch; leaving the factory ends all."""
    server = FakeCollection()
    factory = make_factory(server)
    async with background(informers=factory.run()):
        first = factory.acquire(SPEC)
        factory.acquire(InformerSpec(SECRETS, keep=Keep.IDENTITY))
        await asyncio.sleep(1)
        assert len(server.streams) == 2
        factory.release(first)
        await asyncio.sleep(1)
        assert len(server.streams) == 1

    assert server.streams == []


async def test_watches_last_5_to_10_minutes():
    """The server is asked to end each watch after a random time in the range, in full seconds."""
    server = FakeCollection()
    limits = []
    async with informing(server) as informer:
        await informer.has_synced.wait()
        for _ in range(40):
            await asyncio.sleep(1.1)
            limits.append(server.streams[0].options.timeout_seconds)
            server.close_streams()

    assert all(300 <= limit <= 600 for limit in limits)
    assert max(limits) - min(limits) > 150
    assert all(isinstance(limit, int) for limit in limits)


async def test_a_watch_that_ends_in_time_goes_on_at_once():
    """A stream that the server closes after its time is followed by the next without a pause."""
    server = FakeCollection()
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        server.put("a")
        await asyncio.sleep(50)
        server.close_streams()
        await asyncio.sleep(0.001)
        assert len(server.streams) == 1
        server.put("b")
        await asyncio.sleep(0.001)

    assert server.verbs() == ["watchlist", "watch"]
    assert server.requests[1].resource_version == "101"
    assert recorder.names() == ["a", "b"]
    assert [status.synced for status in recorder.statuses] == [True]


async def test_bookmarks_move_only_the_version():
    """A bookmark reaches no handler, and the next watch starts at its version."""
    server = FakeCollection()
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        server.write_elsewhere(900)
        server.bookmark()
        await asyncio.sleep(2)
        server.close_streams()
        await asyncio.sleep(2)

    assert recorder.changes == []
    assert server.requests[-1].resource_version == "1000"


async def test_initial_events_do_not_move_the_version():
    """F22: versions of initial events are not stored; after a failure the list has none."""
    server = FakeCollection()
    obj = server.put("a")
    server.watch_faults.append(
        Script([WatchEvent("ADDED", received(obj))], then=errors.TransportError("reset"))
    )
    async with informing(server) as informer:
        await informer.has_synced.wait()

    assert server.verbs()[:2] == ["watchlist", "list"]
    assert server.requests[1].resource_version == ""


async def test_foreign_events_neither_change_nor_move_anything():
    """F23: Tables, unknown types and foreign objects leave content and version as they are."""
    server = FakeCollection()
    server.put("a")
    table = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "900"},
    }
    odd = {"apiVersion": "v1", "metadata": {"name": "x", "resourceVersion": "901"}}
    metrics = CountingMetrics()
    async with informing(server, metrics=metrics) as informer:
        await informer.has_synced.wait()
        server.streams[0].send(WatchEvent("ADDED", received(table)))
        server.streams[0].send(WatchEvent("SHOUTED", received(odd)))
        await asyncio.sleep(2)
        server.close_streams()
        await asyncio.sleep(1)
        assert len(informer.store) == 1

    assert server.requests[-1].resource_version == "101"
    assert metrics.counts["malformed"] == 1
    assert metrics.counts["unknown"] == 1


@pytest.mark.parametrize("events", [2_000])
async def test_buffered_events_let_other_tasks_run(events):
    """2 000 events that are there already are handled in turns with another task."""
    server = FakeCollection()
    turns = 0
    last = asyncio.Event()

    class Watcher(Recorder):
        def on_change(self, key, old, new, *, initial):
            if key.name == f"o{events - 1}":
                last.set()

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with informing(server, options=EVERY_ONE) as informer:
        informer.add_handler(Watcher())
        await informer.has_synced.wait()
        obj = server.put("a")
        for number in range(events):
            metadata = {**obj["metadata"], "name": f"o{number}", "uid": str(number)}
            new = received({**obj, "metadata": metadata})
            server.streams[0].send(WatchEvent("ADDED", new))
        async with background(other=other()):
            await last.wait()
            assert turns >= events


async def test_a_big_first_view_lets_other_tasks_run():
    """Collecting and handing over initial objects takes a turn each, where each takes that long."""
    server = FakeCollection()
    for number in range(2_000):
        server.put(f"o{number}")
    async with informing(server, options=EVERY_ONE) as informer:
        turns = 0
        while not informer.has_synced.is_set:
            turns += 1
            await asyncio.sleep(0)

        assert len(informer.store) == 2_000
    assert turns >= 2 * 2_000


async def test_a_watch_recovers_only_if_it_lasts():
    """F25: a failure is over when a watch delivers something or stays open for a second."""
    server = FakeCollection()
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        server.watch_faults.append(refused())
        server.close_streams()
        await asyncio.sleep(0.5)
        assert informer.status.error is not None
        await server.wait_for_requests(3)
        await asyncio.sleep(0.5)
        assert informer.status.error is not None
        await asyncio.sleep(0.6)
        assert informer.status.error is None

    assert [status.error is None for status in recorder.statuses] == [True, False, True]


async def test_a_watch_recovers_at_once_with_its_first_event():
    """An event shows that the watch works, before the second is over."""
    server = FakeCollection()
    async with informing(server) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        server.watch_faults.append(refused())
        server.close_streams()
        await server.wait_for_requests(3)
        await asyncio.sleep(0.1)
        assert informer.status.error is not None
        server.put("a")
        await asyncio.sleep(0.1)

        assert informer.status.error is None


async def test_a_watch_does_not_recover_before_it_is_open():
    """While the request of a watch waits for its answer, the failure before it stands."""
    server = FakeCollection()
    async with informing(server) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        server.watch_faults.append(refused())
        server.close_streams()
        await asyncio.sleep(0.1)
        server.latency_seconds = 10.0
        await server.wait_for_requests(3)
        await asyncio.sleep(9.9)
        assert informer.status.error is not None
        await asyncio.sleep(1.2)

        assert informer.status.error is None


async def test_staleness_is_measured_from_the_last_event():
    """Whatever the server sends, also a bookmark, moves the time it was last heard."""
    server = FakeCollection()
    metrics = CountingMetrics()
    async with informing(server, metrics=metrics) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(33)
        server.bookmark()
        await asyncio.sleep(10)

        assert metrics.heard[str(SPEC)] == pytest.approx(33, abs=0.01)


async def test_metadata_only_is_asked_for_everywhere():
    """A metadata-only informer lists, streams and stores partial objects."""
    for options in (LISTING, InformerOptions()):
        server = FakeCollection()
        server.put("a", data={"token": "secret"})
        spec = InformerSpec(SECRETS, keep=Keep.IDENTITY)
        async with informing(server, spec=spec, options=options) as informer:
            await informer.has_synced.wait()
            server.put("b", data={"token": "secret"})
            await asyncio.sleep(1)

            assert [set(obj) for obj in informer.store.list()] == [
                {"apiVersion", "kind", "metadata"}
            ] * 2
            assert all(obj["kind"] == "PartialObjectMetadata" for obj in informer.store.list())
        assert all(request.metadata_only for request in server.requests)


async def test_a_watch_that_failed_is_let_go():
    """With all that it had read: its failure is kept for a while, and must not keep it."""
    server = FakeCollection()
    async with informing(server) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        with no_search():
            failures = [refused() for _ in range(3)]
            server.watch_faults.extend(failures)
            seen = [weakref.ref(failure) for failure in failures]
            del failures
            server.close_streams()
            await server.wait_for_requests(5)
            await asyncio.sleep(2)

            assert informer.status.error is None
            assert [each() for each in seen] == [None] * 3
