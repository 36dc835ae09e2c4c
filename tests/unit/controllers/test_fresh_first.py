"""What has just happened goes before the backlog of a start, on its whole way."""

import asyncio

import pytest

from clusterimport.aio import background
from clusterimport.controllers.queues import SourceKey
from clusterimport.kube.line import RequestLine
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, SECRETS
from clusterimport.model.meta import ObjectKey
from clusterimport.workqueue import BACKLOG, FRESH, BucketLimiter, working_at
from tests.fakes.controllers.importobjects import CLUSTERS, secret_body, source_body
from tests.fakes.controllers.terms import TermRig, follow
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

PER_SECOND = 20.0
MANY = 100


def _priority(queue, key):
    return queue._turns.place_of(key).priority


async def test_what_a_look_leads_to_is_as_urgent_as_the_look():
    """A lifecycle is asked for by the backlog of its source as backlog, by an event as fresh."""
    rig = TermRig()
    rig.put_lifecycle()
    rig.see(LIFECYCLES)
    rig.taken()
    key = SourceKey("mcp", ObjectKey("team", "one"))
    with working_at(BACKLOG):
        await rig.reconcilers.sources.reconcile(key)
    assert _priority(rig.queues.lifecycles, "mcp-one") == BACKLOG
    await rig.reconcilers.sources.reconcile(key)

    assert _priority(rig.queues.lifecycles, "mcp-one") == FRESH


async def test_what_a_backlog_wrote_is_backlog_when_it_is_heard_of():
    """The health of what a start imports is looked at behind what has just happened."""
    rig = TermRig()
    rig.put_lifecycle()
    rig.see(LIFECYCLES)
    rig.taken()
    with working_at(BACKLOG):
        await rig.reconcilers.lifecycles.reconcile("mcp-one")
    rig.see(PEDIACLUSTERS)

    assert _priority(rig.queues.pediaclusters, "mcp-one") == BACKLOG


async def test_a_rotation_during_a_start_waits_for_its_own_requests_only():
    """While a start waits for a limit of 20 a second, a Secret is followed in a quarter second."""
    rig = TermRig()
    for number in range(MANY):
        rig.put(CLUSTERS, source_body(f"c{number}"))
        rig.put(SECRETS, secret_body(f"auth-c{number}"))
    rig.see()
    async with background(term=rig.run(), informers=follow(rig)):
        await asyncio.sleep(60)
    assert len(rig.store.types[PEDIACLUSTERS].objects) == MANY + 1
    limiter = BucketLimiter(clock=rig.clock, per_second=PER_SECOND, burst=1)
    rig.rest.line = RequestLine(48, clock=rig.clock, limiter=limiter)
    # As before records were kept.
    for obj in tuple(rig.store.types[LIFECYCLES].objects.values()):
        rig.put(LIFECYCLES, obj | {"status": obj["status"] | {"rendered": None}})
    rig.see()
    rig.restart_term()
    async with background(term=rig.subject.run(), informers=follow(rig)):
        await asyncio.sleep(1)
        last = f"c{MANY - 1}"
        rig.put(SECRETS, secret_body(f"auth-{last}", token="rotated"))
        rig.see(SECRETS)
        await asyncio.sleep(0.25)
        written = rig.get(PEDIACLUSTERS, f"mcp-{last}")
        assert written["spec"]["tokenData"] == base64_of("rotated")
        assert rig.rest.count("GET", SECRETS.path(namespace="team", name="auth-c50")) == 1
