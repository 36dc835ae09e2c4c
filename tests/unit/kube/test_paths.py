"""Names in URLs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from clusterimport.kube.errors import InvalidName
from clusterimport.kube.paths import quote_segment, request_target, resource_path
from clusterimport.model.gvr import PEDIACLUSTERS, SECRETS, GroupVersionResource


def test_paths_of_collections_objects_and_subresources():
    """Groups, namespaces, names and subresources each have their place."""
    assert resource_path(SECRETS) == "/api/v1/secrets"
    assert resource_path(SECRETS, "ns", "a") == "/api/v1/namespaces/ns/secrets/a"
    assert resource_path(PEDIACLUSTERS, "", "a", "status") == (
        "/apis/cluster.clusterpedia.io/v1alpha2/pediaclusters/a/status"
    )


@settings(deadline=None)  # other processes may hold the core
@given(st.text())
def test_a_name_never_leaves_its_segment(name):
    """Any text is either refused or stays one segment that decodes to itself."""
    if name in {"", ".", ".."} or "/" in name or "%" in name:
        with pytest.raises(InvalidName):
            resource_path(SECRETS, "ns", name)
        return
    path = resource_path(SECRETS, "ns", name)
    url = URL("https://host" + request_target(path, None), encoded=True)
    assert url.raw_path.count("/") == 6
    assert (url.query_string, url.fragment) == ("", "")
    assert url.path.rpartition("/")[2] == name


@pytest.mark.parametrize("hostile", ["", ".", "..", "a/b", "../secrets", "%2e%2e", "a\ud800"])
def test_hostile_parts_are_refused_everywhere(hostile):
    """No part of a path may be a dot segment, hold a slash or be empty where it matters."""
    with pytest.raises(InvalidName):
        quote_segment(hostile)
    with pytest.raises(InvalidName):
        resource_path(SECRETS, "ns", hostile)
    with pytest.raises(InvalidName):
        resource_path(GroupVersionResource("", "v1", hostile))
    with pytest.raises(InvalidName):
        resource_path(GroupVersionResource("g", hostile, "r"))


def test_an_empty_name_is_not_the_collection():
    """Deleting "" must never delete everything."""
    with pytest.raises(InvalidName):
        resource_path(SECRETS, "ns", "")


def test_targets_quote_once():
    """An already quoted path stays as it is, an unquoted one is quoted, queries are encoded."""
    assert request_target("/api/v1/a%20b", None) == "/api/v1/a%20b"
    assert request_target("/api/v1/a b?x#y", None) == "/api/v1/a%20b%3Fx%23y"
    assert request_target("/apis", {"labelSelector": "a=b,c in (d)"}) == (
        "/apis?labelSelector=a%3Db%2Cc+in+%28d%29"
    )
    with pytest.raises(InvalidName):
        request_target("/apis", {"labelSelector": "\ud800"})
    for wrong in ("api", "", "/api/../x", "/./api"):
        with pytest.raises(InvalidName):
            request_target(wrong, None)
