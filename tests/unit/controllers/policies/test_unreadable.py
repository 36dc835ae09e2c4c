"""What cannot be read, or is not there, is told in a policy's conditions."""

import asyncio

import pytest

from clusterimport.controllers.policies.access import MISSING_SECONDS
from clusterimport.informers import InformerStatus
from clusterimport.kube import errors
from clusterimport.model.gvr import NAMESPACES, POLICIES, SECRETS
from tests.fakes.controllers.importing import condition
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    REFERENCE,
    source_body,
)
from tests.fakes.controllers.policies import IMPORTED, PolicyRig

pytestmark = pytest.mark.looptime

FIXED = [REFERENCE | {"namespaceTemplate": "vault"}]


@pytest.mark.parametrize("gvr", [CLUSTERS, SECRETS])
async def test_t20_what_cannot_be_read_for_a_minute_is_a_condition(gvr):
    """Sources and references alike; before the minute is over nothing is said, nor written."""
    rig = PolicyRig()
    rig.put(CLUSTERS, source_body())
    rig.see()
    rig.set(IMPORTED)
    await rig.look()
    counted = {name: rig.status()[name] for name in ("sources", "selected", "imported")}
    down = errors.ServiceUnavailable(503, "ServiceUnavailable", "the webhook", verb="list")
    rig.informers.of(gvr).fail(down, since=rig.clock.monotonic())
    rig.drop(CLUSTERS, "one", "team")
    result = await rig.look()
    assert result.requeue_after == pytest.approx(60.0)
    await asyncio.sleep(59.0)
    assert (await rig.look()).requeue_after == pytest.approx(1.0)
    assert len(rig.rest.writes()) == 1

    await asyncio.sleep(1.0)
    await rig.look()
    ready = condition(rig.get(POLICIES, "mcp"), "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "SourcesUnreadable")
    assert str(gvr.group_resource) in ready["message"]
    assert "503 ServiceUnavailable: the webhook" in ready["message"]
    assert "Look at what serves the type" in ready["message"]
    assert {name: rig.status()[name] for name in counted} == counted
    (event,) = rig.told()
    assert (event["type"], event["reason"]) == ("Warning", "SourcesUnreadable")

    await asyncio.sleep(2.0)
    rig.informers.of(gvr).tell(InformerStatus(synced=True))
    await rig.look()
    ready = condition(rig.get(POLICIES, "mcp"), "Ready")
    assert (ready["status"], ready["reason"]) == ("True", "Imported")


async def test_t23_a_namespace_that_does_not_exist_is_told():
    """The policy is valid when it is made; it is looked for every half minute, and then hourly."""
    rig = PolicyRig(references=FIXED)
    rig.store.serve(NAMESPACES, "Namespace", namespaced=False)
    result = await rig.look()
    for kind in ("Validated", "Ready"):
        told = condition(rig.get(POLICIES, "mcp"), kind)
        assert (told["status"], told["reason"]) == ("False", "InvalidPolicy")
        assert "namespace vault does not exist" in told["message"]
    assert result.requeue_after == MISSING_SECONDS
    path = NAMESPACES.path(name="vault")
    await rig.look()
    assert rig.rest.count("GET", path) == 1

    rig.put(NAMESPACES, {"metadata": {"name": "vault"}})
    await asyncio.sleep(MISSING_SECONDS)
    assert (await rig.look()).requeue_after is None
    assert condition(rig.get(POLICIES, "mcp"), "Validated")["status"] == "True"
    await asyncio.sleep(600)
    await rig.look()
    assert rig.rest.count("GET", path) == 2
    await asyncio.sleep(3600)
    await rig.look()
    assert rig.rest.count("GET", path) == 3


@pytest.mark.parametrize(
    "error", [errors.Forbidden(403, "Forbidden"), errors.NotFound(404, "NotFound")]
)
async def test_t23_a_namespace_that_cannot_be_read_is_not_missing(error):
    """Without the right, or an answer that names it, nothing is said."""
    rig = PolicyRig(references=FIXED)
    rig.rest.meet("GET", NAMESPACES.path(name="vault"), error)
    assert (await rig.look()).requeue_after is None

    assert condition(rig.get(POLICIES, "mcp"), "Validated")["status"] == "True"
