"""Watches that bring nothing: when one is given up, and when it is kept."""

import asyncio

import pytest

from clusterimport.model.meta import ObjectKey
from tests.fakes.informers.faults import Silence
from tests.fakes.informers.informing import LISTING, CountingMetrics, Recorder, informing
from tests.fakes.informers.list_watch import FakeCollection

pytestmark = pytest.mark.looptime


async def test_a_dead_watch_is_opened_again_at_its_version():
    """F19: silent while the type moves on: given up 75 s after the fault, nothing listed."""
    server = FakeCollection()
    server.put("a")
    recorder = Recorder()
    metrics = CountingMetrics()
    async with informing(server, metrics=metrics) as informer:
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        await asyncio.sleep(10)
        server.bookmark()
        await asyncio.sleep(0.001)
        server.freeze_streams()
        fault = asyncio.get_running_loop().time()
        await asyncio.sleep(5)
        server.put("missed")
        await asyncio.sleep(90 - 5)

        assert informer.store.get(ObjectKey("ns", "missed")) is not None

    assert server.verbs() == ["watchlist", "check", "watch"]
    check, watch = server.requests[1:]
    assert (check.limit, check.metadata_only, check.resource_version) == (1, True, "")
    assert check.at - fault == pytest.approx(60, abs=0.1)
    assert watch.at - fault == pytest.approx(75, abs=0.1)
    assert watch.resource_version == "101"
    assert metrics.counts["dead"] == 1
    assert recorder.statuses[-1].error is None


async def test_a_watch_nobody_answers_for_is_opened_again_within_90_seconds():
    """A blackhole: both checks time out, and the watch is opened again at its version."""
    server = FakeCollection()
    server.put("a")
    async with informing(server) as informer:
        await informer.has_synced.wait()
        server.freeze_streams()
        server.list_faults.extend([Silence(), Silence()])
        await asyncio.sleep(90)

    assert server.verbs() == ["watchlist", "check", "check", "watch"]
    assert server.requests[-1].at <= 90
    assert server.requests[-1].resource_version == "101"


async def test_a_watch_that_never_opens_is_dead_too():
    """A watch request without an answer is given up like a silent one."""
    server = FakeCollection()
    server.put("a")
    async with informing(server, options=LISTING) as informer:
        server.watch_faults.append(Silence())
        await informer.has_synced.wait()
        server.put("b")
        await asyncio.sleep(76)

        assert len(informer.store) == 2
    assert server.verbs() == ["list", "watch", "check", "watch"]


async def test_t20_watches_that_bring_nothing_are_listed_instead():
    """However often a wedged watch is opened again: from the second on, lists keep the view."""
    server = FakeCollection()
    server.put("a")
    server.is_wedged = True
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        for name in ("b", "c", "d"):
            server.put(name)
            await asyncio.sleep(200)
            assert informer.store.get(ObjectKey("ns", name)) is not None
        assert informer.status.error is None
    assert 3 <= server.verbs().count("list") <= 10


async def test_t20_a_type_that_tells_nothing_at_all_is_failing_for_longer_than_a_minute():
    """Watches open and are silent, and lists are without an answer: the status shows it."""
    server = FakeCollection()
    server.put("a")
    server.is_wedged = True
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        server.list_faults.extend([Silence()] * 20)
        await asyncio.sleep(300)
        assert informer.status.error is not None
        assert asyncio.get_running_loop().time() - informer.status.error_since >= 60


async def test_a_healthy_quiet_watch_is_kept():
    """Bookmarks every 59 s keep a watch for its whole life, without any check."""
    server = FakeCollection()
    async with informing(server) as informer:
        await informer.has_synced.wait()
        for _ in range(8):
            await asyncio.sleep(59)
            server.write_elsewhere()
            server.bookmark()

    assert server.verbs() == ["watchlist"]
