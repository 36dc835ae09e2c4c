"""What runs in every replica, and when a leader may begin."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.controllers.inforce.caches import _is_own_status
from clusterimport.controllers.inforce.references import ReferencedObject
from clusterimport.controllers.inforce.schema import CRD_NAMES
from clusterimport.controllers.queues import EVERYTHING, Sweep
from clusterimport.informers import InformerCrashed, InformerStatus
from clusterimport.kube import errors
from clusterimport.model.gvr import (
    CUSTOM_RESOURCE_DEFINITIONS,
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    SECRETS,
)
from tests.fakes.controllers.importing import KEEPS_ALL, ONE, ImportRig, taken
from tests.fakes.controllers.importobjects import (
    CLUSTERS,
    MACHINES,
    lifecycle_body,
    pediacluster_body,
    policy_body,
    source_body,
)
from tests.fakes.controllers.terms import manager_of
from tests.fakes.informers.handinformers import HandInformers

pytestmark = pytest.mark.looptime

OURS = (POLICIES, LIFECYCLES, PEDIACLUSTERS)
AWAY = errors.TransportError("connection refused")
CRD_PATH = CUSTOM_RESOURCE_DEFINITIONS.path(name=min(CRD_NAMES))


class Rig(ImportRig):
    """A manager over a server that has our CRDs, with caches that have seen nothing."""

    def __init__(self, *, has_crds=True):
        super().__init__()
        self.informers = HandInformers()
        if has_crds:
            for name in CRD_NAMES:
                self.install(name)
        self.subject = manager_of(self)
        self.caches = self.subject._caches

    def install(self, name, schema=None):
        version = {"schema": {"openAPIV3Schema": schema or KEEPS_ALL}}
        versions = [version | {"name": served} for served in ("v1alpha1", "v1alpha2")]
        self.put(
            CUSTOM_RESOURCE_DEFINITIONS,
            {"metadata": {"name": name}, "spec": {"versions": versions}},
        )

    @asynccontextmanager
    async def running(self, **others):
        async with background(manager=self.subject.run(), **others):
            await asyncio.sleep(0.01)
            yield

    def verdict(self, name="mcp"):
        return self.subject._tracker.get(name)

    def hear(self):
        """Hear as in a term: the queues fill, and nobody empties them."""
        for queue in self.subject.queues:
            queue.reopen()

    def heard(self):
        return taken(self.subject.queues)

    @property
    def revision(self):
        return self.subject._tracker.revision("mcp")

    @property
    def is_leading(self):
        return not any(queue.is_shutting_down for queue in self.subject.queues)


async def test_what_is_missing_is_named():
    """Each of our types until it was listed, and the CRDs until they were read."""
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig(has_crds=False)
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
    rig = Rig(has_crds=False)
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
    rig = Rig()
    rig.put(POLICIES, policy_body())
    async with rig.running():
        rig.see()
        await asyncio.sleep(0.1)

    assert rig.verdict().governing is not None
    assert rig.rest.writes() == []


async def test_a_policy_is_judged_again_when_a_type_comes():
    """The CRD of the platform may be installed after its policy."""
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
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


async def test_a_term_waits_for_the_view():
    """A leader reconciles nothing before all is there; then it is the one that hears."""
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
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
    rig = Rig()
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


POLICY = {
    "metadata": {"uid": "u", "generation": 1, "resourceVersion": "1"},
    "status": {"sources": 1},
}


def changed(**parts):
    metadata = parts.pop("metadata", {})
    return {**POLICY, "metadata": {**POLICY["metadata"], **metadata}, **parts}


@pytest.mark.parametrize(
    ("old", "new", "is_own"),
    [
        (POLICY, changed(status={"sources": 2}, metadata={"resourceVersion": "2"}), True),
        (None, POLICY, False),
        (POLICY, None, False),
        (POLICY, POLICY, False),
        (POLICY, changed(status={}, metadata={"uid": "v"}), False),
        (POLICY, changed(status={}, metadata={"generation": 2}), False),
        (POLICY, changed(status={}, metadata={"annotations": {"a": "b"}}), False),
        (POLICY, changed(status={}, metadata={"finalizers": ["x"]}), False),
        (POLICY, changed(status={}, metadata={"deletionTimestamp": "now"}), False),
        (POLICY, changed(metadata={"labels": {"a": "b"}}), False),
    ],
)
def test_our_own_status_is_no_reason_to_judge_a_policy(old, new, is_own):
    """Only a change of the status alone is passed over."""
    assert _is_own_status(old, new) is is_own
