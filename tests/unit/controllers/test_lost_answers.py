"""A status that was written although its answer was lost, and that is no longer true by then."""

from contextlib import suppress

import pytest

from clusterimport.kube import errors
from clusterimport.model.conditions import conditions_of
from clusterimport.model.gvr import LIFECYCLES, SECRETS
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
