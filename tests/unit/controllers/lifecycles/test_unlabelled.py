"""Of what is missing where a label selector narrows a cache, one request in a while tells why."""

import asyncio
from itertools import pairwise

import pytest

from clusterimport.controllers.lifecycles.references import ReferenceTarget
from clusterimport.controllers.lifecycles.unlabelled import FIRST_SECONDS, MOST_SECONDS, Unlabelled
from clusterimport.controllers.lifecycles.verdict import NotYet
from clusterimport.controllers.shared.tally import State
from clusterimport.kube import errors
from clusterimport.model.gvr import SECRETS
from clusterimport.model.labelselector import LabelSelector, Operator, Requirement
from tests.fakes.controllers.importing import ImportRig
from tests.fakes.controllers.importobjects import CANARY, secret_body
from tests.fakes.engine.evaluating import base64_of

pytestmark = pytest.mark.looptime

TARGET = ReferenceTarget("auth", SECRETS, "team", "auth-one")
SELECTOR = LabelSelector((Requirement("of", Operator.IN, ("mcp",)),))
PATH = SECRETS.path(namespace="team", name="auth-one")
PLAIN = {"metadata": {"name": "auth-one", "namespace": "team"}}


class Rig(ImportRig):
    def __init__(self):
        super().__init__()
        self.subject = Unlabelled(self.clock)

    async def look(self, target=TARGET, selector=SELECTOR):
        client = self.context.hub.client(SECRETS)
        return await self.subject.explain("mcp-one", target, selector, client)


async def test_at_first_nothing_is_asked():
    """A Secret that comes soon after its source costs no request; both causes are told."""
    rig = Rig()
    held = await rig.look()

    assert rig.rest.requests == []
    assert (held.reason, held.state) == ("ReferenceResourceNotFound", State.WAITING)
    assert "team/auth-one does not exist, or not with the labels" in held.message
    assert "(of=mcp)" in held.message
    assert held.retry_after == FIRST_SECONDS


async def test_an_object_without_the_labels_is_told():
    """One request tells, and nothing of the object is quoted."""
    rig = Rig()
    rig.put(SECRETS, secret_body(**PLAIN))
    await rig.look()
    await asyncio.sleep(FIRST_SECONDS)
    held = await rig.look()

    assert (held.reason, held.state) == ("ReferenceNotSelected", State.WAITING)
    assert "secrets team/auth-one is there, but has not the labels" in held.message
    (sent,) = rig.rest.requests
    assert (sent.method, sent.path) == ("GET", PATH)
    assert base64_of(CANARY) not in held.message


async def test_it_is_asked_ever_more_seldom():
    """However often a lifecycle is looked at: after 5, 10, 20 s, and at last every 5 minutes."""
    rig = Rig()
    times = []
    for _ in range(3600):
        held = await rig.look()
        if len(rig.rest.requests) > len(times):
            times.append(rig.clock.monotonic())
        assert 0 < held.retry_after <= MOST_SECONDS
        await asyncio.sleep(1)
    gaps = [round(after - before) for before, after in pairwise(times)]

    assert gaps[:4] == [10, 20, 40, 80]
    assert set(gaps[6:]) == {300}
    assert held.reason == "ReferenceResourceNotFound"


async def test_another_object_begins_anew():
    """What is known of one is not told of another, nor under another selector."""
    rig = Rig()
    await rig.look()
    await asyncio.sleep(FIRST_SECONDS)
    await rig.look(TARGET._replace(name="auth-two"))
    await asyncio.sleep(FIRST_SECONDS)
    await rig.look(selector=LabelSelector((Requirement("x", Operator.EXISTS),)))
    await asyncio.sleep(FIRST_SECONDS)
    rig.subject.forget("mcp-one")
    await rig.look()

    assert rig.rest.requests == []


async def test_a_cache_that_is_behind_is_no_verdict():
    """What has the labels is about to be shown: nothing is told of it."""
    rig = Rig()
    rig.put(SECRETS, secret_body())
    await rig.look()
    await asyncio.sleep(FIRST_SECONDS)
    with pytest.raises(NotYet):
        await rig.look()


async def test_without_the_right_to_ask_both_causes_are_told():
    """Who may list and not get waits with what is known."""
    rig = Rig()
    await rig.look()
    await asyncio.sleep(FIRST_SECONDS)
    rig.rest.meet("GET", PATH, errors.Forbidden(403, "Forbidden"))
    held = await rig.look()

    assert held.reason == "ReferenceResourceNotFound"
    assert held.retry_after == 2 * FIRST_SECONDS


async def test_a_server_that_fails_is_not_asked_at_once_again():
    """The failure is retried as any other, and the next question keeps its distance."""
    rig = Rig()
    await rig.look()
    await asyncio.sleep(FIRST_SECONDS)
    rig.rest.meet(
        "GET", PATH, errors.ServiceUnavailable(503, "ServiceUnavailable", "x", verb="get")
    )
    with pytest.raises(errors.ServiceUnavailable):
        await rig.look()
    await rig.look()

    assert len(rig.rest.requests) == 1
