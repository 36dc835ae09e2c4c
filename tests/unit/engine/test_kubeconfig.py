"""Reading kubeconfigs without doing what they say."""

import base64
import json

import pytest

from clusterimport.engine.kubeconfig import BadKubeconfigError, read_kubeconfig
from clusterimport.limits.documents import KUBECONFIG_BYTES
from clusterimport.model.policy import CredentialFeature
from tests.fakes.engine.evaluating import PROGRAM

CANARY = "canary4711"
GROUP = "client.authentication.k8s.io"


def encode(text):
    return base64.b64encode(text.encode()).decode()


def kubeconfig(cluster=None, user=None, **top):
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "admin@one",
        "contexts": [{"name": "admin@one", "context": {"cluster": "one", "user": "admin"}}],
        "clusters": [
            {
                "name": "one",
                "cluster": {
                    "server": "https://1.2.3.4:6443",
                    "certificate-authority-data": encode("ca"),
                    "tls-server-name": "one.example",
                    **(cluster or {}),
                },
            }
        ],
        "users": [{"name": "admin", "user": {"token": CANARY, **(user or {})}}],
        "preferences": {},
        **top,
    }


def read(body):
    return read_kubeconfig(json.dumps(body).encode())


def load(body):
    """Read a kubeconfig that client-go has to load."""
    got = read(body)
    if got.unloadable:
        raise BadKubeconfigError(got.unloadable)


def test_the_current_context_is_what_counts():
    """Cluster and user of the current context are read, from JSON as from YAML."""
    body = kubeconfig(
        user={"client-certificate-data": encode("cert"), "client-key-data": encode("key")}
    )
    body["clusters"].insert(0, {"name": "two", "cluster": {"server": "https://other"}})

    got = read(body)

    assert got.server == "https://1.2.3.4:6443"
    assert got.tls_server_name == "one.example"
    assert (got.ca_data, got.cert_data, got.key_data) == (b"ca", b"cert", b"key")
    assert got.token == CANARY
    assert got.has_credentials
    assert (got.insecure, got.has_proxy, got.has_exec) == (False, False, False)
    assert got.findings == ()
    assert (got.cluster_path, got.user_path) == ("clusters[1].cluster", "users[0].user")
    assert CANARY not in repr(got)


def test_a_yaml_kubeconfig_of_a_platform_is_read():
    """Block style, comments and nulls are as good as JSON."""
    got = read_kubeconfig(
        b"# made by a platform\napiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n"
        b"    server: https://c\n    proxy-url:\n    insecure-skip-tls-verify: false\n"
        b"contexts:\n- name: x\n  context: {cluster: c, user: u}\ncurrent-context: x\n"
        b"users:\n- name: u\n  user:\n    exec: null\n    tokenFile: ''\n    token: t\n"
    )

    assert got.findings == ()
    assert got.token == "t"


@pytest.mark.parametrize(
    ("cluster", "user", "field", "feature"),
    [
        ({}, {"exec": {"command": CANARY}}, "users[0].user.exec", CredentialFeature.EXEC_PLUGIN),
        ({}, {"exec": CANARY}, "users[0].user.exec", CredentialFeature.EXEC_PLUGIN),
        ({}, {"auth-provider": {"name": CANARY}}, "users[0].user.auth-provider", None),
        ({}, {"client-certificate": CANARY}, "users[0].user.client-certificate", None),
        ({}, {"client-key": CANARY}, "users[0].user.client-key", None),
        ({}, {"tokenFile": CANARY}, "users[0].user.tokenFile", None),
        ({}, {"username": CANARY}, "users[0].user.username", None),
        ({}, {"password": CANARY}, "users[0].user.password", None),
        ({}, {"as": CANARY}, "users[0].user.as", None),
        ({}, {"as-uid": CANARY}, "users[0].user.as-uid", None),
        ({}, {"as-groups": [CANARY]}, "users[0].user.as-groups", None),
        ({}, {"as-user-extra": {CANARY: []}}, "users[0].user.as-user-extra", None),
        ({"server": f"http://{CANARY}"}, {}, "clusters[0].cluster.server", None),
        ({"server": CANARY}, {}, "clusters[0].cluster.server", None),
        ({"server": f"https://u:{CANARY}@a"}, {}, "clusters[0].cluster.server", None),
        (
            {"certificate-authority": CANARY},
            {},
            "clusters[0].cluster.certificate-authority",
            None,
        ),
        (
            {"insecure-skip-tls-verify": True},
            {},
            "clusters[0].cluster.insecure-skip-tls-verify",
            CredentialFeature.INSECURE_TLS,
        ),
        (
            {"insecure-skip-tls-verify": "false"},
            {},
            "clusters[0].cluster.insecure-skip-tls-verify",
            CredentialFeature.INSECURE_TLS,
        ),
        (
            {"proxy-url": f"http://{CANARY}"},
            {},
            "clusters[0].cluster.proxy-url",
            CredentialFeature.PROXY_URL,
        ),
    ],
)
def test_what_a_client_would_do_is_found_and_named(cluster, user, field, feature):
    """Each finding names its field and the feature that allows it, and quotes nothing."""
    (finding,) = read(kubeconfig(cluster, user)).findings

    assert finding.field == field
    assert finding.feature is feature
    assert CANARY not in str(finding)


def test_entries_that_are_not_in_use_are_judged_as_well():
    """A kubeconfig of one cluster needs no other entry, least of all one that runs programs."""
    body = kubeconfig()
    body["users"].append({"name": "other", "user": {"exec": {"command": "x"}}})

    got = read(body)

    assert [finding.field for finding in got.findings] == ["users[1].user.exec"]
    assert not got.has_exec


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"current-context": ""}, "current-context"),
        ({"current-context": "other"}, "current-context"),
        ({"contexts": None}, "current-context"),
        (
            {"current-context": "", "contexts": [{"name": "", "context": {"cluster": "one"}}]},
            "current-context",
        ),
        ({"contexts": [{"name": "admin@one", "context": {"cluster": "gone"}}]}, "no cluster"),
        ({"contexts": [{"name": "admin@one", "context": None}]}, "no cluster"),
        ({"contexts": {"admin@one": {}}}, "contexts that is no list"),
        ({"clusters": ["x"]}, r"clusters\[0\] that is no mapping"),
        (
            {"clusters": [{"name": "one", "cluster": "x"}]},
            r"\.cluster that is no mapping",
        ),
        ({"users": [{"name": "admin"}, {"name": "admin"}]}, "two users of one name"),
        (
            {"clusters": [{"name": "one", "cluster": {"server": "https://"}}]},
            "that has no host",
        ),
        ({"apiVersion": "v2"}, "not of apiVersion v1"),
        ({"kind": "Secret"}, "and kind Config"),
        ({"current-context": 5}, "current-context that is a number"),
        ({"current-context": ["admin@one"]}, "current-context that is no text"),
        ({"contexts": [{"name": True, "context": {}}]}, r"contexts\[0\].name that is a number"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere_is_an_error(change, problem):
    """What client-go would not connect with is told by what is missing."""
    with pytest.raises(BadKubeconfigError, match=problem):
        load(kubeconfig(**change))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no YAML mapping"),
        (b"[]", "no YAML mapping"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a: &x b\nc: *x", "anchor or alias"),
        (b"users: []\nusers: []", "same key twice"),
        (b"a: {<<: {b: c}}", "key that is not a plain name"),
        (b"a: " + b"x" * KUBECONFIG_BYTES, "larger than"),
    ],
)
def test_a_text_that_could_be_read_in_two_ways_is_an_error(data, problem):
    """Nothing is read from what another reader might take for something else."""
    with pytest.raises(BadKubeconfigError, match=problem):
        read_kubeconfig(data)


@pytest.mark.parametrize(
    "text",
    [
        "12345", "1e5", "0x1f", "0o17", "0b11", "010", "1_000", "5.", ".5", "-5", "+5", ".inf",
        "-.Inf", ".nan", "true", "False", "yes", "No", "on", "OFF", "y", "N",
    ],
)  # fmt: skip
def test_what_yaml_takes_for_no_text_is_none(text):
    """client-go refuses the whole kubeconfig for it; with quotes it is a token."""
    body = json.dumps(kubeconfig()).replace(f'"{CANARY}"', "{}")

    got = read_kubeconfig(body.replace("{}", text, 1).encode())
    assert "users[0].user.token that is a number or boolean" in got.unloadable

    assert read(kubeconfig(user={"token": text})).token == text


@pytest.mark.parametrize(
    "text", ["1:20", "1e", "2001-01-01", "nUll", "tRue", "0xg", "1.2.3", "=", "."]
)
def test_what_only_looks_like_a_number_is_a_text(text):
    """Whatever client-go reads as a text needs no quotes."""
    body = json.dumps(kubeconfig()).replace(f'"{CANARY}"', text)

    assert read_kubeconfig(body.encode()).token == text


@pytest.mark.parametrize("text", ["false", "False", "FALSE", "no", "n", "off", "null", "~", ""])
def test_a_clear_no_keeps_tls_verified(text):
    """These are false, or nothing, to client-go too."""
    body = json.dumps(kubeconfig({"insecure-skip-tls-verify": "<>"})).replace('"<>"', text)

    got = read_kubeconfig(body.encode())

    assert not got.insecure
    assert got.findings == ()


@pytest.mark.parametrize("text", ["true", "yes", "y", "on", "0", '"false"', '"no"', "[]", "nO"])
def test_anything_else_turns_tls_verification_off(text):
    """What is not clear is taken for the worse."""
    body = json.dumps(kubeconfig({"insecure-skip-tls-verify": "<>"})).replace('"<>"', text)

    got = read_kubeconfig(body.encode())

    assert got.insecure
    assert [finding.feature for finding in got.findings] == [CredentialFeature.INSECURE_TLS]


@pytest.mark.parametrize("name", ["a b", "a/..", "\u202e", "x" * 64, "2130706433", "é.example"])
def test_a_name_to_verify_for_is_a_host_name(name):
    """It goes into a TLS handshake, so it is a name or an address and nothing else."""
    with pytest.raises(BadKubeconfigError, match="tls-server-name that is no host name"):
        read(kubeconfig({"tls-server-name": name}))


@pytest.mark.parametrize("name", ["", "one.example", "10.0.0.1", "fd00::1"])
def test_a_name_to_verify_for_may_be_an_address(name):
    """Certificates are made out to addresses, too."""
    assert read(kubeconfig({"tls-server-name": name})).tls_server_name == name


def test_bad_base64_inside_is_named_without_its_value():
    """The field is told, its content is not."""
    got = read(kubeconfig(user={"client-key-data": f"{CANARY}!"}))

    assert got.unloadable == "has users[0].user.client-key-data that is not base64"


@pytest.mark.parametrize(
    ("user", "has"),
    [
        ({"token": ""}, False),
        ({"token": "", "client-certificate-data": encode("c")}, False),
        ({"token": "", "client-key-data": encode("k")}, False),
        ({"token": "", "client-key-data": encode("k"), "client-certificate-data": "Yw=="}, True),
        ({"token": "", "exec": {"command": "x"}}, True),
    ],
)
def test_credentials_are_a_token_or_a_whole_pair_or_a_plugin(user, has):
    """Half a certificate authenticates nobody."""
    assert read(kubeconfig(user=user)).has_credentials is has


def test_a_context_without_user_has_no_credentials():
    """A kubeconfig whose user is not there can still be read."""
    body = kubeconfig({"token": "of a cluster"}, users=[])

    assert not read(body).has_credentials


@pytest.mark.parametrize(
    ("user", "problem"),
    [
        ({"exec": PROGRAM}, ""),
        ({"exec": PROGRAM | {"interactiveMode": "Always", "env": [{"name": "A"}]}}, ""),
        ({"exec": PROGRAM | {"command": ""}}, "without a command"),
        ({"exec": PROGRAM | {"apiVersion": ""}}, "whose apiVersion is neither"),
        ({"exec": PROGRAM | {"apiVersion": f"{GROUP}/v1alpha1"}}, "whose apiVersion is neither"),
        ({"exec": PROGRAM | {"apiVersion": f"{GROUP}/v1"}}, "without interactiveMode"),
        ({"exec": PROGRAM | {"interactiveMode": "Maybe"}}, "whose interactiveMode is none of"),
        ({"exec": PROGRAM | {"env": [{"value": "b"}]}}, "that has no name"),
    ],
)
def test_t11_a_program_that_client_go_would_not_run_is_told(user, problem):
    """Even where it is allowed, such a kubeconfig is of no use."""
    assert problem in read(kubeconfig(user=user)).unloadable
    assert bool(read(kubeconfig(user=user)).unloadable) is bool(problem)


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("http://p:3128", True),
        ("socks5://u:p@[fd00::1]:1080/x?y", True),
        ("HTTPS://p", True),
        ("p:3128", False),
        ("ftp://p", False),
        ("http://p:port", False),
        ("http://p/%zz", False),
        ("http://p q", False),
    ],
)
def test_t11_a_proxy_that_client_go_would_not_use_is_told(url, is_fine):
    """It knows three schemes, and wants a URL."""
    assert (read(kubeconfig({"proxy-url": url})).unloadable == "") is is_fine
