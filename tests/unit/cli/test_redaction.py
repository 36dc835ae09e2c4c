"""No output of a command shows a credential."""

import base64

import pytest

from clusterimport.cli.printing.diffs import diff_of
from clusterimport.cli.printing.redaction import REDACTED, Redactor
from tests.fakes.authoring.authored import POLICY, documents, evaluated, policy, secret, source

SECRET = "s3cr3t-4f9a-value-b71c"
KUBECONFIG = f"""\
apiVersion: v1
kind: Config
clusters: [{{name: here, cluster: {{server: "https://192.0.2.1:6443"}}}}]
users:
- name: me
  user:
    token: {SECRET}
    client-key-data: {base64.b64encode(b"the private key itself").decode()}
"""


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def secret_of(**data):
    return documents(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: one, namespace: team}\ndata:\n"
        + "".join(f"  {key}: {encoded(value)}\n" for key, value in data.items())
    )


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        encoded(SECRET),
        f'error calling fail: "{SECRET}"',
        f"prefix{SECRET}suffix",
        f"only a part: {SECRET[4:18]}",
    ],
)
def test_a_value_of_a_secret_is_found_wherever_a_template_has_put_it(text):
    """Plain, encoded, quoted, inside another word, or a piece of it."""
    shown = Redactor().know(secret_of(token=SECRET)).text(text)

    assert SECRET not in shown
    assert SECRET[4:18] not in shown
    assert encoded(SECRET) not in shown
    assert REDACTED in shown


def test_credentials_inside_a_kubeconfig_are_known():
    """Its server and the names in it are nobody's secret."""
    redactor = Redactor().know(secret_of(value=KUBECONFIG))

    assert redactor.text(f"token {SECRET}") == f"token {REDACTED}"
    assert redactor.text("the private key itself") == REDACTED
    assert redactor.text("https://192.0.2.1:6443 here") == "https://192.0.2.1:6443 here"


def test_an_address_or_a_name_in_a_secret_is_no_credential():
    """Some platforms keep them there, and an author wants to see them."""
    redactor = Redactor().know(secret_of(server="https://192.0.2.7:6443", name="blue-cluster"))

    assert redactor.text("https://192.0.2.7:6443 blue-cluster") == (
        "https://192.0.2.7:6443 blue-cluster"
    )


def test_labels_and_annotations_that_hold_a_credential_are_redacted():
    """A mistake of the template does not end up in a terminal's history."""
    leaking = policy(
        syncResources='[]\n    metadata: {annotations: {x: "{{ .references.secret.data.token }}"}}'
    )
    (found,) = evaluated(leaking, source(), secret(token=SECRET))
    redactor = Redactor().know(documents(secret(token=SECRET)), [found])
    shown = redactor.pediacluster(found.pedia_cluster)

    assert encoded(SECRET) not in str(shown)
    assert shown["metadata"]["annotations"]["x"] == REDACTED
    assert shown["spec"]["tokenData"] == REDACTED
    assert shown["spec"]["apiserver"] == "https://192.0.2.1:6443"


def test_the_credentials_of_a_pediacluster_are_redacted_wherever_they_came_from():
    """Nothing has to be known of them."""
    (found,) = evaluated(POLICY, source(), secret(token=SECRET))

    assert Redactor().pediacluster(found.pedia_cluster)["spec"]["tokenData"] == REDACTED


def test_of_a_secret_only_the_keys_are_shown():
    """Which keys there are is what an author needs to know."""
    (document,) = secret_of(token=SECRET)

    assert Redactor().value(document.obj)["data"] == {"token": REDACTED}


def test_everything_is_shown_where_that_is_asked_for():
    """Nothing is changed then."""
    (document,) = secret_of(token=SECRET)
    redactor = Redactor(show=True).know([document])

    assert redactor.text(SECRET) == SECRET
    assert redactor.value(document.obj) == document.obj


def test_a_diff_tells_that_a_credential_changes_and_not_what_it_is():
    """Both would look alike else."""
    (found,) = evaluated(POLICY, source(), secret(token=SECRET))
    before = {**found.pedia_cluster, "spec": {**found.pedia_cluster["spec"]}}
    before["spec"]["tokenData"] = encoded("another-value-12345")
    redactor = Redactor().know(documents(secret(token=SECRET)), [found])
    lines = list(diff_of("blue-one", before, found.pedia_cluster, redactor))

    assert "-  tokenData: '[redacted] before'" in lines
    assert "+  tokenData: '[redacted] after'" in lines
    assert lines[:2] == ["--- observed/blue-one", "+++ rendered/blue-one"]


def test_a_diff_of_what_is_equal_is_empty():
    """What the server adds to it is no difference."""
    (found,) = evaluated(POLICY, source(), secret())
    body = found.pedia_cluster
    there = {**body, "metadata": {**body["metadata"], "uid": "1"}, "status": {"version": "v1"}}

    assert list(diff_of("blue-one", there, body, Redactor())) == []
