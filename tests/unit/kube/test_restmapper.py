"""What is remembered of a server's types, and what a person is told who names another one."""

import asyncio

import pytest
from aiohttp import web

from clusterimport.kube.discovery import DiscoveredResource, GroupVersion
from clusterimport.kube.errors import ServiceUnavailable
from clusterimport.kube.restmapper import RESTMapper, explain_missing
from clusterimport.model.gvr import SECRETS, GroupResource, GroupVersionResource
from development.apiserver.answers import Answer

OLD = GroupVersionResource("cluster.x-k8s.io", "v1beta1", "clusters")
NEW = GroupVersionResource("cluster.x-k8s.io", "v1beta2", "clusters")
CLUSTERS = GroupResource("cluster.x-k8s.io", "clusters")
READ = ("get", "list", "watch")
SERVED = [
    DiscoveredResource(NEW, "Cluster", True, READ, ("cluster", "cl")),
    DiscoveredResource(NEW._replace(version="v1beta1"), "Cluster", True, READ, ("cluster",)),
    DiscoveredResource(GroupVersionResource("", "v1", "secrets"), "Secret", True, READ),
    DiscoveredResource(GroupVersionResource("x.io", "v1", "reviews"), "Review", True, ("create",)),
    DiscoveredResource(GroupVersionResource("other.io", "v1", "clusters"), "Cluster", True, READ),
]


@pytest.fixture
def mapper(server, rest) -> RESTMapper:
    server.store.serve(SECRETS, "Secret")
    return RESTMapper(rest)


async def test_versions_come_in_the_servers_order(server, mapper):
    """A type is found with all its versions, the preferred one first; an unknown one is empty."""
    assert mapper.find(CLUSTERS) == ()
    assert mapper.generation == 0
    server.store.serve(NEW, "Cluster")
    server.store.serve(OLD, "Cluster")
    await mapper.refresh()

    assert [each.gvr for each in mapper.find(CLUSTERS)] == [NEW, OLD]
    assert mapper.get(OLD) == mapper.find(CLUSTERS)[1]
    assert mapper.get(GroupVersionResource("a", "b", "c")) is None
    assert [each.gvr for each in mapper.resources] == [SECRETS, NEW, OLD]


async def test_the_generation_grows_with_changes_only(server, mapper):
    """Looking twice at the same changes nothing; a new and a gone type do."""
    await mapper.refresh()
    first = mapper.generation
    await mapper.refresh()
    assert mapper.generation == first == 1

    server.store.serve(NEW, "Cluster")
    await mapper.refresh()
    assert mapper.generation == 2
    del server.store.types[NEW]
    await mapper.refresh()
    assert mapper.generation == 3
    assert mapper.find(CLUSTERS) == ()


async def test_a_failed_look_keeps_what_is_known(server, mapper):
    """An unreachable server raises and forgets nothing; the next look heals."""
    server.store.serve(NEW, "Cluster")
    await mapper.refresh()
    server.script("GET", "/apis", Answer(503, ""))
    with pytest.raises(ServiceUnavailable):
        await mapper.refresh()

    assert [each.gvr for each in mapper.find(CLUSTERS)] == [NEW]
    assert mapper.generation == 1
    await mapper.refresh()
    assert mapper.generation == 1


async def test_a_group_that_cannot_be_read_keeps_its_types(server, mapper):
    """What cannot be asked is not gone: the types stay until the server says otherwise."""
    server.has_aggregated_discovery = False
    server.store.serve(NEW, "Cluster")
    await mapper.refresh()
    for _ in range(2):
        server.script("GET", "/apis/cluster.x-k8s.io/v1beta2", Answer(503, ""))
        await mapper.refresh()

        assert [each.gvr for each in mapper.find(CLUSTERS)] == [NEW]
        failed = {GroupVersion("cluster.x-k8s.io", "v1beta2"): "ServiceUnavailable"}
        assert mapper.failed_groups == failed
        assert mapper.generation == 2
    del server.store.types[NEW]
    await mapper.refresh()

    assert mapper.find(CLUSTERS) == ()
    assert mapper.failed_groups == {}


async def test_callers_share_one_look_that_began_after_they_came(server, mapper):
    """Twenty callers during a look cause one more, not twenty, and see what is new."""
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request):
        started.set()
        await go_on.wait()
        return web.json_response({"kind": "APIGroupDiscoveryList", "items": []})

    server.script("GET", "/apis", slow)
    async with asyncio.TaskGroup() as group:
        group.create_task(mapper.refresh())
        await started.wait()
        server.store.serve(NEW, "Cluster")
        for _ in range(20):
            group.create_task(mapper.refresh())
        await asyncio.sleep(0)
        go_on.set()

    assert server.count("GET", "/apis") == 2
    assert [each.gvr for each in mapper.find(CLUSTERS)] == [NEW]


async def test_callers_share_a_failure_too(server, mapper):
    """A server that is down is not asked once per caller."""
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_request):
        started.set()
        await go_on.wait()
        return web.Response(status=503)

    server.script("GET", "/api", slow)
    server.script("GET", "/api", Answer(503, ""), times=20)
    failures = []

    async def refresh():
        try:
            await mapper.refresh()
        except ServiceUnavailable as error:
            failures.append(error)

    async with asyncio.TaskGroup() as group:
        group.create_task(refresh())
        await started.wait()
        for _ in range(5):
            group.create_task(refresh())
        await asyncio.sleep(0)
        go_on.set()

    assert len(failures) == 6
    assert server.count("GET", "/api") == 2


async def test_a_cancelled_look_is_taken_over(server, mapper):
    """If the caller who looks is cancelled, the one who waited looks itself."""
    started = asyncio.Event()

    async def hang(_request):
        started.set()
        await asyncio.sleep(5)
        return web.Response()

    server.script("GET", "/apis", hang)
    first = asyncio.create_task(mapper.refresh())
    await started.wait()
    second = asyncio.create_task(mapper.refresh())
    await asyncio.sleep(0)
    first.cancel()
    await second

    assert first.cancelled()
    assert [each.gvr for each in mapper.resources] == [SECRETS]


@pytest.mark.parametrize(
    ("group", "resource", "meant"),
    [
        (
            "cluster.x-k8s.io",
            "Cluster",
            "clusters of group cluster.x-k8s.io or clusters of group o",
        ),
        ("cluster.x-k8s.io", "cluster", "clusters of group cluster.x-k8s.io or "),
        ("cluster.x-k8s.io", "cl", "clusters of group cluster.x-k8s.io?"),
        ("cluster.x-k8s.io", "Clusters", "clusters of group cluster.x-k8s.io or "),
        ("cluster.x-k8s.io/v1beta2", "clusters", "clusters of group cluster.x-k8s.io or "),
        ("", "clusters.cluster.x-k8s.io", "clusters of group cluster.x-k8s.io?"),
        ("cluster.x-k8s.io", "clusters/status", "clusters of group cluster.x-k8s.io or "),
        ("v1", "Secret", 'secrets of the core group, `group: ""`?'),
        ("core", "secrets", 'secrets of the core group, `group: ""`?'),
        (
            "typo.io",
            "clusters",
            "clusters of group cluster.x-k8s.io or clusters of group other.io?",
        ),
        ("cluster.x-k8s.io", "things", None),
    ],
)
def test_t23_what_was_meant_is_told(group, resource, meant):
    """A kind, a singular, a short name, a group with a version: the plural and group are named."""
    told = explain_missing(GroupResource(group, resource), (), SERVED)

    assert told.startswith(f"the server has no {GroupResource(group, resource)} that can be read")
    if meant is None:
        assert "did you mean" not in told
    else:
        assert f"; did you mean {meant}" in told


def test_t23_versions_and_verbs_are_told():
    """A type that is there is wanted in a version, or by a verb, that is not."""
    assert explain_missing(NEW.group_resource, ("v1", "v2"), SERVED) == (
        "the server has clusters.cluster.x-k8s.io in v1beta2, v1beta1, and not in v1 or v2"
    )
    assert explain_missing(GroupResource("x.io", "reviews"), (), SERVED) == (
        "reviews.x.io cannot be read and listed and watched"
    )
