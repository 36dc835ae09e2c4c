"""What a person is told who names a type that the server does not have."""

import pytest

from clusterimport.kube.discovery import DiscoveredResource
from clusterimport.kube.typenames import explain_missing
from clusterimport.model.gvr import GroupResource, GroupVersionResource

READ = ("get", "list", "watch")
CLUSTERS = GroupVersionResource("cluster.x-k8s.io", "v1beta2", "clusters")
SERVED = [
    DiscoveredResource(CLUSTERS, "Cluster", True, READ, ("cluster", "cl")),
    DiscoveredResource(CLUSTERS._replace(version="v1beta1"), "Cluster", True, READ, ("cluster",)),
    DiscoveredResource(GroupVersionResource("", "v1", "secrets"), "Secret", True, READ),
    DiscoveredResource(GroupVersionResource("x.io", "v1", "reviews"), "Review", True, ("create",)),
    DiscoveredResource(GroupVersionResource("other.io", "v1", "clusters"), "Cluster", True, READ),
]


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
    assert explain_missing(CLUSTERS.group_resource, ("v1", "v2"), SERVED) == (
        "the server has clusters.cluster.x-k8s.io in v1beta2, v1beta1, and not in v1 or v2"
    )
    assert explain_missing(GroupResource("x.io", "reviews"), (), SERVED) == (
        "reviews.x.io cannot be read and listed and watched"
    )
