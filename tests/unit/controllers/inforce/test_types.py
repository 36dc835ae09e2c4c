"""Which types the server has, and when that is asked again."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.controllers.inforce.types import REFRESH_SECONDS, SETTLE_SECONDS, TypeRegistry
from clusterimport.kube import errors
from clusterimport.kube.discovery import GroupVersion
from clusterimport.kube.restmapper import RESTMapper
from clusterimport.model.gvr import (
    API_SERVICES,
    CUSTOM_RESOURCE_DEFINITIONS,
    GroupResource,
    GroupVersionResource,
)
from development.apiserver import discovery
from tests.fakes.controllers.importing import ImportRig

pytestmark = pytest.mark.looptime

CLUSTERS = GroupResource("cluster.mcp.io", "clusters")
CRD = "clusters.cluster.mcp.io"
SERVICE = "v1.cluster.mcp.io"


class Rig(ImportRig):
    """A registry, and the times of its discoveries."""

    def __init__(self):
        super().__init__()
        self.mapper = RESTMapper(self.rest)
        self.types = TypeRegistry(self.mapper, self.informers, self.clock)
        self.started = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def running(self):
        async with background(types=self.types.run()):
            await asyncio.sleep(0)
            yield

    def looks(self):
        return self.rest.count("GET", "/apis")


def serve(rig, version):
    rig.store.serve(GroupVersionResource("cluster.mcp.io", version, "clusters"), "Cluster")


async def test_types_are_unknown_before_the_first_look():
    """Before the server was asked nothing is known, and every type is missing."""
    rig = Rig()
    assert not rig.types.is_known
    assert rig.types.negotiate(CLUSTERS, ()) is None
    await rig.mapper.refresh()

    assert rig.types.is_known
    assert rig.types.negotiate(CLUSTERS, ()) is not None


@pytest.mark.parametrize(
    ("group", "versions", "is_silent"),
    [
        ("infra.mcp.io", (), True),
        ("infra.mcp.io", ("v1", "v2"), True),
        ("infra.mcp.io", ("v2",), False),
        ("cluster.mcp.io", (), False),
    ],
)
async def test_t20_a_silent_server_concerns_its_own_group_and_versions(group, versions, is_silent):
    """Of another version that is wanted it is known that the server lacks it."""
    rig = Rig()
    serve(rig, "v1")
    silent = GroupVersionResource("infra.mcp.io", "v1", "nodes")
    rig.store.serve(silent, "Node")
    rig.store.types[silent].is_silent = True
    await rig.mapper.refresh()

    expected = {GroupVersion("infra.mcp.io", "v1"): "Stale"} if is_silent else {}
    assert rig.types.unanswered(group, versions) == expected


async def test_t27_a_row_of_failed_discoveries_is_told_at_its_first_and_its_last():
    """A server that is away for minutes makes two lines."""
    rig = Rig()
    rig.rest.meet("GET", "/api", *[errors.TransportError("gone")] * 4)
    with capture_logs() as logs:
        async with rig.running():
            await asyncio.sleep(120)
    told = [entry["event"] for entry in logs if entry["log_level"] != "debug"]

    assert [event for event in told if event.startswith("discovery")] == [
        "discovery failed",
        "discovery recovered",
    ]


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ((), "v1"),
        (("v1beta1",), "v1beta1"),
        (("v1beta1", "v1"), "v1"),
        (("v1beta1", "v1alpha1"), "v1beta1"),
        (("v7",), None),
    ],
)
async def test_the_servers_preference_decides_among_the_allowed_versions(versions, expected):
    """The order of the policy's list means nothing; a version that is not served gives none."""
    rig = Rig()
    serve(rig, "v1beta1")
    serve(rig, "v1alpha1")
    await rig.mapper.refresh()
    found = rig.types.negotiate(CLUSTERS, versions)

    assert (found.gvr.version if found else None) == expected


async def test_a_version_that_cannot_be_watched_is_passed_over(monkeypatch):
    """An informer needs get, list and watch; without them a version is as good as absent."""
    rig = Rig()
    serve(rig, "v1beta1")
    monkeypatch.setattr(discovery, "VERBS", ["get", "list"])
    await rig.mapper.refresh()
    assert rig.types.negotiate(CLUSTERS, ()) is None
    monkeypatch.setattr(discovery, "VERBS", ["watch", "list", "get", "create"])
    await rig.mapper.refresh()

    assert rig.types.negotiate(CLUSTERS, ()).gvr.version == "v1"


async def test_listeners_hear_of_differences_only():
    """A discovery that finds what is known tells nobody."""
    rig = Rig()
    told = []
    rig.types.on_change(lambda: told.append(rig.mapper.generation))
    async with rig.running():
        await asyncio.sleep(10)
        assert told == [1]
        serve(rig, "v2")
        rig.types.poke()
        await asyncio.sleep(10)

    assert told == [1, 2]


async def test_a_quiet_server_is_asked_less_and_less_often():
    """After the start comes a settling sequence, then one look every ten minutes."""
    rig = Rig()
    async with rig.running():
        await asyncio.sleep(sum(SETTLE_SECONDS) + 1)
        assert rig.looks() == 1 + len(SETTLE_SECONDS)
        await asyncio.sleep(REFRESH_SECONDS - 2)
        assert rig.looks() == 1 + len(SETTLE_SECONDS)
        await asyncio.sleep(2)
        assert rig.looks() == 2 + len(SETTLE_SECONDS)
        await asyncio.sleep(REFRESH_SECONDS)
        assert rig.looks() == 3 + len(SETTLE_SECONDS)


async def test_a_poke_starts_the_settling_sequence_anew():
    """A changed CRD is asked for at once and again, since discovery follows with a delay."""
    rig = Rig()
    async with rig.running():
        await asyncio.sleep(100)
        before = rig.looks()
        rig.types.poke()
        await asyncio.sleep(SETTLE_SECONDS[0] + 0.01)
        assert rig.looks() == before + 1
        await asyncio.sleep(sum(SETTLE_SECONDS) + 0.1)
        assert rig.looks() == before + 1 + len(SETTLE_SECONDS)


async def test_a_burst_of_events_is_one_look():
    """Creating a CRD makes several events in a row; one discovery answers them all."""
    rig = Rig()
    async with rig.running():
        await asyncio.sleep(100)
        before = rig.looks()
        for _ in range(3):
            rig.types.poke()
            await asyncio.sleep(0.03)
        await asyncio.sleep(0.05)
        assert rig.looks() == before + 1


async def test_crds_and_apiservices_are_watched_without_content():
    """Only names matter: the events of both lead to a look, those of CRDs tell their name too."""
    rig = Rig()
    names = []
    rig.types.on_crd_event(lambda name, is_new: names.append((name, is_new)))
    async with rig.running():
        watched = {CUSTOM_RESOURCE_DEFINITIONS, API_SERVICES}
        assert {spec.gvr for spec in rig.informers.in_use if spec.metadata_only} == watched
        for gvr, name in ((CUSTOM_RESOURCE_DEFINITIONS, CRD), (API_SERVICES, SERVICE)):
            await asyncio.sleep(100)
            before = rig.looks()
            rig.put(gvr, {"metadata": {"name": name}})
            rig.see(gvr)
            await asyncio.sleep(SETTLE_SECONDS[0] + 0.01)
            assert rig.looks() == before + 1

            uid = rig.store.types[gvr].objects["", name]["metadata"]["uid"]
            assert rig.types.crd_uid(name) == (uid if gvr == CUSTOM_RESOURCE_DEFINITIONS else "")
        rig.put(CUSTOM_RESOURCE_DEFINITIONS, {"metadata": {"name": CRD}}, labels={"a": "b"})
        rig.see(CUSTOM_RESOURCE_DEFINITIONS)
        rig.put(CUSTOM_RESOURCE_DEFINITIONS, {"metadata": {"name": CRD}}, uid="another")
        rig.see(CUSTOM_RESOURCE_DEFINITIONS)

    assert names == [(CRD, True), (CRD, False), (CRD, True)]


async def test_a_failed_look_keeps_what_is_known():
    """A server that does not answer is told once and asked again; no listener hears of it."""
    rig = Rig()
    told = []
    rig.types.on_change(lambda: told.append(True))
    rig.rest.meet("GET", "/api", errors.TransportError("connection refused"))
    with capture_logs() as logs:
        async with rig.running():
            assert not rig.types.is_known
            assert told == []
            await asyncio.sleep(SETTLE_SECONDS[0] + 0.01)
            assert rig.types.is_known
            rig.rest.meet("GET", "/api", errors.TransportError("connection refused"))
            await asyncio.sleep(SETTLE_SECONDS[1] + 0.01)

    assert rig.types.negotiate(CLUSTERS, ()) is not None
    assert told == [True]
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == [
        "discovery failed",
        "discovery failed",
    ]
