"""What a CRD that comes or changes has the replica read, judge and look at again."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.controllers.inforce.schema import CRD_NAMES
from clusterimport.controllers.queues import EVERYTHING, Sweep
from clusterimport.informers import InformerStatus
from clusterimport.kube import errors
from clusterimport.model.gvr import CUSTOM_RESOURCE_DEFINITIONS, LIFECYCLES, PEDIACLUSTERS, POLICIES
from tests.fakes.controllers.importobjects import MACHINES, policy_body
from tests.fakes.controllers.managing import CRD_PATH, ManagerRig

pytestmark = pytest.mark.looptime

OURS = (POLICIES, LIFECYCLES, PEDIACLUSTERS)
AWAY = errors.TransportError("connection refused")


async def test_a_policy_is_judged_again_when_a_type_comes():
    """The CRD of the platform may be installed after its policy."""
    rig = ManagerRig()
    source = {"group": MACHINES.group, "resource": MACHINES.resource}
    rig.put(POLICIES, policy_body(source=source, references=[], template="spec: {}"))
    async with rig.running():
        rig.see()
        await asyncio.sleep(20)
        assert rig.verdict().blocker.reason == "FailedNegotiateSourceResource"
        rig.store.serve(MACHINES, "Machine")
        rig.install("machines.cluster.mcp.io")
        rig.see(CUSTOM_RESOURCE_DEFINITIONS)
        await asyncio.sleep(1)
        assert rig.verdict().governing.source_type == MACHINES


async def test_t05_another_crd_of_its_name_has_all_its_sources_looked_at():
    """What is older has to be seen alive under this one; a change of the same one is no news."""
    rig = ManagerRig()
    rig.put(POLICIES, policy_body())
    rig.install("clusters.cluster.mcp.io")
    async with rig.running():
        rig.see()
        await asyncio.sleep(20)
        assert rig.verdict().governing is not None
        rig.hear()
        for changes, is_another in (({"labels": {"a": "b"}}, False), ({"uid": "other"}, True)):
            body = rig.get(CUSTOM_RESOURCE_DEFINITIONS, "clusters.cluster.mcp.io")
            rig.put(CUSTOM_RESOURCE_DEFINITIONS, body, **changes)
            before = rig.revision
            rig.see(CUSTOM_RESOURCE_DEFINITIONS)
            assert (rig.revision != before) is is_another
            assert (Sweep("mcp") in rig.heard().get("sweeps", ())) is is_another


@pytest.mark.parametrize(
    ("name", "is_ours"), [(min(CRD_NAMES), True), ("clusters.cluster.mcp.io", False)]
)
async def test_only_our_crds_are_read_again(name, is_ours):
    """Another schema of ours is told and wakes missing caches; other CRDs concern nobody."""
    rig = ManagerRig()
    async with rig.running():
        rig.see()
        await asyncio.sleep(20)
        rig.hear()
        reads = rig.rest.count("GET", CRD_PATH)
        gone = errors.NotFound(404, "NotFound")
        rig.informers.of(LIFECYCLES).tell(InformerStatus(error=gone, type_missing=True))
        rig.install(name, {"properties": {"spec": {"properties": {}}}})
        rig.see(CUSTOM_RESOURCE_DEFINITIONS)
        await asyncio.sleep(1)

        assert rig.rest.count("GET", CRD_PATH) == reads + is_ours
        assert rig.informers.of(LIFECYCLES).relists == is_ours
        assert (EVERYTHING in rig.heard().get("sweeps", ())) is is_ours


async def test_a_crd_that_reads_the_same_disturbs_nobody():
    """A status of a CRD is no reason to look at everything."""
    rig = ManagerRig()
    async with rig.running():
        rig.see()
        await asyncio.sleep(20)
        rig.hear()
        rig.put(CUSTOM_RESOURCE_DEFINITIONS, rig.get(CUSTOM_RESOURCE_DEFINITIONS, min(CRD_NAMES)))
        rig.see(CUSTOM_RESOURCE_DEFINITIONS)
        await asyncio.sleep(1)

        assert rig.heard() == {}


async def test_a_policy_stops_before_anything_is_looked_at_again():
    """Where a new CRD prunes a field that is relied on, the verdict comes before the signal."""
    rig = ManagerRig()
    rig.put(POLICIES, policy_body(mode="Observe"))
    async with rig.running():
        rig.see()
        await asyncio.sleep(20)
        assert rig.verdict().blocker is None
        rig.hear()
        rig.install(min(CRD_NAMES), {"properties": {"spec": {"properties": {}}}})
        rig.see(CUSTOM_RESOURCE_DEFINITIONS)
        while EVERYTHING not in rig.heard().get("sweeps", ()):
            assert asyncio.get_running_loop().time() < 30
            await asyncio.sleep(0.001)

        assert rig.verdict().blocker.reason == "ExtensionsLost"


async def test_unreadable_crds_are_read_again_with_back_off():
    """A server that is away is asked less and less often, and at once after an event."""
    rig = ManagerRig()
    rig.rest.meet("GET", CRD_PATH, *[AWAY] * 20)
    with capture_logs() as logs:
        async with rig.running():
            rig.see(*OURS)
            await asyncio.sleep(1.5)
            assert rig.rest.count("GET", CRD_PATH) == 1
            await asyncio.sleep(60)
            assert 3 <= rig.rest.count("GET", CRD_PATH) <= 6
            assert rig.subject.missing() == ("CustomResourceDefinitions",)
            rig.rest._happenings.clear()
            rig.see(CUSTOM_RESOURCE_DEFINITIONS)
            await asyncio.sleep(0.1)
            assert rig.subject.missing() == ()

    warnings = [entry for entry in logs if entry["event"] == "schemas not read"]
    assert warnings[0]["error"] == "connection refused"
