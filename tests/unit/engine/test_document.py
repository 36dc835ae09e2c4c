"""From a rendered text to the typed content of a PediaCluster."""

import base64

import pytest

from clusterimport.engine.document import decode_document
from clusterimport.engine.errors import DocumentError
from clusterimport.limits.counted import Limit
from tests.fakes.engine.printing import Made, Printed, output

CANARY = "canary4711"
FULL = (
    "apiVersion: cluster.clusterpedia.io/v1alpha2\nkind: PediaCluster\n"
    "metadata:\n  labels: {a: 1, b: true}\n  annotations: {c: ~, d: x}\n"
    "spec:\n  apiserver: https://a\n  kubeconfig: ''\n  caData: Y2E=\n  tokenData:\n"
    "  authenticationFrom:\n    token: {name: s, key: k}\n    ca:\n"
    "  syncAllCustomResources: yes\n  syncResourcesRefName: ''\n  shardingName: east\n"
    "  syncResources:\n  - group: apps\n    versions: [v1]\n    resources: ['*']\n"
    "    eventsInvolvedResources: [deployments]\n"
)


def test_known_content_is_decoded_by_type():
    """Labels, annotations and all known spec fields arrive, empty ones do not."""
    got = decode_document(output([FULL]))

    assert got.labels == {"a": "1", "b": "true"}
    assert got.annotations == {"c": "", "d": "x"}
    assert got.spec == {
        "apiserver": "https://a",
        "caData": "Y2E=",
        "authenticationFrom": {"token": {"name": "s", "key": "k"}},
        "syncAllCustomResources": True,
        "shardingName": "east",
        "syncResources": [
            {
                "group": "apps",
                "versions": ["v1"],
                "resources": ["*"],
                "eventsInvolvedResources": ["deployments"],
            }
        ],
    }
    assert got.named_fields == {"apiserver", "kubeconfig", "caData", "tokenData"}
    assert got.warnings == ()
    assert "Y2E=" not in repr(got)


@pytest.mark.parametrize("text", ["spec: {}", "spec:", "kind: PediaCluster", "apiVersion: ''"])
def test_sync_resources_are_always_there(text):
    """The schema requires the list, so a missing one is empty."""
    got = decode_document(output([text]))

    assert got.spec == {"syncResources": []}
    assert got.named_fields == frozenset()


def test_a_name_in_the_document_is_ignored_with_a_warning():
    """The policy names the PediaCluster, whatever its template says."""
    got = decode_document(output(["metadata:\n  name: other\nspec: {}"]))

    (warning,) = got.warnings
    assert "metadata.name" in warning


def test_byte_fields_become_canonical_base64():
    """Line breaks of an encoder do not reach the PediaCluster, and the bytes are the same."""
    data = bytes(range(256))
    text = base64.encodebytes(data).decode().replace("\n", "\n    ")

    got = decode_document(output(["spec:\n  kubeconfig: |\n    ", Printed(text), "\n"]))

    assert base64.b64decode(got.spec["kubeconfig"]) == data
    assert "\n" not in got.spec["kubeconfig"]


@pytest.mark.parametrize("value", ["null", "~", "true", "1e3", "0x1F", "12:30", "2026-01-01"])
def test_printed_text_is_text_whatever_it_looks_like(value):
    """A value that YAML would read as null, number, boolean or date stays as it is."""
    got = decode_document(output(["spec:\n  shardingName: ", Printed(value), "\n"]))

    assert got.spec["shardingName"] == value


def test_structure_making_functions_may_print_sync_resources():
    """What toJson prints may be structure below a field."""
    printed = Made('[{"group": "", "resources": ["pods"]}]')

    got = decode_document(output(["spec:\n  syncResources: ", printed, "\n"]))

    assert got.spec["syncResources"] == [{"group": "", "resources": ["pods"]}]


def test_labels_may_have_printed_names():
    """Copying labels of a source is ordinary."""
    got = decode_document(
        output(["metadata:\n  labels:\n    ", Printed("env"), ": ", Printed("prod"), "\nspec: {}"])
    )

    assert got.labels == {"env": "prod"}


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", None, "prints nothing"),
        ("~", None, "prints nothing"),
        ("[a]", (1, 1), "the document must be a mapping"),
        ("text", (1, 1), "the document must be a mapping"),
        ("spec: {}\nstatus: {}", (2, 1), "status is not the template's"),
        ("spec: {}\nextra: 1", (2, 1), "unknown field extra: allowed are"),
        ("apiVersion: v1\nspec: {}", (1, 1), "apiVersion must be cluster.clusterpedia.io/v1alpha2"),
        ("kind: Secret\nspec: {}", (1, 1), "kind must be PediaCluster"),
        ("metadata:\n  ownerReferences: []", (2, 3), "unknown field metadata.ownerReferences"),
        ("metadata:\n  finalizers: [x]", (2, 3), "unknown field metadata.finalizers"),
        ("metadata:\n  namespace: x", (2, 3), "unknown field metadata.namespace"),
        ("metadata:\n  labels: [x]", (2, 3), "metadata.labels must be a mapping"),
        ("metadata:\n  labels: {a: [b]}", (2, 3), "a value of metadata.labels must be a string"),
        ("metadata:\n  annotations: {policy.clusterpedia.io/adopt: x}", (2, 3), "names under"),
        ("metadata:\n  labels: {policy.clusterpedia.io/lifecycle: x}", (2, 3), "names under"),
        ("spec:\n  apiServer: x", (2, 3), "did you mean apiserver?"),
        ("spec:\n  nonsense: x", (2, 3), "unknown field spec.nonsense: allowed are"),
        ("spec:\n  apiserver: [x]", (2, 3), "spec.apiserver must be a string"),
        ("spec:\n  tokenData: plain text", (2, 3), "spec.tokenData must be base64"),
        ("spec:\n  syncAllCustomResources: 'true'", (2, 3), "must be true or false"),
        ("spec:\n  syncAllCustomResources: 1", (2, 3), "must be true or false"),
        ("spec:\n  syncResources: {}", (2, 3), "spec.syncResources must be a list"),
        ("spec:\n  syncResources: [x]", (2, 3), "spec.syncResources[0] must be a mapping"),
        ("spec:\n  syncResources:\n  - group: a", (3, 3), "needs group"),
        ("spec:\n  syncResources:\n  - resources: [a]", (3, 3), "needs group"),
        (
            "spec:\n  syncResources:\n  - group: a\n    resource: [a]",
            (4, 5),
            "unknown field spec.syncResources[0].resource",
        ),
        (
            "spec:\n  syncResources:\n  - group: a\n    resources: [[a]]",
            (4, 5),
            "spec.syncResources[0].resources[0] must be a string",
        ),
        (
            "spec:\n  authenticationFrom:\n    password: {}",
            (3, 5),
            "unknown field spec.authenticationFrom.password",
        ),
        (
            "spec:\n  authenticationFrom:\n    token: {name: a}",
            (3, 5),
            "spec.authenticationFrom.token needs name and key",
        ),
        (
            "spec:\n  authenticationFrom:\n    token: {name: a, key: b, namespace: c}",
            (3, 5),
            "unknown field spec.authenticationFrom.token.namespace",
        ),
        ("spec: {}\n---\nspec: {}", (2, 1), "more than one document"),
        ("spec:\n  caData: ''\n  caData: ''", (2, 3), "the same key twice"),
        ("spec:\n  apiserver: a: b", (2, 3), "`: ` where none is allowed"),
    ],
)
def test_what_is_no_pediacluster_is_an_error_with_its_template_line(text, place, problem):
    """Each mistake of an author is told with line, column and what to write instead."""
    with pytest.raises(DocumentError) as caught:
        decode_document(output([text]))

    error = caught.value
    assert problem in error.message
    assert error.reason == "FailedResolveAndDecodePediaCluster"
    assert (error.line, error.column) == (place or (0, 0))
    assert ("line" in error.message) is (place is not None)


@pytest.mark.parametrize(
    ("pieces", "problem"),
    [
        (["spec:\n  ", Printed("tokenData"), ": YQ==\n"], "prints a field name of spec"),
        (["", Printed("spec"), ": {}\n"], "prints a field name of the document"),
        (["metadata:\n  ", Printed("labels"), ": {}\n"], "prints a field name of metadata"),
        (["spec:\n", Made("  tokenData: YQ==\n")], "prints a field name of spec"),
        (["spec: ", Made('{"tokenData": "YQ=="}')], "prints a field name of spec"),
        (["", Made('{"spec": {}}')], "prints a field name of the document"),
        (
            ["spec:\n  syncResources:\n  - group: a\n    ", Printed("resources"), ": [b]\n"],
            "prints a field name of spec.syncResources",
        ),
        (
            ["spec:\n  syncResources: ", Made('[{"' + CANARY + '": 1}]')],
            "prints an unknown field name",
        ),
        (
            ["spec:\n  authenticationFrom: {token: {name: '", Printed(CANARY), "', key: k}}\n"],
            "must be literal text",
        ),
        (["spec:\n  authenticationFrom: ", Made("{}"), "\n"], "must be literal text"),
        (["spec:\n  tokenData: '", Printed(CANARY + "!"), "'\n"], "must be base64"),
        (["spec:\n  apiserver: ", Printed(CANARY + ": b"), "\n"], "read as structure"),
        (["spec: {apiserver: '", Printed(CANARY), "\n"], "the rendered text"),
        (["kind: ", Printed(CANARY), "\n"], "kind must be PediaCluster"),
    ],
)
def test_actions_print_values_and_never_fields(pieces, problem):
    """Field names are the author's, and no message repeats what was printed."""
    with pytest.raises(DocumentError) as caught:
        decode_document(output(pieces))

    assert problem in caught.value.message
    assert CANARY not in str(caught.value)
    assert caught.value.line >= 1


def test_t58_a_document_of_too_many_values_says_which_bound_it_met():
    """The bound is told, and no value that only looks guilty is blamed for it."""
    pieces = ["a: ", Printed("[x"), "]\nb: [", "c, " * 2001, "]\n"]

    with pytest.raises(DocumentError, match="more than 2000 values") as caught:
        decode_document(output(pieces))

    assert caught.value.limit is Limit.YAML_SIZE
