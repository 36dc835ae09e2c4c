"""The first view by one stream, and what is done where the server has none; in virtual time."""

import asyncio

import pytest

from clusterimport.kube import errors
from tests.fakes.informers.informing import Recorder, informing, server_with

pytestmark = pytest.mark.looptime


async def test_a_watch_list_is_one_request():
    """The first view and what follows come by one stream, consistent and without a version."""
    server = server_with()
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        server.put("later")
        await asyncio.sleep(1)

    (request,) = server.requests
    assert (request.verb, request.resource_version, request.match) == (
        "watchlist",
        "",
        "NotOlderThan",
    )
    assert recorder.names() == ["o0", "o1", "later"]
    assert [change.initial for change in recorder.changes] == [True, True, False]


async def test_nothing_is_visible_before_the_end_of_the_initial_events():
    """The temporary map is handed over in one step; until then store and handlers see nothing."""
    server = server_with()
    server.sends_initial_events_end = False
    async with informing(server) as informer:
        await asyncio.sleep(5)
        assert len(informer.store) == 0
        assert not informer.has_synced.is_set

        server.streams[0].send(server.bookmark_event(end=True))
        await asyncio.sleep(0.1)
        assert len(informer.store) == 2
        assert informer.has_synced.is_set


async def test_a_watch_list_without_its_end_mark_is_listed_after_30_seconds():
    """F22: a server that never sends the mark is listed within 30 s, then watched."""
    server = server_with()
    server.sends_initial_events_end = False
    async with informing(server) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(5)

    assert server.verbs() == ["watchlist", "list", "watch"]
    assert server.requests[1].at == 30
    assert server.requests[2].resource_version == "102"


async def test_a_watch_list_that_goes_on_bringing_objects_is_waited_for():
    """Of thirty thousand on a slow machine: thrown away at thirty seconds, it would begin again."""
    server = server_with()
    server.sends_initial_events_end = False
    async with informing(server) as informer:
        for number in range(6):
            await asyncio.sleep(25)
            server.put(f"more-{number}")
        await asyncio.sleep(25)
        server.streams[0].send(server.bookmark_event(end=True))
        await asyncio.sleep(1)
        assert len(informer.store) == 8
        assert informer.has_synced.is_set

    assert server.verbs() == ["watchlist"]


async def test_changes_of_what_it_has_brought_do_not_prolong_a_watch_list():
    """A server that takes it for a plain watch brings them for ever, and no end."""
    server = server_with()
    server.sends_initial_events_end = False
    async with informing(server) as informer:
        for _ in range(8):
            await asyncio.sleep(5)
            server.put("o0")
        assert informer.has_synced.is_set

    assert server.verbs() == ["watchlist", "list", "watch"]
    assert server.requests[1].at == 30


async def test_a_refused_watch_list_is_not_tried_again():
    """A 422 that names the parameters leads to lists for ever, each watched at once."""
    server = server_with()
    server.offers_watch_list = False
    async with informing(server) as informer:
        await informer.has_synced.wait()
        assert informer.status.error is None
        informer.relist()
        await asyncio.sleep(5)

    assert server.verbs() == ["watchlist", "list", "watch", "list", "watch"]
    assert server.requests[2].at == 0


async def test_other_failures_of_a_watch_list_are_listed_this_once():
    """After a 500 the list comes at once, its watch after the back-off, later a WatchList."""
    server = server_with()
    server.watch_faults.append(errors.InternalError(500, "InternalError"))
    async with informing(server) as informer:
        await informer.has_synced.wait()
        assert asyncio.get_running_loop().time() == 0
        await asyncio.sleep(5)
        informer.relist()
        await asyncio.sleep(1)

    assert server.verbs() == ["watchlist", "list", "watch", "watchlist"]
    assert server.requests[2].at >= 0.8


async def test_a_relist_during_a_watch_list_follows_it():
    """A list that is asked for before the end mark begins after it; nothing is thrown away."""
    server = server_with()
    server.sends_initial_events_end = False
    async with informing(server) as informer:
        await asyncio.sleep(5)
        informer.relist()
        number = informer._progress.begun
        await asyncio.sleep(5)
        assert server.verbs() == ["watchlist"]

        server.sends_initial_events_end = True
        server.streams[0].send(server.bookmark_event(end=True))
        async with asyncio.timeout(60):
            await informer._progress.latch_after(number).wait()
        assert asyncio.get_running_loop().time() == pytest.approx(10, abs=0.01)
        assert informer._progress.completed == 2
    assert server.verbs() == ["watchlist", "watchlist"]
