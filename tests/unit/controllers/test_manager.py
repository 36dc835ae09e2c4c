"""What runs in every replica, and when a leader may begin."""

import asyncio

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.controllers.inforce.references import ReferencedObject
from clusterimport.controllers.inforce.schema import CRD_NAMES
from clusterimport.controllers.queues import EVERYTHING
from clusterimport.informers import InformerCrashed, InformerStatus
from clusterimport.kube import errors
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, SECRETS
from tests.fakes.controllers.importing import ONE
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    lifecycle_body,
    pediacluster_body,
    policy_body,
    source_body,
)
from tests.fakes.controllers.managing import ManagerRig

pytestmark = pytest.mark.looptime

OURS = (POLICIES, LIFECYCLES, PEDIACLUSTERS)
AWAY = errors.TransportError("connection refused")


async def test_what_is_missing_is_named():
    """Each of our types until it was listed, and the CRDs until they were read."""
    rig = ManagerRig()
    assert rig.subject.missing() == (
        *(str(gvr.group_resource) for gvr in OURS),
        "CustomResourceDefinitions",
    )
    rig.see(*OURS)
    assert rig.subject.missing() == ("CustomResourceDefinitions",)
    async with rig.running():
        assert rig.subject.missing() == ()


async def test_t01_an_informer_that_crashed_is_named_and_keeps_nobody_from_leading():
    """It makes the replica unready, and is not among what a leader waits for."""
    rig = ManagerRig()
    rig.see(*OURS)
    async with rig.running():
        rig.informers.of(PEDIACLUSTERS).tell(
            InformerStatus(synced=True, error=InformerCrashed("ValueError at x.py:7"))
        )
        assert rig.subject.missing() == ()
        assert rig.subject.unready() == (f"informer {PEDIACLUSTERS} (crashed)",)
        rig.informers.of(PEDIACLUSTERS).tell(InformerStatus(synced=True))
        assert rig.subject.unready() == ()


async def test_a_start_says_what_it_waits_for():
    """A second after the start, then once a minute, with the problems; silent when all is there."""
    rig = ManagerRig(has_crds=False)
    rig.informers.of(LIFECYCLES).fail(AWAY)
    rig.see(POLICIES, PEDIACLUSTERS)
    with capture_logs() as logs:
        async with rig.running():
            await asyncio.sleep(0.9)
            assert not any(entry["event"] == "waiting" for entry in logs)
            await asyncio.sleep(0.2)
            (said,) = [entry for entry in logs if entry["event"] == "waiting"]
            assert said["missing"] == (
                str(LIFECYCLES.group_resource),
                "CustomResourceDefinitions",
            )
            assert said["problems"] == {str(LIFECYCLES): "connection refused"}
            await asyncio.sleep(59)
            assert len([entry for entry in logs if entry["event"] == "waiting"]) == 1
            await asyncio.sleep(1.2)
            assert len([entry for entry in logs if entry["event"] == "waiting"]) == 2
            for name in CRD_NAMES:
                rig.install(name)
            rig.see()
            await asyncio.sleep(300)
            assert len([entry for entry in logs if entry["event"] == "waiting"]) == 2
            assert rig.subject.missing() == ()


async def test_a_start_says_what_is_to_be_done():
    """Types that are not installed, and rights that are missing, come by no waiting; once each."""
    rig = ManagerRig(has_crds=False)
    for which in (POLICIES, LIFECYCLES):
        rig.informers.of(which).fail(
            errors.NotFound(404, verb="list", resource=str(which.group_resource))
        )
    rig.informers.of(PEDIACLUSTERS).fail(AWAY)
    with capture_logs() as logs:
        async with rig.running():
            await asyncio.sleep(1.1)
    (said,) = [entry for entry in logs if entry["event"] == "waiting"]
    (remedy,) = said["remedies"]
    assert "kubectl apply -k manifests/setup" in remedy


async def test_a_policy_is_judged_in_every_replica():
    """Without any term a policy gets its verdict and its caches."""
    rig = ManagerRig()
    rig.put(POLICIES, policy_body())
    async with rig.running():
        rig.see()
        await asyncio.sleep(0.1)

    assert rig.verdict().governing is not None
    assert rig.rest.writes() == []


async def test_a_term_waits_for_the_view():
    """A leader reconciles nothing before all is there; then it is the one that hears."""
    rig = ManagerRig()
    rig.put(POLICIES, policy_body())
    rig.put(CLUSTERS, source_body())
    async with rig.running():
        async with background(term=rig.subject.lead(rig.rest)):
            await asyncio.sleep(30)
            assert not rig.is_leading
            assert rig.rest.writes() == []
            rig.see()
            await asyncio.sleep(1)
            assert rig.is_leading
            rig.see()
            await asyncio.sleep(1)
            assert rig.get(LIFECYCLES, "mcp-one") is not None
        assert not rig.is_leading
        written = len(rig.rest.writes())
        rig.put(CLUSTERS, source_body("two"))
        rig.see()
        await asyncio.sleep(60)
        assert len(rig.rest.writes()) == written, "after its term a replica writes nothing"


async def test_t08_after_a_restore_a_term_waits_for_views_of_what_there_is_now():
    """What was known of sources is not to make lifecycles for those that are gone."""
    rig = ManagerRig()
    rig.put(POLICIES, policy_body())
    rig.put(CLUSTERS, source_body())
    async with rig.running():
        rig.see()
        await asyncio.sleep(1)
        rig.see()
        rig.subject.distrust()
        rig.drop(CLUSTERS, "one", "team")
        async with background(term=rig.subject.lead(rig.rest)):
            await asyncio.sleep(30)
            assert not rig.is_leading
            rig.see()
            await asyncio.sleep(1)
            assert rig.is_leading

    assert rig.get(LIFECYCLES, "mcp-one") is None


async def test_a_replica_that_does_not_lead_remembers_nothing():
    """It hears everything, and neither queues nor memories grow: a term looks at everything."""
    rig = ManagerRig()
    rig.put(POLICIES, policy_body())
    rig.put(CLUSTERS, source_body())
    rig.put(PEDIACLUSTERS, pediacluster_body())
    async with rig.running():
        rig.see()
        await asyncio.sleep(1)
        rig.see()
        rig.drop(PEDIACLUSTERS, "mcp-one")
        rig.put(CLUSTERS, source_body(url="https://new"))
        rig.see()
        await asyncio.sleep(5)

    assert rig.verdict().governing is not None
    assert not any(len(queue) + queue.waiting for queue in rig.subject.queues)
    assert rig.subject._newest.lost == set()
    assert rig.subject._latency._since == {}


async def test_a_term_begins_with_no_memory_of_the_one_before():
    """What was written, resolved or heard then may be another leader's by now."""
    rig = ManagerRig()
    rig.see()
    lifecycle = rig.put(LIFECYCLES, lifecycle_body())
    rig.subject._newest.written_lifecycles.wrote("mcp-one", lifecycle)
    rig.subject._newest.lost.add("mcp-one")
    rig.subject._references.add("mcp-one", ReferencedObject(SECRETS.group_resource, ONE))
    rig.subject._latency.changed("mcp", ONE)
    rig.subject.open_queues()

    assert len(rig.subject._newest.written_lifecycles) == len(rig.subject._newest.lost) == 0
    assert (
        rig.subject._references.lifecycles_of(ReferencedObject(SECRETS.group_resource, ONE))
        == set()
    )
    assert rig.subject._latency._since == {}
    assert rig.heard() == {"sweeps": [EVERYTHING]}


async def test_a_term_that_ends_before_it_began_shuts_its_queues():
    """A lease may be lost in the very step in which it was won."""
    rig = ManagerRig()
    async with rig.running():
        rig.see()
        await asyncio.sleep(1)
        leading = asyncio.create_task(rig.subject.lead(rig.rest))
        for _ in range(3):
            await asyncio.sleep(0)
            if rig.is_leading:
                break
        else:
            pytest.fail("it does not begin")
        leading.cancel()
        await asyncio.wait([leading])

        assert all(queue.is_shutting_down for queue in rig.subject.queues)
