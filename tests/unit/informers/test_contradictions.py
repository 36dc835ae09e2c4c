"""Informers that live answers contradict."""

import asyncio

import pytest

from clusterimport.informers import InformerSpec, Registration
from clusterimport.kube import errors
from clusterimport.kube.resources import ListPage
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import ObjectKey
from tests.fakes.informers.faults import Silence
from tests.fakes.informers.informing import LISTING, CountingMetrics, informing, server_with

pytestmark = pytest.mark.looptime

KEY = ObjectKey("ns", "o1")
NEW = ObjectKey("ns", "new")


class Rig:
    """One informer, and the server that it follows."""

    def __init__(self, objects=3, **more):
        self.server = server_with(objects)
        self.metrics = CountingMetrics()
        self.running = informing(self.server, options=LISTING, metrics=self.metrics, **more)

    async def __aenter__(self):
        self.informer = await self.running.__aenter__()
        await self.informer.has_synced.wait()
        await asyncio.sleep(1)
        return self

    async def __aexit__(self, *ended):
        await self.running.__aexit__(*ended)

    def lists(self):
        return self.server.count("list")

    def uid(self, key=KEY):
        return self.server.objects[key]["metadata"]["uid"]


async def test_t34_a_list_that_came_empty_once_is_made_anew():
    """An object that is found though the cache lacks it, and of which no event tells (F32b)."""
    rig = Rig()
    rig.server.list_faults.append(ListPage([], "103", "", None))
    async with rig:
        assert len(rig.informer.store) == 0
        rig.informer.found(KEY, rig.uid())
        await asyncio.sleep(4)
        assert rig.lists() == 1
        await asyncio.sleep(2)
        assert len(rig.informer.store) == 3

    assert rig.metrics.counts["contradicted"] == 1


async def test_t34_a_history_that_overtook_ours_is_listed_from_scratch():
    """After a restored etcd a write meets 409 for ever, since the watch goes on unharmed (F10b)."""
    async with Rig() as rig:
        kept = [dict(obj) for obj in rig.server.objects.values()]
        rig.server.restore(90, kept)
        rig.server.put("o1", data={"restored": "x"})
        rig.server.write_elsewhere(1000)
        rig.informer.conflicted(KEY)
        await asyncio.sleep(6)

        assert rig.informer.store.get(KEY)["metadata"]["resourceVersion"] == "91"
    last = [request for request in rig.server.requests if request.verb == "list"][-1]
    assert (last.resource_version, last.match) == ("", "")


@pytest.mark.parametrize("contradict", ["not_found", "other uid"])
async def test_t34_an_object_that_is_gone_or_another_one_by_now_is_a_contradiction(contradict):
    """A watch that says nothing is not believed against what the server answers."""
    async with Rig() as rig:
        rig.server.freeze_streams()
        rig.server.delete("o1")
        if contradict == "not_found":
            rig.informer.not_found(KEY)
        else:
            rig.server.put("o1")
            rig.informer.found(KEY, rig.uid())
        await asyncio.sleep(6)

        assert set(rig.informer.store.keys()) == set(rig.server.objects)
        assert rig.metrics.counts["contradicted"] == 1


async def test_t34_what_an_event_explains_in_time_costs_nothing():
    """Answers are ahead of the watch all the time."""
    async with Rig() as rig:
        uid = rig.uid()
        rig.informer.not_found(KEY)
        rig.informer.found(NEW, "uid-9")
        rig.informer.conflicted(ObjectKey("ns", "o2"))
        await asyncio.sleep(2)
        rig.server.delete("o1")
        rig.server.put("new")
        rig.server.put("o2", data={"x": "y"})
        await asyncio.sleep(60)

        assert rig.lists() == 1
        assert len(rig.informer._contradictions) == 0
        assert uid not in {rig.uid(key) for key in rig.server.objects}


async def test_t34_answers_that_fit_are_no_doubt():
    """The object that the cache has, one that it lacks, and one that an informer may not keep."""
    async with Rig() as rig:
        rig.informer.found(KEY, rig.uid())
        rig.informer.not_found(NEW)
        registration: Registration = rig.informer.add_interest("x", lambda _: True)
        await registration.has_synced.wait()
        rig.informer.found(NEW, "uid-9")

        assert len(rig.informer._contradictions) == 0


@pytest.mark.parametrize("selector", ["label_selector", "field_selector"])
async def test_t34_an_informer_with_selectors_may_lack_what_there_is(selector):
    """Only a uid tells, where the server leaves objects out."""
    spec = InformerSpec(SECRETS, **{selector: "a=b"})
    async with Rig(spec=spec) as rig:
        rig.informer.found(NEW, "uid-9")
        assert len(rig.informer._contradictions) == 0
        rig.informer.found(KEY, "uid-9")
        assert len(rig.informer._contradictions) == 1


async def test_t34_a_list_that_began_after_the_answer_explains_it():
    """What a complete view says is not doubted for an answer from before it."""
    async with Rig() as rig:
        rig.informer.conflicted(KEY)
        await asyncio.sleep(1)
        rig.informer.relist()
        await asyncio.sleep(30)

        assert rig.lists() == 2
        assert rig.metrics.counts["contradicted"] == 0


async def test_t34_each_answer_is_waited_for_by_itself():
    """That the first was explained is no reason to forget the second."""
    async with Rig() as rig:
        rig.informer.conflicted(KEY)
        await asyncio.sleep(3)
        rig.informer.conflicted(ObjectKey("ns", "o2"))
        rig.server.put("o1", data={"x": "y"})
        await asyncio.sleep(4)
        assert rig.metrics.counts["contradicted"] == 0
        await asyncio.sleep(2)

        assert rig.metrics.counts["contradicted"] == 1


async def test_t34_a_list_that_began_before_the_answer_explains_nothing():
    """What it brings may be from before, however late it comes."""
    async with Rig() as rig:
        rig.server.latency_seconds = 4.0
        rig.informer.relist()
        await asyncio.sleep(3)
        rig.informer.conflicted(KEY)
        rig.server.latency_seconds = 0.0
        await asyncio.sleep(6)

        assert rig.metrics.counts["contradicted"] == 1


async def test_t34_the_second_contradiction_waits_for_half_a_minute():
    """Also of an informer that has only begun."""
    async with Rig() as rig:
        for count in (1, 2):
            rig.informer.conflicted(KEY)
            await asyncio.sleep(6)
            assert rig.metrics.counts["contradicted"] == 1
            if count == 1:
                rig.informer.conflicted(KEY)
                await asyncio.sleep(20)
        await asyncio.sleep(6)

        assert rig.metrics.counts["contradicted"] == 2


async def test_t34_an_informer_that_rests_after_a_failure_lists_at_once():
    """What a live answer says is news of a server that works."""
    rig = Rig()
    async with rig:
        rig.server.always = errors.ServiceUnavailable(503, "Down")
        rig.server.close_streams()
        await asyncio.sleep(300)
        rig.informer.conflicted(KEY)
        await asyncio.sleep(4.99)
        lists = rig.lists()
        await asyncio.sleep(0.02)

        assert rig.lists() == lists + 1


@pytest.mark.slow
async def test_t34_a_server_that_contradicts_itself_costs_ever_fewer_lists():
    """At most one in 30 s, and after ten minutes one in ten minutes, whatever the answers."""
    async with Rig() as rig:
        for _ in range(3600):
            rig.informer.conflicted(KEY)
            rig.informer.conflicted(ObjectKey("ns", "o2"))
            await asyncio.sleep(1)

        assert 5 <= rig.metrics.counts["contradicted"] <= 11
        await asyncio.sleep(3600)
        lists = rig.metrics.counts["contradicted"]
        rig.informer.conflicted(KEY)
        await asyncio.sleep(6)
        assert rig.metrics.counts["contradicted"] == lists + 1
        rig.informer.conflicted(KEY)
        await asyncio.sleep(40)
        assert rig.metrics.counts["contradicted"] == lists + 2


async def test_t34_a_stopped_informer_doubts_nothing():
    """No timer is left behind."""
    async with Rig() as rig:
        rig.informer.conflicted(KEY)
        rig.informer.close()

        assert len(rig.informer._contradictions) == 0
        await asyncio.sleep(10)
        assert rig.lists() == 1


async def test_t34_a_silent_watch_does_not_keep_a_list_away():
    """The watch is left at once, however it hangs."""
    rig = Rig()
    rig.server.watch_faults.append(Silence())
    async with rig:
        rig.server.put("new")
        rig.informer.found(NEW, rig.uid(NEW))
        await asyncio.sleep(6)
        assert NEW in rig.informer.store
