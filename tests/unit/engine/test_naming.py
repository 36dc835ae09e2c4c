"""Names of objects and types."""

import pytest

from clusterimport.engine.naming import (
    is_namespace,
    is_path_segment,
    is_subdomain,
    refused_type,
)


@pytest.mark.parametrize("name", ["a", "a-b.c1", "1a", "a" * 253, "default-capi-quickstart"])
def test_names_that_the_server_takes(name):
    """RFC 1123 subdomains are names."""
    assert is_subdomain(name)


@pytest.mark.parametrize(
    "name", ["", "A", "-a", "a-", "a..b", ".a", "a_b", "a b", "a\n", "a" * 254, "é", "<no value>"]
)
def test_names_that_the_server_refuses(name):
    """Anything else is told before the server is asked."""
    assert not is_subdomain(name)


def test_namespaces_are_labels():
    """A namespace has at most 63 characters and no dots."""
    assert is_namespace("kube-system")
    assert is_namespace("a" * 63)
    assert not is_namespace("a" * 64)
    assert not is_namespace("a.b")
    assert not is_namespace("")
    assert not is_namespace("a\n")


@pytest.mark.parametrize("name", ["a", "system:node", "A_b", "~", "a.b-c"])
def test_objects_of_odd_types_have_odd_names(name):
    """Roles and the like have names that no other type allows."""
    assert is_path_segment(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a%2fb", "a b", "é", "a\n", "a" * 254])
def test_a_name_never_leaves_its_path_segment(name):
    """What could change the path of a request is no name."""
    assert not is_path_segment(name)


@pytest.mark.parametrize(
    ("group", "resource"),
    [
        ("cluster.clusterpedia.io", "pediaclusters"),
        ("policy.clusterpedia.io", "clusterimportpolicies"),
        ("clusterpedia.io", "resources"),
        ("", "events"),
        ("events.k8s.io", "events"),
        ("coordination.k8s.io", "leases"),
    ],
)
def test_types_that_would_feed_on_themselves_are_refused(group, resource):
    """Clusterpedia's own types, Events and Leases are no sources, and the reason names them."""
    assert resource in refused_type(group, resource)


@pytest.mark.parametrize(
    ("group", "resource"),
    [("", "secrets"), ("myclusterpedia.io", "x"), ("mine.io", "events"), ("mine.io", "leases")],
)
def test_other_types_are_fine(group, resource):
    """A platform may call its types as it likes."""
    assert refused_type(group, resource) == ""
