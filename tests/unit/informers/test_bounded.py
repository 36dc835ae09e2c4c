"""What informers keep of other people's objects, and what they refuse."""

import asyncio
import itertools
import time

import pytest

from clusterimport.aio import TURN_SECONDS, background
from clusterimport.informers import InformerOptions, InformerSpec, Keep
from clusterimport.informers.keeping import NamespaceShares
from clusterimport.kube import errors
from clusterimport.limits.counted import Limit
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import Identity, ObjectKey
from clusterimport.model.objects import JsonObject, UnusableObject
from tests.fakes.informers.informing import (
    LISTING,
    SPEC,
    CountingMetrics,
    Recorder,
    informing,
    make_factory,
)
from tests.fakes.informers.list_watch import FakeCollection
from tests.fakes.limits.limitmetrics import CountingLimitMetrics

pytestmark = pytest.mark.looptime

COMPACT = InformerSpec(SECRETS, keep=Keep.COMPACT)
HUGE = [[]] * 25_000
A, B = ObjectKey("ns", "a"), ObjectKey("ns", "b")


@pytest.mark.parametrize("options", [LISTING, InformerOptions()])
async def test_t51_sources_are_kept_as_json(options):
    """Listed or streamed, what is stored is bytes without managed fields; a look decodes them."""
    server = FakeCollection()
    server.put("a", metadata={"managedFields": [{"manager": "x"}]}, data={"k": "v"})
    async with informing(server, spec=COMPACT, options=options) as informer:
        await informer.has_synced.wait()
        server.put("b", data={"k": "w"})
        await asyncio.sleep(1)
        one, two = informer.store.get(A), informer.store.get(B)

    assert isinstance(one, JsonObject)
    assert isinstance(two, JsonObject)
    assert (one["data"], two["data"]) == ({"k": "v"}, {"k": "w"})
    assert b"manager" not in one.json


@pytest.mark.parametrize("options", [LISTING, InformerOptions()])
async def test_what_is_kept_knows_who_took_it(options):
    """Each interest is asked once per object and version; a list for another one asks them all."""
    server = FakeCollection()
    server.put("a")
    asked = []
    async with informing(server, spec=COMPACT, options=options) as informer:
        informer.add_interest("all", lambda obj: asked.append(obj["metadata"]["name"]) or True)
        await informer.has_synced.wait()
        first = informer.store.get(A)
        assert first.takers == {"all"}
        server.put("b")
        await asyncio.sleep(1)
        assert asked == ["a", "b"]
        informer.add_interest("b", lambda obj: obj["metadata"]["name"] == "b")
        await informer.has_synced.wait()

        assert informer.store.get(A) is first
        assert informer.store.get(A).takers == {"all"}
        assert informer.store.get(B).takers == {"all", "b"}


@pytest.mark.parametrize("options", [LISTING, InformerOptions()])
async def test_t51_reference_caches_keep_identity_only(options):
    """Labels, annotations and owners are not stored, however large they are."""
    server = FakeCollection()
    labels = {f"label-{number}": "x" * 60 for number in range(90_000)}
    server.put("a", metadata={"labels": labels, "annotations": {"a": "x"}})
    spec = InformerSpec(SECRETS, keep=Keep.IDENTITY)
    async with informing(server, spec=spec, options=options) as informer:
        await informer.has_synced.wait()
        server.put("b", metadata={"labels": labels})
        await asyncio.sleep(1)
        found = informer.store.list()

    assert len(found) == 2
    for obj in found:
        assert type(obj) is Identity
        assert set(obj["metadata"]) == {"name", "namespace", "uid", "resourceVersion"}


@pytest.mark.slow
@pytest.mark.parametrize("options", [LISTING, InformerOptions()])
@pytest.mark.parametrize("keep", [Keep.COMPACT, Keep.WHOLE])
async def test_t51_an_object_out_of_bounds_is_one_such_object(options, keep):
    """It is stored as what it is called and why it is of no use, and the others are as ever."""
    server = FakeCollection()
    junk = HUGE if keep is Keep.COMPACT else [[]] * 110_000
    server.put("a", junk=junk)
    server.put("b")
    limits = CountingLimitMetrics()
    factory = make_factory(server, limits=limits, options=options)
    recorder = Recorder()
    async with background(run=factory.run()):
        informer = factory.acquire(SPEC._replace(keep=keep))
        asked = []
        informer.add_interest("i", lambda obj: asked.append(obj["metadata"]["name"]) or True)
        informer.add_handler(recorder)
        await informer.has_synced.wait()
        stub = informer.store.get(A)
        server.put("a", junk=junk, more=1)
        await asyncio.sleep(1)
        again = informer.store.get(A)
        server.delete("a")
        await asyncio.sleep(1)

    assert isinstance(stub, UnusableObject)
    assert stub.problem.limit is Limit.OBJECT_VALUES
    assert again.resource_version != stub.resource_version
    assert "a" not in asked
    assert recorder.names() == ["a", "b", "a", "a"]
    assert recorder.changes[-1].new is None
    # Once, and not with every change.
    assert limits.reached[Limit.OBJECT_VALUES] == 1


async def test_t51_our_own_objects_may_have_more_values():
    """A PediaCluster names every type of its cluster in its status, and no tenant writes it."""
    server = FakeCollection()
    server.put("a", junk=HUGE)
    async with informing(server) as informer:
        await informer.has_synced.wait()
        assert informer.store.get(A)["junk"] == HUGE


@pytest.mark.parametrize("options", [LISTING, InformerOptions()])
async def test_t51_a_namespace_keeps_no_more_than_its_share(options):
    """Of all its sources in all informers; other namespaces are not concerned."""
    server = FakeCollection()
    for name in "abc":
        server.put(name, data={"k": "x" * 1_000})
    server.put("d", namespace="other", data={"k": "x" * 1_000})
    limits = CountingLimitMetrics()
    factory = make_factory(server, limits=limits, namespace_bytes=4_000, options=options)
    async with background(run=factory.run()):
        one = factory.acquire(COMPACT)
        await one.has_synced.wait()
        two = factory.acquire(COMPACT._replace(label_selector="x"))
        await two.has_synced.wait()
        stubs = [
            [obj.name for obj in informer.store.list() if isinstance(obj, UnusableObject)]
            for informer in (one, two)
        ]

    assert stubs == [[], ["a", "b", "c"]]
    assert two.store.get(A).problem.reason("Source") == "SourceShareExceeded"
    assert limits.reached[Limit.NAMESPACE_SOURCE_BYTES] == 3
    assert isinstance(two.store.get(ObjectKey("other", "d")), JsonObject)


@pytest.mark.parametrize("options", [LISTING, InformerOptions()])
async def test_t51_in_a_full_namespace_what_is_there_may_change(options):
    """A new version takes the place of the one before it, by event and by list."""
    server = FakeCollection()
    server.put("a", data={"k": "x" * 1_000})
    factory = make_factory(
        server, limits=CountingLimitMetrics(), namespace_bytes=1_500, options=options
    )
    async with background(run=factory.run()):
        informer = factory.acquire(COMPACT)
        await informer.has_synced.wait()
        for number in range(4):
            server.put("a", data={"k": f"{number}" * 1_000})
            await asyncio.sleep(1)
            assert informer.store.get(A)["data"]["k"][0] == f"{number}"
        server.freeze_streams()
        server.put("a", data={"k": "y" * 1_000})
        informer.relist()
        await asyncio.sleep(2)
        assert informer.store.get(A)["data"]["k"][0] == "y"


@pytest.mark.parametrize("how", ["deleted", "smaller", "released"])
async def test_t51_what_had_no_room_comes_by_itself_when_there_is_some(how):
    """A minute after the namespace keeps less, the type is listed once more."""
    server = FakeCollection()
    for name in "ab":
        server.put(name, data={"k": "x" * 1_000})
    factory = make_factory(server, limits=CountingLimitMetrics(), namespace_bytes=2_000)
    async with background(run=factory.run()):
        first = factory.acquire(COMPACT)
        await first.has_synced.wait()
        informer, key = first, B
        if how == "released":
            informer, key = factory.acquire(COMPACT._replace(label_selector="x")), A
            await informer.has_synced.wait()
        assert isinstance(informer.store.get(key), UnusableObject)
        await asyncio.sleep(200)
        requests = server.count("watchlist")
        if how == "deleted":
            server.delete("a")
        elif how == "smaller":
            server.put("a", data={"k": "x" * 500})
        else:
            factory.release(first)
        await asyncio.sleep(59)
        assert server.count("watchlist") == requests
        await asyncio.sleep(3)
        assert isinstance(informer.store.get(key), JsonObject)
        await asyncio.sleep(200)

    assert server.count("watchlist") == requests + 1


async def test_t06_a_page_of_dear_objects_lets_other_tasks_run():
    """Of 40 objects in one page that each take longer than a turn, one is opened at a go."""
    server = FakeCollection()
    for number in range(40):
        server.put(f"o{number}")
    opened = 0
    seen = []

    async def other():
        while True:
            seen.append(opened)
            await asyncio.sleep(0)

    def takes(_):
        nonlocal opened
        opened += 1
        time.sleep(1.5 * TURN_SECONDS)
        return True

    factory = make_factory(server, limits=CountingLimitMetrics(), options=LISTING)
    async with background(run=factory.run(), other=other()):
        informer = factory.acquire(COMPACT)
        informer.add_interest("i", takes)
        await informer.has_synced.wait()

    assert opened == 40
    assert max(b - a for a, b in itertools.pairwise(seen)) == 1


async def test_t51_a_page_that_is_too_large_is_asked_for_in_smaller_ones():
    """Pages shrink to a single object, and the list is complete."""
    server = FakeCollection()
    for number in range(20):
        server.put(f"o{number}")
    too_large = errors.AnswerTooLarge("list secrets: more than 16777216 bytes")
    server.list_faults.extend([too_large, too_large, too_large])
    async with informing(server, options=LISTING) as informer:
        await informer.has_synced.wait()
        assert len(informer.store) == 20

    assert [request.limit for request in server.requests[:5]] == [500, 62, 7, 1, 1]


@pytest.mark.parametrize("options", [LISTING, InformerOptions()])
async def test_references_beyond_the_share_of_their_namespace_are_kept_by_name(options):
    """They can be read when they are needed; sources have a share of their own beside it."""
    server = FakeCollection()
    for name in "abc":
        server.put(name, data={"k": "x" * 1_000})
    server.put("d", namespace="other", data={"k": "x" * 1_000})
    limits = CountingLimitMetrics()
    factory = make_factory(server, limits=limits, namespace_bytes=4_000, options=options)
    factory._reference_shares = NamespaceShares(2_500)
    async with background(run=factory.run()):
        informer = factory.acquire(COMPACT._replace(keep=Keep.REFERENCED))
        sources = factory.acquire(COMPACT)
        for each in (informer, sources):
            await each.has_synced.wait()
        kinds = [type(obj) for obj in informer.store.list()]
        informer.relist()
        await asyncio.sleep(2)
        server.delete("a")
        server.put("c", data={"k": "y" * 1_000})
        await asyncio.sleep(1)
        now_there = informer.store.get(ObjectKey("ns", "c"))
        is_whole = [type(obj) is JsonObject for obj in sources.store.list()]

    assert kinds == [JsonObject, JsonObject, Identity, JsonObject]
    assert now_there["data"]["k"][0] == "y"
    assert all(is_whole)
    # Once, and not with every list.
    assert limits.reached == {Limit.NAMESPACE_REFERENCE_BYTES: 1}


async def test_references_and_sources_of_one_selector_are_two_informers():
    """What no policy takes as a source may well be referred to; their figures are told apart."""
    factory = make_factory(FakeCollection(), limits=CountingLimitMetrics())
    sources = COMPACT._replace(label_selector="a=b")
    references = sources._replace(keep=Keep.REFERENCED)
    assert factory.acquire(sources) is not factory.acquire(references)
    assert str(sources) != str(references)
    assert factory.acquire(references) is factory.acquire(references)


async def test_what_a_cache_keeps_is_counted_in_bytes():
    """Of what is compact, as it comes, changes and goes; of what is whole or a name, none."""
    server = FakeCollection()
    server.put("a", data={"k": "x" * 1_000})
    metrics = CountingMetrics()
    sizes = []
    metrics.objects = lambda name, kept, seen, size_bytes: sizes.append(size_bytes)
    async with informing(server, spec=COMPACT, metrics=metrics) as informer:
        await informer.has_synced.wait()
        kept = informer.store.get(A)
        assert sizes[-1] == kept.size == len(kept.json) > 1_000
        assert len(kept._bytes) < 500, "it is kept deflated"
        server.put("a", data={"k": "x"})
        await asyncio.sleep(1)
        assert sizes[-1] == informer.store.get(A).size < 1_000
        server.delete("a")
        await asyncio.sleep(1)
        assert sizes[-1] == 0
