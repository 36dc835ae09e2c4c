"""Failures of lists and watches, in virtual time against a pretended server.

client-go's tests (``tools/cache``) and ours:

==================================================  ===============================================
TestReflectorWatchHandler                           test_watching: test_events_reach_store_…
TestReflectorStopWatch                              test_watching: test_stopping_closes_the_stream
TestReflectorListAndWatchWithErrors                 test_errors_of_every_kind_are_survived
TestReflectorListAndWatchInitConnBackoff            test_a_refusing_server_is_asked_less_and_less
TestBackoffOnTooManyRequests                        test_retry_after_is_obeyed
TestNoRelistOnTooManyRequests                       test_a_busy_or_refusing_watch_is_not_listed
TestRetryInternalError                              test_internal_errors_are_watched_for_a_minute
TestReflectorResyncWithResourceVersion              test_relisting: test_a_relist_starts_at_the_…
TestReflectorExpiredExactResourceVersion            test_relisting: test_unknown_versions_are_…
TestReflectorFullListIfExpired                      test_relisting: test_an_expired_continue_…
TestReflectorFullListIfTooLarge                     test_relisting: test_unknown_versions_are_…
TestReflectorPaginatingNonConsistentReads…          test_relisting: test_every_list_is_paged
TestWatchTimeout                                    test_watching: test_watches_last_5_to_10_minutes
TestReflectorResourceVersionUpdate                  test_watching: test_bookmarks_move_only_the_…
TestReflectorReplacesStoreOnUnsafeDelete            test_what_vanished_unseen_is_deleted_by_a_list
TestWatchList (table)                               test_watch_lists; test_relisting: test_unknown_…
TestInitialEventsEndBookmarkTicker                  test_watch_lists: test_a_watch_list_without_…
TestSharedInformerWatchDisruption                   test_what_vanished_unseen_is_deleted_by_a_list
TestSharedInformerErrorHandling                     test_errors_of_every_kind_are_survived
TestSharedInformerStartRace                         test_factory: test_acquiring_before_and_while_…
TestHammerController                                test_convergence
TestReplaceEvents                                   test_cache: test_a_replacement_tells_only_…
TestResetWatch                                      test_relisting: test_an_expired_watch_is_…
==================================================  ===============================================
"""

import asyncio

import pytest

from clusterimport.informers import InformerOptions
from clusterimport.kube import errors
from tests.fakes.informers.faults import Script, Silence, expired, refused, too_large
from tests.fakes.informers.informing import (
    LISTING,
    CountingMetrics,
    Recorder,
    informing,
    server_with,
)

pytestmark = pytest.mark.looptime


async def test_what_vanished_unseen_is_deleted_by_a_list():
    """F14: after a gap the watch cannot bridge, the list finds the deletion and the additions."""
    server = server_with()
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
    server = server_with()
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
    server = server_with()
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
    server = server_with()
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
    server = server_with()
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
        server = server_with()
        (server.list_faults if verb == "list" else server.watch_faults).append(error)
        async with informing(server, options=options):
            await asyncio.sleep(30)

        place = server.verbs().index(verb)
        gap = server.requests[place + 1].at - server.requests[place].at
        assert least <= gap <= least + 1.3


@pytest.mark.parametrize("error", [errors.TooManyRequests(429, retry_after_seconds=1.0), refused()])
async def test_a_busy_or_refusing_watch_is_not_listed(error):
    """F24, F25: 429 and refused connections of a watch lead to a watch from the same version."""
    server = server_with()
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
    server = server_with()
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
    server = server_with()
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
    server = server_with()
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
