"""From source and references to a PediaCluster."""

import base64

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clusterimport.engine.errors import (
    DocumentError,
    EvaluationError,
    IncompleteCredentials,
    InvalidPolicy,
)
from clusterimport.model.lifecycle import LifecycleReference
from tests.fakes.engine.evaluating import base64_of, compiled, kubeconfig_of, lifecycle_record
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

CANARY = "canary4711"
TEMPLATE = """\
metadata:
  labels:
    platform: "{{ .source.metadata.labels.platform }}"
spec:
  apiserver: "{{ .source.spec.apiEndpoint }}"
  caData: "{{ .references.auth.data.ca }}"
  tokenData: '{{ .references.auth.data.token }}'
  certData: {{ .references.auth.data.cert }}
  keyData: {{ .references.auth.data.key | quote }}
  syncResources: []
"""
SOURCE = {
    "metadata": {"name": "one", "namespace": "team-a", "labels": {"platform": "mcp"}},
    "spec": {"apiEndpoint": "https://1.2.3.4:6443", "secret": "auth-one", "other": "two"},
}


def reference(key="auth", namespace="{{ .source.metadata.namespace }}", name="n"):
    return LifecycleReference(key, "", "v1", "secrets", namespace, name)


def secret(**data):
    return {"auth": {"data": {key: base64_of(value) for key, value in data.items()}}}


def test_a_cluster_is_rendered_with_its_fields():
    """Address, labels and credentials arrive; what is missing is named and empty."""
    got = compiled(lifecycle_record(reference(), template=TEMPLATE)).render(
        SOURCE, secret(ca=CA, token="t")
    )

    assert got.labels == {"platform": "mcp"}
    assert got.spec == {
        "apiserver": "https://1.2.3.4:6443",
        "caData": base64_of(CA),
        "tokenData": base64_of("t"),
        "syncResources": [],
    }
    assert got.named_fields == {"apiserver", "caData", "tokenData", "certData", "keyData"}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=3, max_size=3), st.text("aZ0.-_", min_size=1))
def test_credentials_arrive_byte_for_byte(contents, token):
    """Whatever surrounds what counts in a Secret, the PediaCluster has the same bytes."""
    assume(not any(b"<no value>" in content or b"-----" in content for content in contents))
    texts = zip((CA, CERTIFICATE, KEY), contents, strict=True)
    ca, cert, key = (text + content for text, content in texts)

    got = compiled(lifecycle_record(reference(), template=TEMPLATE)).render(
        SOURCE, secret(ca=ca, token=token, cert=cert, key=key)
    )

    fields = ("caData", "tokenData", "certData", "keyData")
    expected = [ca, token.encode(), cert, key]
    assert [base64.b64decode(got.spec[field]) for field in fields] == expected


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=20).filter(lambda value: "<no value>" not in value),
    st.sampled_from(["apiEndpoint", "platform", "token"]),
)
def test_a_value_of_a_source_never_becomes_a_field(value, where):
    """With any text in any place, the fields are those of the template, or nothing is rendered."""
    source = {
        "metadata": {"labels": {"platform": value if where == "platform" else "x"}},
        "spec": {"apiEndpoint": value if where == "apiEndpoint" else "https://a"},
    }
    references = secret(ca=CA, token="t")
    if where == "token":
        references["auth"]["data"]["token"] = value

    try:
        got = compiled(lifecycle_record(reference(), template=TEMPLATE)).render(source, references)
    except EvaluationError:
        return

    assert got.spec.keys() <= {"apiserver", "caData", "tokenData", "syncResources"}
    assert got.labels == {"platform": value if where == "platform" else "x"}


def test_a_name_may_come_from_an_earlier_reference():
    """References are resolved in order, with what was found before."""
    lifecycle = compiled(
        lifecycle_record(reference(), reference("second", name="{{ .references.auth.data.next }}"))
    )

    target = lifecycle.reference_target(1, SOURCE, {"auth": {"data": {"next": " b \n"}}})

    assert (target.key, target.namespace, target.name) == ("second", "team-a", "b")


@pytest.mark.parametrize(
    ("namespace", "name", "problem"),
    [
        ("team-a", "{{ .source.missing }}", "nameTemplate prints no name"),
        ("{{ .source.missing }}", "n", "namespaceTemplate prints no namespace"),
        ("team-a", "a/{{ .source.metadata.name }}", "cannot be a name"),
        ("team-a", "..", "cannot be a name"),
        ("{{ .source.spec.apiEndpoint }}", "n", "cannot be a namespace"),
        ("team-a", "{{ fail .source.metadata.name }}", "nameTemplate, line 1"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error(namespace, name, problem):
    """An empty or impossible name waits for the source instead of asking the server."""
    lifecycle = compiled(lifecycle_record(reference(namespace=namespace, name=name)))

    with pytest.raises(EvaluationError) as caught:
        lifecycle.reference_target(0, SOURCE, {})

    assert caught.value.reason == "FailedReferenceResourceParse"
    assert caught.value.message.startswith("spec.references[auth].")
    assert problem in caught.value.message


def test_namespaces_to_watch_follow_the_reference():
    """A literal namespace limits the watch of a lifecycle as it does that of its policy."""
    lifecycle = compiled(
        lifecycle_record(reference(namespace="shared"), reference("b", namespace=""))
    )

    assert lifecycle.reference_namespaces(0) == ("shared",)
    assert lifecycle.reference_namespaces(1) is None


def test_the_creation_condition_sees_source_and_references():
    """A condition may wait for something in a Secret."""
    lifecycle = compiled(
        lifecycle_record(
            reference(),
            creation_condition="{{ if .references.auth.data.token }} True {{ end }}",
        )
    )

    assert lifecycle.creation_condition_met(SOURCE, secret(token="t"))
    assert not lifecycle.creation_condition_met(SOURCE, secret(ca="x"))


def test_a_condition_that_fails_waits():
    """An error is told with Clusterpedia's reason and creates nothing."""
    lifecycle = compiled(lifecycle_record(creation_condition="{{ .source.metadata.name.x }}"))

    with pytest.raises(EvaluationError) as caught:
        lifecycle.creation_condition_met(SOURCE, {})

    assert caught.value.reason == "WaitCreationCondition"
    assert "spec.creationCondition, line 1" in caught.value.message


def test_a_template_that_fails_is_told_with_its_line():
    """A failing function names its place and quotes nothing."""
    lifecycle = compiled(lifecycle_record(template="spec:\n  x: {{ fail .source.metadata.name }}"))

    with pytest.raises(EvaluationError) as caught:
        lifecycle.render({"metadata": {"name": CANARY}}, {})

    assert caught.value.reason == "FailedResolveAndDecodePediaCluster"
    assert "spec.template, line 2, column" in caught.value.message
    assert CANARY not in caught.value.message


def test_a_document_error_names_the_line_of_the_template():
    """The place is that of the action, whatever it printed before."""
    template = "spec:\n  apiserver: |\n    {{ .source.text }}\n  tokenData: {{ .source.list }}\n"

    with pytest.raises(DocumentError) as caught:
        compiled(lifecycle_record(template=template)).render(
            {"text": "a\n    b\n    c", "list": [CANARY]}, {}
        )

    assert caught.value.line == 4
    assert CANARY not in caught.value.message


def test_all_broken_templates_of_a_lifecycle_are_told():
    """A lifecycle whose texts do not compile says which."""
    with pytest.raises(InvalidPolicy) as caught:
        compiled(
            lifecycle_record(
                reference(namespace="{{", name="{{"), template="{{", creation_condition="{{"
            )
        )

    assert [problem.path for problem in caught.value.problems] == [
        "spec.references[auth].namespaceTemplate",
        "spec.references[auth].nameTemplate",
        "spec.template",
        "spec.creationCondition",
    ]


@pytest.mark.parametrize(
    "template",
    [
        "spec:\n  kubeconfig: '{{ .source.missing }}'",
        "spec:\n  kubeconfig: {{ .source.missing }}",
        'spec:\n  kubeconfig: {{ printf "%v" .source.missing | b64enc }}',
        'spec:\n  kubeconfig: {{ b64enc "x: <no value>" }}',
        "spec:\n  apiserver: https://{{ .source.missing }}\n  caData: YQ==\n  tokenData: YQ==",
        "spec:\n  apiserver: 'https://{{ .source.a }}:'\n  caData: YQ==\n  tokenData: YQ==",
        "spec:\n  apiserver: '{{ print .source.a }}'\n  caData: YQ==\n  tokenData: YQ==",
        "spec:\n  apiserver: a\n  caData: YQ==\n  tokenData: {{ toString .source.no | b64enc }}",
    ],
)
def test_missing_values_never_become_credentials(template):
    """A token, server or kubeconfig of nothing is incomplete, never the text for nothing."""
    with pytest.raises(IncompleteCredentials):
        compiled(lifecycle_record(template=template)).render(SOURCE, {})


def test_a_kubeconfig_of_clusterpedias_style_is_rendered():
    """One byte field is a whole connection."""
    text = kubeconfig_of()

    got = compiled(lifecycle_record(template='spec:\n  kubeconfig: "{{ .source.k }}"')).render(
        {"k": text}, {}
    )

    assert got.spec["kubeconfig"] == text
    assert got.named_fields == {"kubeconfig"}
