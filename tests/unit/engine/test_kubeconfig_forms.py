"""The bytes of a kubeconfig that are written where client-go obeys them."""

import base64
import json
import re

import pytest

from clusterimport.engine.connection import assess
from clusterimport.engine.credentials import check_connection
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import CredentialRejected, IncompleteCredentials
from clusterimport.engine.goyaml import is_plain
from clusterimport.engine.kubeconfig import read_kubeconfig
from clusterimport.engine.rules import ImportRules
from clusterimport.limits.documents import KUBECONFIG_BYTES
from clusterimport.model.policy import CredentialFeature, ImportOptions
from tests.fakes.engine.evaluating import base64_of, kubeconfig_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY
from tests.golden.kubeconfigs.handwritten import PROGRAM, SPECIAL, UNVERIFIED, hidden
from tests.golden.kubeconfigs.seeds import REAL

ALL = tuple(CredentialFeature)
VERSION = "client.authentication.k8s.io/v1beta1"
CA_DATA = base64_of(CA)
PLAIN = f"""apiVersion: v1
kind: Config
clusters:
- name: c
  cluster:
    server: https://192.0.2.10:6443
    certificate-authority-data: {CA_DATA}
users:
- name: u
  user:
    token: t
contexts:
- name: x
  context:
    cluster: c
    user: u
current-context: x
"""


def checked(text, features=ALL):
    data = text if isinstance(text, bytes) else text.encode()
    spec = {"kubeconfig": base64_of(data)}
    options = ImportOptions(allowed_credential_features=frozenset(features))
    rendered = RenderedCluster({}, {}, spec, frozenset(spec))
    found = check_connection(rendered, ImportRules(), options)
    # Whoever reads what is written finds what the import hands over.
    again = assess(found.spec, ImportRules().features(options), secrets={})
    assert found.judged == (again, frozenset(features))
    return found


def written(text, features=ALL):
    return base64.b64decode(checked(text, features).spec["kubeconfig"])


def anew(text, features=ALL):
    """Return what is written in another form, as data."""
    data = written(text, features)
    assert data != text.encode()
    assert is_plain(data.decode("ascii"))
    assert written(data, features) == data
    return json.loads(data)


def with_user(lines):
    return PLAIN.replace("    token: t\n", lines)


def with_cluster(lines):
    return PLAIN.replace(f"    certificate-authority-data: {CA_DATA}\n", lines)


@pytest.mark.parametrize(
    "text", [PLAIN, PLAIN.replace("\n", "\r\n"), "---\n# x\n" + PLAIN, *REAL[:5]]
)
def test_t50_a_plain_kubeconfig_is_written_byte_for_byte(text):
    """What kubectl and platforms write arrives as it is, and nothing else stands for it."""
    got = checked(text)

    assert base64.b64decode(got.spec["kubeconfig"]) == text.encode()
    assert got.printed_kubeconfig == ""


@pytest.mark.parametrize("content", [PROGRAM, UNVERIFIED])
@pytest.mark.parametrize("special", SPECIAL)
def test_t50_nothing_is_written_that_hides_something(content, special):
    """Whatever a special character makes of a line, what was judged is written, or nothing."""
    for text in hidden(content, special):
        try:
            data = written(text, ())
        except (CredentialRejected, IncompleteCredentials):
            continue
        lines = [line.strip() for line in data.decode("ascii").split("\n")]
        assert content not in [line for line in lines if not line.startswith("#")]
        assert data == text.encode() or set(json.loads(data)["users"][0]["user"]) == {"token"}


@pytest.mark.parametrize("special", ["\x85", "\u2028", "\u2029", "\ufeff"])
@pytest.mark.parametrize("place", ["# {}\n", "x: '{}'\n", "{}#\n", "x: [a{}b]\n"])
def test_t50_what_clients_read_differently_is_named(special, place):
    """Import and a PediaCluster made by hand are refused alike, by the number of the character."""
    text = PLAIN + place.format(special)

    for judge in (checked, lambda text: assess({"kubeconfig": base64_of(text)}, ALL, secrets={})):
        with pytest.raises(IncompleteCredentials, match=f"U\\+{ord(special):04X}"):
            judge(text)


def test_t50_the_canonical_form_has_what_is_in_use_and_nothing_more():
    """Cluster, user and context of the current context, under their names, as JSON in ASCII."""
    text = PLAIN.replace("kind: Config", "kind: Config # mine\nunknown: x").replace(
        "users:\n", "users:\n- name: spare\n  user: {token: '12345'}\n"
    )

    assert anew(text) == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "c",
                "cluster": {
                    "server": "https://192.0.2.10:6443",
                    "certificate-authority-data": CA_DATA,
                },
            }
        ],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


def test_t50_the_bytes_that_were_printed_are_kept_beside_the_form():
    """An update has to know what Clusterpedia would have written."""
    text = PLAIN + "# é\n"

    assert checked(text).printed_kubeconfig == base64_of(text)


def test_t50_all_that_may_connect_is_carried():
    """Certificate, key, name for TLS, and characters beyond ASCII in YAML's escapes."""
    text = PLAIN.replace("name: u", "name: jürgen😀").replace("user: u", "user: jürgen😀")
    text = text.replace("6443\n", "6443\n    tls-server-name: api.test\n").replace(
        "    token: t\n",
        f"    token: |-\n      t\n    client-certificate-data: {base64_of(CERTIFICATE)}\n"
        f"    client-key-data: {base64_of(KEY)}\n",
    )

    data = written(text)

    assert b'"j\\u00fcrgen\\U0001f600"' in data
    assert is_plain(data.decode())
    for kubeconfig in (read_kubeconfig(data), read_kubeconfig(text.encode())):
        assert kubeconfig.names.user == "jürgen😀"
        assert kubeconfig.tls_server_name == "api.test"
        assert (kubeconfig.cert_data, kubeconfig.key_data) == (CERTIFICATE, KEY)
        assert (kubeconfig.ca_data, kubeconfig.token) == (CA, "t")


def test_t50_what_does_not_count_is_not_carried():
    """A key without its certificate is no credential."""
    assert anew(with_user("    token: t # x\n    client-key-data: a2V5\n"))["users"] == [
        {"name": "u", "user": {"token": "t"}}
    ]


def test_t50_a_program_that_is_allowed_is_carried_whole():
    """With its arguments, of each type, and with the settings that the cluster has for it."""
    text = with_user(
        f"    exec: {{apiVersion: {VERSION}, command: aws, args: [--a, 'b'], env: null, "
        "provideClusterInfo: yes, n: 3} # x\n"
    ).replace("6443\n", "6443\n    extensions: [{name: e, extension: {a: b}}]\n")

    got = anew(text)

    assert got["users"][0]["user"]["exec"] == {
        "apiVersion": VERSION,
        "command": "aws",
        "args": ["--a", "b"],
        "env": None,
        "provideClusterInfo": True,
        "n": 3,
    }
    assert got["clusters"][0]["cluster"]["extensions"] == [{"name": "e", "extension": {"a": "b"}}]


def test_t50_settings_of_a_program_go_with_it():
    """Without a program, nobody reads an extension."""
    text = PLAIN.replace("6443\n", "6443\n    extensions: [{name: e, extension: {a: b}}] # x\n")

    assert set(anew(text)["clusters"][0]["cluster"]) == {"server", "certificate-authority-data"}


def test_t50_what_had_to_be_allowed_is_carried_as_it_was_judged():
    """No verification, and a proxy."""
    text = with_cluster("    insecure-skip-tls-verify: on\n    proxy-url: 'http://p'\n    x: y\n")

    cluster = anew(text)["clusters"][0]["cluster"]

    assert cluster["insecure-skip-tls-verify"] is True
    assert cluster["proxy-url"] == "http://p"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (with_cluster('    insecure-skip-tls-verify: "false"\n'), "neither true nor false"),
        (with_cluster("    insecure-skip-tls-verify: {}\n"), "neither true nor false"),
        (with_cluster("    proxy-url: [a]\n"), "proxy-url that is no text"),
        (with_user("    exec: sh\n"), "exec that is no mapping"),
        (with_user(f"    exec: {{apiVersion: {VERSION}, command: x, n: 0x1F}}\n"),
         "exec with a number that clients may change"),
        (with_user("    exec: {a: b}\n").replace("6443\n", "6443\n    extensions: {}\n"),
         "extensions that is no list"),
        (PLAIN.replace(": x\n", f": {'é' * (KUBECONFIG_BYTES // 12)}\n"), "written in ASCII"),
    ],
)  # fmt: skip
def test_t50_what_would_have_to_be_guessed_is_not_written(text, problem):
    """The message names the field, and that the source has to be corrected."""
    with pytest.raises(IncompleteCredentials, match=problem) as caught:
        written(text)

    assert caught.value.field == "spec.kubeconfig"


@pytest.mark.parametrize("line", ["extra: x", "extensions: [{name: a, extension: {n: 1_0}}]"])
def test_t50_what_client_go_would_not_know_is_written_anew(line):
    """Only what stands for nothing is lost."""
    assert set(anew(PLAIN + line + "\n")) == {
        "apiVersion", "kind", "clusters", "users", "contexts", "current-context",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ("    token: t\n", "    token: t\n    Exec: {}\n"),
        ("6443\n", "6443\n    SERVER: https://evil\n"),
        ("contexts:\n", "contexts:\n- name: spare\n  context: {Namespace: 1}\n"),
    ],
)
def test_t50_one_unknown_field_is_enough_to_write_it_anew(given, changed):
    """Be the entry in use or not."""
    assert anew(PLAIN.replace(given, changed))["current-context"] == "x"


@pytest.mark.parametrize(
    ("given", "changed", "place"),
    [
        ("kind: Config", "Kind: Other", "kind Config"),
        ("kind: Config", "preferences: {colors: 1}", "preferences.colors"),
        ("kind: Config", "preferences: []", "preferences"),
        ("kind: Config", "extensions: [{name: a}, {name: a}]", "two extensions of one name"),
        ("kind: Config", "extensions: {}", "extensions"),
        ("kind: Config", "x: .inf", "a number that has no end"),
        ("    token: t\n", "    token: t\n    as-user-extra: ''\n", "users[0].user.as-user-extra"),
        ("6443\n", "6443\n    disable-compression: 'x'\n", "clusters[0].cluster.disable-compr"),
        ("6443\n", "6443\n    extensions: [x]\n", "clusters[0].cluster.extensions[0]"),
        ("contexts:\n", "contexts:\n- name: spare\n  context: {namespace: 1}\n", "contexts[0]"),
        ("users:\n", "users:\n- name: spare\n  user: {client-key-data: '%'}\n", "users[0].user"),
        ("users:\n", "users:\n- name: spare\n  user: {token: 12345}\n", "users[0].user.token"),
        ("    user: u\n", "    user: u\n    namespace: A\n", "namespace in its current context"),
        ("token: t", '"token": "a\\/b"', "`\\/` between quotes"),
    ],
)
def test_t11_what_client_go_does_not_load_is_refused(given, changed, place):
    """It fails with the whole file, be the entry in use or not; the place is named."""
    with pytest.raises(IncompleteCredentials, match=re.escape(place)):
        written(PLAIN.replace(given, changed))


def test_t50_fields_without_a_value_are_no_reason_to_write_it_anew():
    """Every type may be null, and a text empty."""
    text = PLAIN.replace(
        "    token: t\n", "    token: t\n    exec:\n    as-groups: null\n    as: ''\n"
    )

    assert written(text) == text.encode()


def test_t50_base64_of_the_spec_is_kept_with_its_line_breaks():
    """What is written as it is, is not even encoded anew."""
    text = kubeconfig_of()
    broken = f"{text[:20]}\n{text[20:]}\r\n"
    rendered = RenderedCluster({}, {}, {"kubeconfig": broken}, frozenset({"kubeconfig"}))

    assert check_connection(rendered, ImportRules(), ImportOptions()).spec["kubeconfig"] == broken
