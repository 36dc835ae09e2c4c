"""Lists: in pages, from which version, and when another one has to be asked for."""

import asyncio

import pytest

from clusterimport.informers import InformerOptions
from clusterimport.kube.resources import ListPage
from tests.fakes.informers.faults import Script, expired, too_large
from tests.fakes.informers.informing import LISTING, CountingMetrics, informing, server_with

pytestmark = pytest.mark.looptime


async def test_every_list_is_paged():
    """A list asks for pages whatever it starts from, and a list in pages is complete."""
    server = server_with(1200)
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
    server = server_with(1200)
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
    server = server_with()
    server.list_faults.extend([ListPage([], "100", "more", 1), ListPage([], "102", "", None)])
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        await asyncio.sleep(1)

        assert len(informer.store) == 2
    assert server.requests[-1].resource_version == "100"


async def test_an_expired_continue_token_lists_everything():
    """F16: a 410 between pages leads to a consistent list, then to one without pages."""
    server = server_with(1200)
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
        server = server_with()
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
    server = server_with()
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
    server = server_with()
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
    server = server_with()
    server.watch_faults.extend([None, *[Script(then=expired()) for _ in range(500)]])
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        server.close_streams()
        await asyncio.sleep(120)
        before = len(server.requests)
        await asyncio.sleep(600)

    assert (len(server.requests) - before) / 600 <= 0.22
