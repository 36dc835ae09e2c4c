"""A leadership term from its beginning to its end."""

import asyncio
from contextlib import suppress

import pytest

from clusterimport.aio import background
from clusterimport.controllers.controller import DRAIN_SECONDS
from clusterimport.controllers.sweeper import RESYNC_SECONDS
from clusterimport.model.gvr import EVENTS, LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    REFERENCE,
    pediacluster_body,
    secret_body,
    source_body,
)
from tests.fakes.controllers.terms import TermRig, follow

pytestmark = pytest.mark.looptime


async def test_a_term_imports_and_then_is_silent():
    """From the first look: lifecycle, PediaCluster, two statuses; then not one write in an hour."""
    rig = TermRig()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(60)
        written = rig.rest.writes(events=True)
        assert condition(rig.get(LIFECYCLES, "mcp-one"), "Ready")["reason"] == "Imported"
        assert condition(rig.get(POLICIES, "mcp"), "Ready")["message"] == "1 of 1 imported"
        await asyncio.sleep(1.2 * RESYNC_SECONDS)

    assert rig.rest.writes(events=True) == written
    of_sources = [write for write in written if POLICIES.path() not in write[1]]
    assert of_sources == [
        ("POST", LIFECYCLES.path()),
        ("POST", PEDIACLUSTERS.path()),
        ("PUT", LIFECYCLES.path(name="mcp-one", subresource="status")),
    ]


async def test_everything_is_read_again_once_an_hour():
    """Each has a minute of its own in every hour, so that many are not read at once."""
    rig = TermRig()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(60)
        path = SECRETS.path(namespace="team", name="auth-one")
        before = rig.rest.count("GET", path)
        for hour in range(1, 4):
            await asyncio.sleep(RESYNC_SECONDS)
            assert rig.rest.count("GET", path) == before + hour


async def test_t57_nothing_that_was_read_outlives_a_term():
    """A Secret that several lifecycles share is kept for seconds, and no longer than the term."""
    rig = TermRig()
    shared = {**REFERENCE, "nameTemplate": "auth-one"}
    rig.activate(references=[shared], see=False)
    rig.put(CLUSTERS, source_body("two"))
    rig.see()
    reads = rig.reconcilers.lifecycles._reads
    path = SECRETS.path(namespace="team", name="auth-one")
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(60)
        assert len(rig.get(PEDIACLUSTERS, "mcp-two")["spec"]["tokenData"]) > 0
        assert not reads._kept
        before = rig.rest.count("GET", path)
        rig.put(SECRETS, secret_body(token="rotated"))
        rig.see(SECRETS)
        await asyncio.sleep(1)
        assert rig.rest.count("GET", path) == before + 1
        assert len(reads._kept) == 1

    assert not reads._kept
    assert reads._timer is None


@pytest.mark.parametrize(
    ("may_write", "seconds", "is_written"), [(True, 3.0, True), (False, 0.0, False)]
)
async def test_the_end_of_a_term_finishes_only_what_may_be_written(may_write, seconds, is_written):
    """A stop waits for the reconcile under way; a lost lease ends it at once."""
    rig = TermRig(may_write=may_write)
    slow = rig.rest.request

    async def request(method, path, **arguments):
        if method == "POST":
            await asyncio.sleep(4.0)
        return await slow(method, path, **arguments)

    rig.rest.request = request
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(rig.run())
    await asyncio.sleep(1.0)
    stopped = loop.time()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert loop.time() - stopped == pytest.approx(seconds, abs=0.1)
    assert seconds < DRAIN_SECONDS
    assert (rig.get(LIFECYCLES, "mcp-one") is not None) is is_written
    assert rig.rest.count("POST", PEDIACLUSTERS.path()) == 0


async def test_events_are_written_while_the_term_lasts():
    """The recorder runs beside the reconcilers and ends after them."""
    rig = TermRig()
    rig.put(PEDIACLUSTERS, pediacluster_body())
    rig.see()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(10)

    reasons = {event["reason"] for event in rig.store.types[EVENTS].objects.values()}
    assert "NameConflict" in reasons
