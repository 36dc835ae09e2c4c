"""Sharing, counting and supervising informers."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.informers import InformerSpec, Keep, NotAcquiredError
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, SECRETS
from clusterimport.model.meta import ObjectKey
from clusterimport.workqueue import BACKLOG, FRESH, current_priority, working_at
from tests.fakes.informers.informing import (
    LISTING,
    SPEC,
    CountingMetrics,
    Recorder,
    make_factory,
    server_with,
)
from tests.fakes.informers.list_watch import FakeCollection

pytestmark = pytest.mark.looptime


async def test_equal_specs_share_one_informer():
    """The same spec gives the same informer, any difference another one."""
    factory = make_factory(FakeCollection())
    one = factory.acquire(SPEC)

    assert factory.acquire(InformerSpec(SECRETS)) is one
    others = [
        factory.acquire(SPEC._replace(namespace="ns")),
        factory.acquire(SPEC._replace(label_selector="a=b")),
        factory.acquire(SPEC._replace(field_selector="type=x")),
        factory.acquire(SPEC._replace(keep=Keep.IDENTITY)),
        factory.acquire(SPEC, transform=dict),
    ]
    assert len({id(informer) for informer in [one, *others]}) == 6


async def test_acquiring_before_and_while_running_both_start():
    """Informers acquired before ``run`` start with it, later ones at once."""
    server = FakeCollection()
    factory = make_factory(server)
    early = factory.acquire(SPEC)
    await asyncio.sleep(1)
    assert server.requests == []
    async with background(informers=factory.run()):
        await early.has_synced.wait()
        late = factory.acquire(SPEC._replace(namespace="ns"))
        await late.has_synced.wait()

    assert len(server.requests) == 2


async def test_an_informer_is_not_part_of_the_work_that_asked_for_it():
    """Who acquires one while at work on a backlog does not make its events backlog for ever."""
    seen = []

    class Recording(FakeCollection):
        async def list(self, options):
            seen.append(current_priority())
            return await super().list(options)

    factory = make_factory(Recording(), options=LISTING)
    async with background(factory=factory.run()):
        await asyncio.sleep(0.1)
        with working_at(BACKLOG):
            factory.acquire(InformerSpec(SECRETS))
        await asyncio.sleep(0.1)

    assert set(seen) == {FRESH}


async def test_the_last_release_stops_the_informer():
    """An informer runs as long as it has a user; acquired again, it is a fresh one."""
    server = FakeCollection()
    metrics = CountingMetrics()
    factory = make_factory(server, metrics=metrics)
    async with background(informers=factory.run()):
        informer = factory.acquire(SPEC)
        factory.acquire(SPEC)
        await informer.has_synced.wait()
        factory.release(informer)
        await asyncio.sleep(1)
        assert len(server.streams) == 1
        factory.release(informer)
        await asyncio.sleep(1)
        assert server.streams == []
        assert factory.statuses() == {}

        again = factory.acquire(SPEC)
        assert again is not informer
        await again.has_synced.wait()
    assert metrics.counts["started"] == 2
    assert metrics.counts["stopped"] == 1


async def test_releasing_once_too_often_is_an_error():
    """An informer without users cannot be released."""
    factory = make_factory(FakeCollection())
    informer = factory.acquire(SPEC)
    factory.release(informer)

    with pytest.raises(NotAcquiredError, match="secrets"):
        factory.release(informer)


async def test_a_released_informer_stops_telling():
    """No handler is called after the release, whatever the server does."""
    server = FakeCollection()
    recorder = Recorder()
    factory = make_factory(server)
    async with background(informers=factory.run()):
        informer = factory.acquire(SPEC)
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        factory.release(informer)
        server.put("a")
        await asyncio.sleep(5)

    assert recorder.changes == []


async def test_a_crash_is_logged_without_content_and_run_again():
    """A bug ends one reflector; it is counted, told by place, and the list is made anew."""
    server = FakeCollection()
    server.put("a", data={"token": "canary"})
    metrics = CountingMetrics()
    factory = make_factory(server, metrics=metrics)
    broken = True

    def transform(obj):
        if broken:
            raise ValueError(obj["data"])
        return obj

    with capture_logs() as logs:
        async with background(informers=factory.run()):
            informer = factory.acquire(SPEC, transform=transform)
            other = factory.acquire(SPEC)
            await other.has_synced.wait()
            await asyncio.sleep(60)
            assert not informer.has_synced.is_set
            broken = False
            await informer.has_synced.wait()
            assert len(informer.store) == 1

    crashes = [line for line in logs if line["event"] == "informer crashed"]
    assert len(crashes) == metrics.counts["crashed"] == server.count("watchlist") - 2
    assert 3 <= len(crashes) <= 8
    assert "ValueError" in crashes[0]["error"]
    assert "canary" not in repr(logs)


async def test_a_crash_in_the_middle_of_a_watch_leads_to_a_list():
    """After a bug in an event the content is listed anew, so that nothing stays half done."""
    server = FakeCollection()
    server.put("a")
    factory = make_factory(server)
    failures = 1

    def transform(obj):
        nonlocal failures
        if obj["metadata"]["name"] == "b" and failures:
            failures -= 1
            raise RuntimeError
        return obj

    async with background(informers=factory.run()):
        informer = factory.acquire(SPEC, transform=transform)
        await informer.has_synced.wait()
        server.put("b")
        await asyncio.sleep(5)

        assert len(informer.store) == 2
    assert server.verbs() == ["watchlist", "watchlist"]


async def test_stopping_ends_every_task():
    """Cancelling ``run`` leaves no reflector, watchdog or stream behind."""
    server = FakeCollection()
    factory = make_factory(server)
    before = asyncio.all_tasks()
    async with background(informers=factory.run()):
        factory.acquire(SPEC)
        factory.acquire(SPEC._replace(namespace="ns"))
        await asyncio.sleep(3)
        assert len(asyncio.all_tasks()) > len(before) + 2

    assert asyncio.all_tasks() == before
    assert server.streams == []


async def test_t09_informers_that_may_be_behind_are_told_with_reason_and_time():
    """One that fails since when and why, one that hears nothing, and none that is well."""
    server = server_with()
    factory = make_factory(server)
    async with background(run=factory.run()):
        informer = factory.acquire(SPEC)
        await informer.has_synced.wait()
        await asyncio.sleep(30)
        assert factory.stale() == ()
        server.always = errors.InternalError(500, "InternalError")
        server.close_streams(server.always)
        await asyncio.sleep(100)
        (said,) = factory.stale()
        assert said.startswith(f"informer {SPEC}: failing for ")
        assert said.endswith(" s (InternalError)")
        server.always = None
        await asyncio.sleep(60)
        assert factory.stale() == ()


async def test_t09_an_informer_that_hears_nothing_is_told():
    """Healthy watches have bookmarks; one that was stopped dead is said to be silent."""
    factory = make_factory(server_with())
    factory.acquire(SPEC)
    await asyncio.sleep(149)
    assert factory.stale() == ()
    await asyncio.sleep(2)

    assert factory.stale() == (f"informer {SPEC}: nothing heard for 151 s",)


async def test_t34_answers_are_told_to_the_informers_that_may_have_the_object():
    """Those of its type: of all namespaces, and of its own; and nobody when they are gone."""
    server = server_with(3)
    factory = make_factory(server, options=LISTING)
    everywhere, own, other = (
        factory.acquire(SPEC._replace(namespace=namespace)) for namespace in ("", "ns", "others")
    )
    informers = (everywhere, own, other)
    key = ObjectKey("ns", "o1")

    def doubts():
        return [len(informer._contradictions) for informer in informers]

    async with background(informers=factory.run()):
        for informer in informers:
            await informer.has_synced.wait()
        for tell in (
            lambda resource: factory.found(resource, key, "another"),
            lambda resource: factory.not_found(resource, key),
            lambda resource: factory.conflicted(resource, key),
        ):
            tell(LIFECYCLES.group_resource)
            assert doubts() == [0, 0, 0]
            tell(SECRETS.group_resource)
            assert doubts() == [1, 1, 0]
            server.put("o1", data={"another": str(server.version)})
            await asyncio.sleep(60)
            assert doubts() == [0, 0, 0]
        for informer in informers:
            factory.release(informer)
        factory.conflicted(SECRETS.group_resource, key)
        assert len(factory._by_type) == 0


async def test_t08_after_a_restore_everything_is_listed_from_scratch():
    """Each view is complete only when it was listed since, and the server is asked for its own."""
    server = server_with(3)
    factory = make_factory(server, options=LISTING)
    async with background(informers=factory.run()):
        informers = [factory.acquire(SPEC), factory.acquire(SPEC._replace(label_selector="a"))]
        for informer in informers:
            await informer.has_synced.wait()
        await asyncio.sleep(5)
        before = len(server.requests)
        factory.distrust()
        assert factory.is_distrusted
        assert not any(informer.has_synced.is_set for informer in informers)
        for informer in informers:
            await informer.has_synced.wait()
        assert not factory.is_distrusted

    lists = [each for each in server.requests[before:] if each.verb == "list"]
    assert [each.resource_version for each in lists] == ["", ""]


async def test_t08_a_type_that_cannot_be_listed_is_not_waited_for_for_long():
    """The others go on after half a minute."""
    server = server_with(3)
    factory = make_factory(server, options=LISTING)
    async with background(informers=factory.run()):
        informer = factory.acquire(SPEC)
        await informer.has_synced.wait()
        server.list_faults.extend([errors.InternalError(500, "X")] * 100)
        factory.distrust()
        await asyncio.sleep(29)
        assert factory.is_distrusted
        await asyncio.sleep(2)
        assert not factory.is_distrusted
        assert not informer.has_synced.is_set


async def test_t01_a_crash_shows_in_the_status_until_the_informer_has_recovered():
    """By class and place, without content; handlers are told."""
    server = FakeCollection()
    server.put("a", data={"token": "canary"})
    factory = make_factory(server)
    broken = True

    def transform(obj):
        if broken:
            raise ValueError(obj["data"])
        return obj

    recorder = Recorder()
    async with background(run=factory.run()):
        informer = factory.acquire(SPEC, transform=transform)
        informer.add_handler(recorder)
        await asyncio.sleep(60)
        crashed = informer.status
        assert factory.statuses()[SPEC] is crashed
        broken = False
        await informer.has_synced.wait()
        assert informer.status.error is None

    assert "ValueError at" in str(crashed.error)
    assert "canary" not in str(crashed.error)
    assert type(crashed.error).__name__ == "InformerCrashed"
    assert [type(status.error).__name__ for status in recorder.statuses] == [
        "InformerCrashed",
        "NoneType",
    ]
