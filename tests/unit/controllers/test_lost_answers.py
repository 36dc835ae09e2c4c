"""A status that the cache shows late, and that is no longer true by then."""

import asyncio
from contextlib import suppress

import pytest

from clusterimport.kube import errors
from clusterimport.model.conditions import conditions_of
from clusterimport.model.gvr import LIFECYCLES, POLICIES, SECRETS
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.policies import IMPORTED
from tests.fakes.controllers.reconcilers import KEY
from tests.fakes.controllers.terms import TermRig
from tests.fakes.kube.memoryrest import LostAnswer

pytestmark = pytest.mark.looptime

ONE = "mcp-one"
STATUS = LIFECYCLES.path(name=ONE, subresource="status")
SECRET = SECRETS.path(namespace="team", name="auth-one")
FORBIDDEN = errors.Forbidden(403, "Forbidden")


async def look(rig):
    with suppress(errors.KubeError):
        await rig.reconcilers.lifecycles.reconcile(ONE)


async def tell(rig):
    await rig.reconcilers.policies.reconcile("mcp")


def reasons(rig):
    return {each["reason"] for each in conditions_of(rig.get(LIFECYCLES, ONE))}


async def test_what_a_cache_shows_late_is_looked_at():
    """A right comes back while a watch is down: what the cache has is true again, and stale."""
    rig = TermRig()
    await rig.reconcilers.sources.reconcile(KEY)
    rig.see(LIFECYCLES)
    await look(rig)
    rig.see()
    before = reasons(rig)

    rig.rest.meet("GET", SECRET, FORBIDDEN)
    rig.rest.meet("PUT", STATUS, LostAnswer("x"))
    rig.put(SECRETS, rig.get(SECRETS, "auth-one", "team"), annotations={"a": "b"})
    rig.see(SECRETS)
    await look(rig)
    rig.rest.heal()
    await look(rig)
    assert "MissingPermission" in reasons(rig)
    rig.taken()

    rig.see(LIFECYCLES)
    assert rig.taken() == {"lifecycles": [ONE]}
    await look(rig)
    assert reasons(rig) == before


async def test_what_comes_while_a_status_is_on_its_way_to_the_cache_is_told():
    """Against the status of before nothing has changed; the one that was written shows that."""
    rig = TermRig()
    rig.context.tally.set("mcp", KEY.source, IMPORTED)
    await tell(rig)
    rig.see(POLICIES)
    before = rig.get(POLICIES, "mcp")["status"]

    await asyncio.sleep(2)
    rig.context.tally.revisit("mcp", KEY.source)
    await tell(rig)
    assert rig.get(POLICIES, "mcp")["status"] != before
    rig.context.tally.set("mcp", KEY.source, IMPORTED)
    await tell(rig)
    rig.taken()

    rig.see(POLICIES)
    assert rig.taken() == {"policies": ["mcp"]}
    await asyncio.sleep(2)
    await tell(rig)
    now = rig.get(POLICIES, "mcp")
    assert condition(now, "Reconciling")["status"] == "False"
    assert now["status"]["imported"] == before["imported"] == 1
