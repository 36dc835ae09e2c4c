"""Listing, watching, and starting again; in virtual time against a pretended server.

client-go's tests (``tools/cache``) and ours:

==================================================  ===============================================
TestReflectorWatchHandler                           test_watching: test_events_reach_store_…
TestReflectorStopWatch                              test_watching: test_stopping_closes_the_stream
TestReflectorListAndWatchWithErrors                 test_errors_of_every_kind_are_survived
TestReflectorListAndWatchInitConnBackoff            test_a_refusing_server_is_asked_less_and_less
TestBackoffOnTooManyRequests                        test_retry_after_is_obeyed
TestNoRelistOnTooManyRequests                       test_a_busy_or_refusing_watch_is_not_listed
TestRetryInternalError                              test_internal_errors_are_watched_for_a_minute
TestReflectorResyncWithResourceVersion              test_a_relist_starts_at_the_last_version
TestReflectorExpiredExactResourceVersion            test_unknown_versions_are_dropped_at_once
TestReflectorFullListIfExpired                      test_an_expired_continue_token_lists_everything
TestReflectorFullListIfTooLarge                     test_unknown_versions_are_dropped_at_once
TestReflectorPaginatingNonConsistentReads…          test_every_list_is_paged
TestWatchTimeout                                    test_watching: test_watches_last_5_to_10_minutes
TestReflectorResourceVersionUpdate                  test_watching: test_bookmarks_move_only_the_…
TestReflectorReplacesStoreOnUnsafeDelete            test_what_vanished_unseen_is_deleted_by_a_list
TestWatchList (table)                               test_a_watch_list_…, test_unknown_versions_…
TestInitialEventsEndBookmarkTicker                  test_a_watch_list_without_its_end_mark_…
TestSharedInformerWatchDisruption                   test_what_vanished_unseen_is_deleted_by_a_list
TestSharedInformerErrorHandling                     test_errors_of_every_kind_are_survived
TestSharedInformerStartRace                         test_factory: test_acquiring_before_and_while_…
TestHammerController                                test_convergence
TestReplaceEvents                                   test_cache: test_a_replacement_tells_only_…
TestResetWatch                                      test_an_expired_watch_is_listed_once
==================================================  ===============================================
"""

import asyncio

import pytest

from clusterimport.informers import InformerOptions
from clusterimport.kube import errors
from clusterimport.kube.resources import ListPage
from tests.fakes.informing import CountingMetrics, Recorder, informing
from tests.fakes.list_watch import (
    FakeCollection,
    Script,
    Silence,
    expired,
    refused,
    too_large,
)

pytestmark = pytest.mark.looptime

LISTING = InformerOptions(watch_list=False)


def make_server(count=2):
    server = FakeCollection()
    for number in range(count):
        server.put(f"o{number}")
    return server


async def test_a_watch_list_is_one_request():
    """The first view and what follows come by one stream, consistent and without a version."""
    server = make_server()
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
    server = make_server()
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
    server = make_server()
    server.sends_initial_events_end = False
    async with informing(server) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(5)

    assert server.verbs() == ["watchlist", "list", "watch"]
    assert server.requests[1].at == 30
    assert server.requests[2].resource_version == "102"


async def test_a_refused_watch_list_is_not_tried_again():
    """A 422 that names the parameters leads to lists for ever, each watched at once."""
    server = make_server()
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
    server = make_server()
    server.watch_faults.append(errors.InternalError(500, "InternalError"))
    async with informing(server) as informer:
        await informer.has_synced.wait()
        assert asyncio.get_running_loop().time() == 0
        await asyncio.sleep(5)
        informer.relist()
        await asyncio.sleep(1)

    assert server.verbs() == ["watchlist", "list", "watch", "watchlist"]
    assert server.requests[2].at >= 0.8


async def test_every_list_is_paged():
    """A list asks for pages whatever it starts from, and a list in pages is complete."""
    server = make_server(1200)
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        informer.relist()
        await asyncio.sleep(2)
        assert len(informer.store) == informer.seen_count == 1200

    lists = [request for request in server.requests if request.verb == "list"]
    assert [request.limit for request in lists] == [500] * 6
    assert [request.resource_version for request in lists] == ["", "", "", "1300", "", ""]
    assert [bool(request.continue_token) for request in lists] == [False, True, True] * 2


async def test_changes_between_pages_are_watched():
    """A list is watched from its first page's version, so nothing between pages is lost."""
    server = make_server(1200)
    pages = 0

    def change():
        nonlocal pages
        pages += 1
        if pages == 2:
            server.put("between")
            server.delete("o7")

    server.on_page = change
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(1)

        assert set(informer.store.keys()) == set(server.objects)
        assert informer.seen_count == 1200


async def test_a_list_in_pages_is_as_of_its_first():
    """Should a later page be newer, the watch starts from the first, and repeats some events."""
    server = make_server()
    server.list_faults.extend([ListPage([], "100", "more", 1), ListPage([], "102", "", None)])
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(1)

        assert len(informer.store) == 2
    assert server.requests[-1].resource_version == "100"


async def test_a_relist_during_a_watch_list_follows_it():
    """A list that is asked for before the end mark begins after it; nothing is thrown away."""
    server = make_server()
    server.sends_initial_events_end = False
    async with informing(server) as informer:
        await asyncio.sleep(5)
        number = informer.relist()
        await asyncio.sleep(5)
        assert server.verbs() == ["watchlist"]

        server.sends_initial_events_end = True
        server.streams[0].send(server.bookmark_event(end=True))
        async with asyncio.timeout(60):
            await informer.wait_listed(number)
        assert asyncio.get_running_loop().time() == pytest.approx(10, abs=0.01)
        assert informer.list_generation == 2
    assert server.verbs() == ["watchlist", "watchlist"]


async def test_an_expired_continue_token_lists_everything():
    """F16: a 410 between pages leads to a consistent list, then to one without pages."""
    server = make_server(1200)
    server.on_page = server.compact
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        assert len(informer.store) == 1200

    lists = [request for request in server.requests if request.verb == "list"]
    assert [(request.limit, bool(request.continue_token)) for request in lists] == [
        (500, False),
        (500, True),
        (0, False),
    ]


async def test_a_relist_starts_at_the_last_version():
    """A new list, by either way, is not older than what was last heard."""
    for options in (InformerOptions(), LISTING):
        server = make_server()
        async with informing(server, options=options) as informer:
            await informer.has_synced.wait()
            server.put("o9")
            await asyncio.sleep(2)
            informer.relist()
            await asyncio.sleep(2)

        relist = [r for r in server.requests if r.verb in {"list", "watchlist"}][-1]
        assert (relist.resource_version, relist.match) == ("103", "NotOlderThan")


@pytest.mark.parametrize("error", [expired(), too_large(5)])
async def test_unknown_versions_are_dropped_at_once(error):
    """A relist whose version the server does not have is repeated without one, at once."""
    server = make_server()
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        server.list_faults.append(error)
        at = asyncio.get_running_loop().time()
        informer.relist()
        await asyncio.sleep(1)

    lists = [request for request in server.requests if request.verb == "list"]
    assert [request.resource_version for request in lists] == ["", "102", ""]
    assert lists[-1].at == at


@pytest.mark.parametrize("by_http", [True, False])
async def test_an_expired_watch_is_listed_once(by_http):
    """F16: a 410 as HTTP status or as event leads to one list from the last version."""
    server = make_server()
    metrics = CountingMetrics()
    async with informing(server, metrics=metrics) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        if by_http:
            server.watch_faults.append(expired())
        else:
            server.compact()
            server.write_elsewhere(5)
            server.compact()
        server.close_streams()
        await asyncio.sleep(20)
        server.put("after")
        await asyncio.sleep(1)

        assert len(informer.store) == 3

    assert server.verbs() == ["watchlist", "watch", "watchlist"]
    assert server.requests[-1].resource_version == "102"
    assert metrics.counts["watch Expired"] == 1


async def test_a_server_that_takes_no_version_is_not_hammered():
    """F16: a watch that answers 410 whatever the list says is backed off from."""
    server = make_server()
    server.watch_faults.extend([None, *[Script(then=expired()) for _ in range(500)]])
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        server.close_streams()
        await asyncio.sleep(120)
        before = len(server.requests)
        await asyncio.sleep(600)

    assert (len(server.requests) - before) / 600 <= 0.22


async def test_what_vanished_unseen_is_deleted_by_a_list():
    """F14: after a gap the watch cannot bridge, the list finds the deletion and the additions."""
    server = make_server()
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        server.watch_faults.append(refused())
        server.close_streams(errors.TransportError("reset"))
        await asyncio.sleep(0.01)
        server.delete("o0")
        server.put("new")
        server.write_elsewhere()
        server.compact()
        await asyncio.sleep(10)

        assert recorder.view.keys() == server.objects.keys()
    assert recorder.changes[-2:] == [("new", None, "104", True), ("o0", "101", None, False)]
    assert recorder.mistakes == []


async def test_errors_of_every_kind_are_survived():
    """Whatever list and watch answer, the view is complete and current once they work."""
    server = make_server()
    faults = [
        errors.InternalError(500),
        errors.ApiError(502),
        errors.Forbidden(403),
        errors.NotFound(404),
        errors.BadRequest(400),
        errors.Unauthorized(401),
        errors.StreamError("broken"),
        refused(),
        expired(),
        too_large(3),
    ]
    server.list_faults.extend([*faults, Silence()])
    server.watch_faults.extend([*faults, Script(), *faults, *(Script(then=f) for f in faults)])
    async with informing(server) as informer:
        await asyncio.sleep(2000)
        server.put("last")
        await asyncio.sleep(5)

        assert not server.list_faults
        assert not server.watch_faults
        assert set(informer.store.keys()) == set(server.objects)
        assert informer.status.error is None
        assert informer.status.synced


async def test_a_refusing_server_is_asked_less_and_less():
    """F25: refused connections are tried after growing pauses, up to 30 s, and no faster."""
    server = make_server()
    server.always = refused()
    async with informing(server, options=LISTING) as informer:
        await asyncio.sleep(400)
        assert not informer.has_synced.is_set

    gaps = [b.at - a.at for a, b in zip(server.requests, server.requests[1:], strict=False)]
    assert 0.8 <= gaps[0] <= 1.2
    assert 1.6 <= gaps[1] <= 2.4
    assert all(20 <= gap <= 30 for gap in gaps[6:])


@pytest.mark.parametrize("watch_list", [True, False])
async def test_a_server_that_closes_every_watch_is_not_hammered(watch_list):
    """F18: two watches in the first second, at most 0.22 requests per second later."""
    server = make_server()
    server.watch_faults.extend(Script() for _ in range(1000))
    metrics = CountingMetrics()
    options = InformerOptions(watch_list=watch_list)
    async with informing(server, options=options, metrics=metrics) as informer:
        await asyncio.sleep(1)
        assert server.count("watch") + server.count("watchlist") <= 2
        await asyncio.sleep(120)
        before = len(server.requests)
        server.put("seen by a list")
        await asyncio.sleep(600)

        assert (len(server.requests) - before) / 600 <= 0.22
        assert len(informer.store) == 3
    assert metrics.counts["short"] > 5


async def test_streams_of_one_event_are_paced():
    """A server that closes after one event each time is asked once per second."""
    server = make_server()
    server.watch_faults.append(None)
    server.watch_faults.extend(Script([server.bookmark_event()]) for _ in range(500))
    async with informing(server) as informer:
        await informer.has_synced.wait()
        server.close_streams()
        await asyncio.sleep(60)

    assert 55 <= server.count("watch") <= 62


@pytest.mark.parametrize(
    ("error", "least"),
    [
        (errors.TooManyRequests(429, retry_after_seconds=17.0), 17),
        (errors.ServiceUnavailable(503, retry_after_seconds=9.0), 9),
    ],
)
async def test_retry_after_is_obeyed(error, least):
    """F24: a list, a WatchList and a watch wait at least as long as the server asks."""
    for options, verb in ((LISTING, "list"), (InformerOptions(), "watchlist"), (LISTING, "watch")):
        server = make_server()
        (server.list_faults if verb == "list" else server.watch_faults).append(error)
        async with informing(server, options=options):
            await asyncio.sleep(30)

        place = server.verbs().index(verb)
        gap = server.requests[place + 1].at - server.requests[place].at
        assert least <= gap <= least + 1.3


@pytest.mark.parametrize("error", [errors.TooManyRequests(429, retry_after_seconds=1.0), refused()])
async def test_a_busy_or_refusing_watch_is_not_listed(error):
    """F24, F25: 429 and refused connections of a watch lead to a watch from the same version."""
    server = make_server()
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        server.watch_faults.extend([error] * 5)
        server.close_streams()
        await asyncio.sleep(0.1)
        server.put("meanwhile")
        assert informer.status.error is error
        await asyncio.sleep(60)

        assert informer.status.error is None
    assert server.verbs() == ["watchlist", *["watch"] * 6]
    assert {request.resource_version for request in server.requests[1:]} == {"102"}
    assert recorder.changes[-1] == ("meanwhile", None, "103", False)


async def test_internal_errors_are_watched_for_a_minute():
    """A watch that answers 500 for longer than a minute is listed."""
    server = make_server()
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(2)
        server.watch_faults.extend([errors.InternalError(500)] * 20)
        server.close_streams()
        await asyncio.sleep(50)
        assert server.count("list") == 1
        await asyncio.sleep(70)
        assert server.count("list") == 2


async def test_a_missing_right_or_type_empties_nothing():
    """F28, F29: after 403 and 404 of lists the content stays, and the status says why."""
    server = make_server()
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        server.always = errors.NotFound(404, "NotFound")
        server.close_streams()
        await asyncio.sleep(60)
        assert informer.status.type_missing
        assert informer.status.synced
        assert len(informer.store) == 2

        server.always = errors.Forbidden(403, "Forbidden")
        await asyncio.sleep(60)
        assert not informer.status.type_missing
        assert isinstance(informer.status.error, errors.Forbidden)
        assert informer.status.error_since is not None

        server.always = None
        await asyncio.sleep(40)
        assert informer.status.error is None
        assert len(informer.store) == 2
    assert [change.new for change in recorder.changes] == ["101", "102"]


async def test_a_restored_server_is_believed():
    """F10: a server that went back to a backup is listed anew, with its older versions."""
    server = make_server()
    backup = list(server.objects.values())[:1]
    for number in range(50):
        server.put(f"lost{number}")
    recorder = Recorder()
    async with informing(server) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        server.freeze_streams()
        server.restore(101, backup)
        await asyncio.sleep(62)

        assert informer.store.keys() == list(server.objects)
        server.put("after")
        await asyncio.sleep(1)
        assert len(informer.store) == 2
    assert server.verbs() == ["watchlist", "check", "watchlist"]
    assert server.requests[-1].resource_version == ""
