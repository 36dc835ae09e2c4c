"""References of which the policy tells a label: they are found in a cache, and not read."""

import asyncio

import pytest

from clusterimport.controllers.lifecycles.unlabelled import FIRST_SECONDS
from clusterimport.engine.errors import EvaluationError
from clusterimport.model.gvr import SECRETS
from clusterimport.model.meta import Identity
from clusterimport.model.objects import JsonObject
from tests.fakes.controllers.importobjects import LABELLED, secret_body
from tests.fakes.controllers.resolving import SECOND, ResolvingRig, SelectingRig, resolve_for

pytestmark = pytest.mark.looptime


async def test_a_selected_reference_is_not_read():
    """Its cache has it as bytes, which are decoded when they are looked at."""
    rig = SelectingRig()
    found = await rig.resolve()

    assert found["auth"]["data"] == secret_body()["data"]
    assert type(rig.cached()) is JsonObject
    assert rig.reads() == 0
    rig.put(SECRETS, secret_body(token="rotated"))
    rig.see()
    found = await rig.resolve()
    assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 0


async def test_a_secret_of_a_refused_type_is_not_used_from_a_cache():
    """The guard looks at what the cache has as at what was read."""
    rig = SelectingRig()
    rig.put(SECRETS, secret_body(type="bootstrap.kubernetes.io/token"))
    rig.see()
    with pytest.raises(EvaluationError, match="bootstrap token"):
        await rig.resolve()


async def test_a_look_at_everything_reads_a_selected_reference():
    """A cache that missed an event is found out."""
    rig = SelectingRig()
    rig.resolution = rig.look("mcp-one", is_live=True)
    await rig.resolve()

    assert rig.reads() == 1


async def test_what_was_read_is_never_gone_back_behind():
    """While the cache is behind what was read, it is read again; then the cache is believed."""
    rig = SelectingRig()
    rig.put(SECRETS, secret_body(token="rotated"))
    rig.resolution = rig.look("mcp-one", is_live=True)
    await rig.resolve()
    found = await resolve_for(rig, "mcp-one")
    assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 2

    rig.see()
    found = await resolve_for(rig, "mcp-one")
    assert found["auth"]["data"] == secret_body(token="rotated")["data"]
    assert rig.reads() == 2
    assert not rig.reading._ahead


async def test_what_had_no_room_is_read():
    """Of an object beyond the bound its cache has the version alone, as without a selector."""
    rig = SelectingRig()
    cached = rig.cached()
    cache = rig.active.subscription.reference_cache("auth", "team")
    cache.see([Identity("v1", "Secret", "team", "auth-one", cached.uid, cached.resource_version)])
    found = await rig.resolve()

    assert found["auth"]["data"] == secret_body()["data"]
    assert rig.reads() == 1


async def test_a_selected_reference_that_cannot_be_read_is_told():
    """Its cache says why, and no request is made."""
    rig = SelectingRig()
    rig.put(SECRETS, secret_body(data={"x": "y" * 1024 * 1024}))
    rig.see()
    held = await rig.held()

    assert held.reason == "ReferenceTooLarge"
    assert rig.reads() == 0


async def test_a_selected_reference_that_is_missing_is_explained_a_while_later():
    """Neither its absence nor its want of a label costs a request at the first look."""
    rig = SelectingRig()
    rig.put(SECRETS, secret_body(), labels={})
    rig.see()
    assert (await rig.held()).reason == "ReferenceResourceNotFound"
    assert rig.reads() == 0
    await asyncio.sleep(FIRST_SECONDS)
    assert (await rig.held()).reason == "ReferenceNotSelected"
    assert rig.reads() == 1

    rig.put(SECRETS, secret_body(), labels={"of": "mcp"})
    rig.see()
    await rig.resolve()
    assert not rig.unlabelled._missed
    assert rig.reads() == 1


async def test_of_two_references_the_missing_one_is_asked_for():
    """That the first is there at each look does not put the question off for ever."""
    second = {**SECOND, "nameTemplate": "ca-one", "labelSelector": LABELLED["labelSelector"]}
    rig = ResolvingRig({**second, "version": "v1"}, references=[LABELLED, second])
    for _ in range(2):
        assert (await rig.held()).reason == "ReferenceResourceNotFound"
        await asyncio.sleep(FIRST_SECONDS)

    assert [sent.path for sent in rig.rest.requests] == [
        SECRETS.path(namespace="team", name="ca-one")
    ]
