"""What a server serves."""

import pytest

from clusterimport.kube.discovery import DiscoveredResource, GroupVersion, discover
from clusterimport.kube.errors import ApiError, StreamError
from clusterimport.model.gvr import POLICIES, SECRETS, GroupVersionResource
from development.apiserver.answers import Answer
from development.apiserver.discovery import VERBS

OLD = GroupVersionResource("cluster.x-k8s.io", "v1beta1", "clusters")
NEW = GroupVersionResource("cluster.x-k8s.io", "v1beta2", "clusters")


@pytest.fixture(autouse=True)
def types(server) -> None:
    server.store.serve(SECRETS, "Secret")
    server.store.serve(NEW, "Cluster")
    server.store.serve(OLD, "Cluster")
    server.store.serve(POLICIES, "ClusterImportPolicy", namespaced=False)


POLICY = "clusterimportpolicy"
EXPECTED = (
    DiscoveredResource(SECRETS, "Secret", True, tuple(VERBS), ("secret",)),
    DiscoveredResource(NEW, "Cluster", True, tuple(VERBS), ("cluster",)),
    DiscoveredResource(OLD, "Cluster", True, tuple(VERBS), ("cluster",)),
    DiscoveredResource(POLICIES, "ClusterImportPolicy", False, tuple(VERBS), (POLICY,)),
)


async def test_aggregated_discovery_takes_two_requests(server, rest):
    """Types, scopes, verbs and the server's order come from /api and /apis alone."""
    found = await discover(rest)

    assert found.resources == EXPECTED
    assert found.failed == {}
    assert [seen.path for seen in server.requests] == ["/api", "/apis"]
    accept = server.requests[0].headers["Accept"]
    assert accept.startswith(
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    )
    assert accept.endswith(",application/json")


async def test_an_older_server_is_asked_group_by_group(server, rest):
    """The result is the same, without subresources."""
    server.has_aggregated_discovery = False
    found = await discover(rest)

    assert found.resources == EXPECTED
    assert sorted(seen.path for seen in server.requests) == [
        "/api",
        "/api/v1",
        "/apis",
        "/apis/cluster.x-k8s.io/v1beta1",
        "/apis/cluster.x-k8s.io/v1beta2",
        "/apis/policy.clusterpedia.io/v1alpha1",
    ]


async def test_the_preferred_version_comes_first(server, rest):
    """An older server names its preference beside the list of versions."""
    server.has_aggregated_discovery = False
    versions = [{"version": "v1beta2"}, {"version": "v1beta1"}]
    group = {
        "name": OLD.group,
        "versions": versions,
        "preferredVersion": {"version": "v1beta1"},
    }
    server.script("GET", "/apis", Answer(200, {"kind": "APIGroupList", "groups": [group]}))

    found = await discover(rest)

    assert [each.gvr for each in found.resources] == [SECRETS, OLD, NEW]


async def test_a_dead_group_hides_no_other(server, rest):
    """A group version that answers 503, or nonsense, is recorded and the rest is there."""
    server.has_aggregated_discovery = False
    server.script("GET", "/apis/cluster.x-k8s.io/v1beta1", Answer(503, ""))
    server.script("GET", "/apis/policy.clusterpedia.io/v1alpha1", Answer(200, {"kind": "X"}))

    found = await discover(rest)

    assert [each.gvr for each in found.resources] == [SECRETS, NEW]
    assert found.failed == {
        GroupVersion("cluster.x-k8s.io", "v1beta1"): "ServiceUnavailable",
        GroupVersion("policy.clusterpedia.io", "v1alpha1"): "StreamError",
    }


async def test_a_stale_group_is_recorded(server, rest):
    """Aggregated discovery marks what it could not reach, and may know its types still."""
    resource = {"resource": "clusters", "responseKind": {"kind": "Cluster"}, "scope": "Namespaced"}
    versions = [
        {"version": "v1beta2", "freshness": "Stale"},
        {"version": "v1beta1", "freshness": "Stale", "resources": [resource]},
    ]
    item = {"metadata": {"name": "cluster.x-k8s.io"}, "versions": versions}
    server.script("GET", "/apis", Answer(200, {"kind": "APIGroupDiscoveryList", "items": [item]}))

    found = await discover(rest)

    assert [each.gvr for each in found.resources] == [SECRETS, OLD]
    assert {str(each): reason for each, reason in found.failed.items()} == {
        "cluster.x-k8s.io/v1beta2": "Stale",
        "cluster.x-k8s.io/v1beta1": "Stale",
    }


async def test_odd_documents_are_survived(server, rest):
    """Nulls, wrong types and parents without a kind give nothing and do not raise."""
    items = [
        None,
        {"metadata": None, "versions": None},
        {"metadata": {"name": "g"}, "versions": [{"version": "v1", "resources": [{}, None]}]},
        {
            "metadata": {"name": "g"},
            "versions": [{"version": "v2", "resources": [{"resource": "only-parents"}]}],
        },
    ]
    server.script("GET", "/apis", Answer(200, {"kind": "APIGroupDiscoveryList", "items": items}))

    assert [each.gvr for each in (await discover(rest)).resources] == [SECRETS]


async def test_a_server_that_tells_nothing_is_an_error(server, rest):
    """Neither a failed request nor a foreign document is "no types"."""
    server.script("GET", "/apis", Answer(500, ""))
    with pytest.raises(ApiError, match="get discovery: 500"):
        await discover(rest)
    server.script("GET", "/api", Answer(200, {"kind": "Other"}))
    with pytest.raises(StreamError):
        await discover(rest)
