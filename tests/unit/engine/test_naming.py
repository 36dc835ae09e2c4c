"""What the API server takes as names, labels and annotations."""

import pytest

from clusterimport.engine.document import decode_document
from clusterimport.engine.naming import (
    annotation_problem,
    is_namespace,
    is_path_segment,
    is_subdomain,
    label_problem,
    policy_labels,
    refused_type,
)
from tests.fakes.engine.printing import Made, Printed, output


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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("a", ""),
        ("A-b_c.9", "A-b_c.9"),
        ("example.com/name", "x"),
        ("x" * 63, "y" * 63),
        ("a." + "b" * 251 + "/c", "d"),
    ],
)
def test_t04_labels_that_the_server_takes_are_no_problem(key, value):
    """Prefix, name and value at their longest, with all characters that are allowed."""
    if len(key) > 100:
        key = ".".join(["b" * 49] * 5) + "/c"
    assert not label_problem(key, value)
    assert not annotation_problem(key, value)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("owner", "Jane Doe <jane@lab.example>", "a value consists of letters"),
        ("owner", "y" * 64, "63 characters at most, not 64"),
        ("owner", "-x", "begins and ends"),
        ("owner", "x.", "begins and ends"),
        ("owner", "käse", "a value consists of letters"),
        ("owner", "x\n", "a value consists of letters"),
        ("", "x", "the name of a key consists"),
        ("a/", "x", "the name of a key consists"),
        ("/a", "x", "before `/`"),
        ("a/b/c", "x", "before `/`"),
        ("Example.com/a", "x", "before `/`"),
        ("x" * 64, "x", "63 characters at most, not 64"),
        ("a" * 254 + "/b", "x", "253 at most"),
        ("a b", "x", "the name of a key consists"),
    ],
)
def test_t04_labels_that_the_server_refuses_have_a_reason(key, value, told):
    """The reason quotes nothing of what was printed."""
    assert told in label_problem(key, value)
    assert "jane" not in label_problem(key, value)


@pytest.mark.parametrize(
    ("key", "expected"), [("Example.com/A", ""), ("a b", "the name of a key"), ("a/b/c", "before")]
)
def test_t04_annotations_take_any_value_and_capitals_before_the_slash(key, expected):
    """The server looks at the keys of annotations in lower case, and at no value."""
    problem = annotation_problem(key, "any text <at> all")
    assert expected in problem
    assert bool(problem) == bool(expected)


def test_t04_a_problem_names_map_key_and_place_and_refuses_no_document():
    """What else the document says is decoded all the same."""
    got = decode_document(
        output(["metadata:\n  labels:\n    owner: ", Printed("Jane Doe"), "\nspec: {}"])
    )

    (problem,) = got.metadata_problems
    assert problem.startswith(
        "spec.template, line 3, column 12: metadata.labels[owner]: a value consists of letters, "
        "digits, `-`, `_` and `.`"
    )
    assert "Jane" not in problem
    assert got.spec == {"syncResources": []}


def test_t04_a_key_that_an_action_prints_is_named_only_if_it_can_be_a_key():
    """What an action prints where a key is meant may be anything, a credential too."""
    got = decode_document(
        output(["metadata:\n  labels: ", Made('{"canary 4711": "x", "tier": "a b"}'), "\nspec: {}"])
    )

    first, second = got.metadata_problems
    assert "a key of 11 characters that an action prints" in first
    assert "4711" not in first
    assert "metadata.labels[tier]" in second


def test_t04_annotations_that_are_too_large_together_are_a_problem():
    """The server bounds all of them by one sum."""
    large = "x" * (128 * 1024)
    text = f"metadata:\n  annotations: {{a: {large}, b: {large}}}\nspec: {{}}"

    assert "more than 256 KiB" in decode_document(output([text])).metadata_problems[0]
    fits = f"metadata:\n  annotations: {{a: {large}}}\nspec: {{}}"
    assert decode_document(output([fits])).metadata_problems == ()


def test_a_policy_whose_name_can_be_no_label_gives_none():
    """A name may have 253 characters, a label 63: half a name would select another policy's."""
    key = "policy.clusterpedia.io/policy"
    assert policy_labels("cluster-api.v1") == {key: "cluster-api.v1"}
    assert policy_labels("x" * 63) == {key: "x" * 63}
    assert policy_labels("x" * 64) == {}
    assert policy_labels("") == {}
