"""From PediaClusters to connections."""

import json

import pytest

from clusterimport.engine.connection import InvalidConnection, assess
from clusterimport.engine.errors import CredentialRejected, EvaluationError, IncompleteCredentials
from clusterimport.model.connection import Connection
from clusterimport.model.policy import CredentialFeature
from tests.fakes.engine.evaluating import PROGRAM, base64_of, kubeconfig_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

CANARY = "canary4711"
INSECURE = frozenset({"InsecureTLS"})
ALL = frozenset(feature.value for feature in CredentialFeature)


def build(features=(), **spec):
    return assessed(features, **spec).connection


def assessed(features=(), **spec):
    return assess({"syncResources": []} | spec, frozenset(features), secrets={})


def refused(features=(), **spec):
    """Return the refusal, which shows nothing of any credential."""
    with pytest.raises(InvalidConnection) as caught:
        build(features, **spec)
    error = caught.value
    assert isinstance(error, EvaluationError)
    assert str(error) == error.message
    assert CANARY not in repr(error) + str(vars(error))
    return error


def plain(**spec):
    values = {"caData": CA, "tokenData": "tokenData", "certData": CERTIFICATE, "keyData": KEY}
    fields = {name: base64_of(value) for name, value in values.items()}
    return {"apiserver": "https://a:6443"} | fields | spec


def test_plain_fields_become_a_connection():
    """Token and certificate are both used, and the CA verifies the server."""
    assert build(**plain()) == Connection(
        server="https://a:6443",
        ca_data=CA,
        token="tokenData",
        cert_data=CERTIFICATE,
        key_data=KEY,
    )


@pytest.mark.parametrize(
    ("spec", "features"),
    [
        (plain(), set()),
        (plain(caData=""), {"InsecureTLS"}),
        ({"kubeconfig": kubeconfig_of(user={"token": "t"})}, set()),
        (
            {"kubeconfig": kubeconfig_of(cluster={"insecure-skip-tls-verify": True})},
            {"InsecureTLS"},
        ),
        (
            plain(caData="", kubeconfig=kubeconfig_of(cluster={"proxy-url": "http://p"})),
            {"ProxyURL"},
        ),
        (
            {"kubeconfig": kubeconfig_of(user={"exec": PROGRAM, "token": "t"})},
            {"ExecPlugin"},
        ),
    ],
)
def test_what_is_used_of_what_is_allowed_is_known(spec, features):
    """All is allowed, and only what the connection in use has counts."""
    assert assessed(ALL, **spec).features == features


@pytest.mark.parametrize("program", [None, PROGRAM])
@pytest.mark.parametrize(
    "user",
    [
        {"token": "t"},
        {
            "token": None,
            "client-certificate-data": base64_of(CERTIFICATE),
            "client-key-data": base64_of(KEY),
        },
    ],
)
def test_what_has_a_credential_is_probed_with_it(user, program):
    """A program beside it is what others run."""
    kubeconfig = kubeconfig_of(user=user | ({"exec": program} if program else {}))

    assert assessed(ALL, kubeconfig=kubeconfig).unprobed == ""


def test_half_a_certificate_is_left_out_beside_a_token():
    """Clusterpedia uses the pair or none of it."""
    got = build(**plain(keyData=""))

    assert (got.token, got.cert_data, got.key_data) == ("tokenData", b"", b"")


def test_a_certificate_alone_is_enough():
    """No token means none in the connection."""
    got = build(**plain(tokenData=""))

    assert (got.token, got.cert_data, got.key_data) == ("", CERTIFICATE, KEY)


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("1.2.3.4:6443", "https://1.2.3.4:6443"),
        ("HTTPS://A.b/", "https://A.b"),
        ("https://a/k8s/c/?x=y", "https://a/k8s/c"),
    ],
)
def test_the_server_is_a_prefix_for_paths(address, server):
    """Whatever the spelling, what is probed begins with https:// and can be continued."""
    assert build(**plain(apiserver=address)).server == server
    kubeconfig = kubeconfig_of(cluster={"server": address})
    if "://" in address:
        assert build(kubeconfig=kubeconfig).server == server


def test_a_kubeconfig_wins_over_everything():
    """Clusterpedia looks at no other field then, whatever it holds."""
    kubeconfig = kubeconfig_of(
        cluster={
            "certificate-authority-data": base64_of(CA),
            "tls-server-name": "one.example",
        },
        user={
            "client-certificate-data": base64_of(CERTIFICATE),
            "client-key-data": base64_of(KEY),
        },
    )
    want = Connection(
        server="https://c:6443",
        tls_server_name="one.example",
        ca_data=CA,
        cert_data=CERTIFICATE,
        key_data=KEY,
        token="t",
    )

    assert build(kubeconfig=kubeconfig) == want
    assert build(**plain(kubeconfig=kubeconfig)) == want
    assert build(**plain(kubeconfig=kubeconfig, apiserver="http://x", tokenData="%")) == want
    assert (
        build(kubeconfig=kubeconfig, authenticationFrom={"token": {"name": "s", "key": "k"}})
        == want
    )


def test_a_kubeconfig_without_ca_trusts_the_systems():
    """As client-go does; only plain fields without one are insecure."""
    got = build(kubeconfig=kubeconfig_of())

    assert (got.ca_data, got.insecure) == (b"", False)


def test_a_key_without_certificate_is_left_out():
    """client-go ignores it beside a token."""
    got = build(kubeconfig=kubeconfig_of(user={"client-key-data": base64_of("key")}))

    assert (got.cert_data, got.key_data, got.token) == (b"", b"", "t")


@pytest.mark.parametrize(
    "spec",
    [
        {"apiserver": "https://a", "tokenData": base64_of("t")},
        {"kubeconfig": kubeconfig_of(cluster={"insecure-skip-tls-verify": True})},
    ],
)
def test_an_unverified_server_has_to_be_allowed(spec):
    """Refused by default with the switch named, insecure where it is allowed."""
    error = refused(ALL - INSECURE, **spec)

    assert isinstance(error, CredentialRejected)
    assert (error.reason, error.features) == ("CredentialRejected", ("InsecureTLS",))
    assert "--allowed-credential-features=InsecureTLS" in error.message
    assert build(INSECURE, **spec).insecure


def test_a_ca_is_used_even_where_none_is_needed():
    """To allow a feature does not turn verification off."""
    assert not build(ALL, **plain()).insecure


@pytest.mark.parametrize(
    ("kubeconfig", "field", "why"),
    [
        (
            kubeconfig_of(user={"exec": PROGRAM | {"command": CANARY}, "token": ""}),
            "spec.kubeconfig, users[0].user.exec",
            "runs no program",
        ),
        (
            kubeconfig_of(cluster={"proxy-url": f"http://{CANARY}"}),
            "spec.kubeconfig, clusters[0].cluster.proxy-url",
            "no proxy",
        ),
    ],
)
def test_what_is_allowed_and_not_ours_to_do_is_not_probed(kubeconfig, field, why):
    """Clusterpedia may connect, this process says why it does not."""
    unprobed = assessed(ALL, kubeconfig=kubeconfig).unprobed

    assert unprobed.startswith(f"{field} is allowed")
    assert why in unprobed
    assert CANARY not in unprobed


@pytest.mark.parametrize(
    "user",
    [
        {"exec": PROGRAM},
        {
            "exec": PROGRAM,
            "token": "",
            "client-certificate-data": base64_of(CERTIFICATE),
            "client-key-data": base64_of(KEY),
        },
    ],
)
def test_an_allowed_plugin_beside_another_credential_is_not_needed(user):
    """What the kubeconfig holds itself is enough to connect with."""
    got = build(ALL, kubeconfig=kubeconfig_of(user=user))

    assert got.token == "t" or got.key_data == KEY


def test_features_of_entries_that_are_not_in_use_do_not_keep_from_probing():
    """What is allowed elsewhere in the kubeconfig is not this cluster's proxy or plugin."""
    body = {
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [
            {"name": "c", "cluster": {"server": "https://c"}},
            {"name": "d", "cluster": {"server": "https://d", "proxy-url": "http://p"}},
        ],
        "users": [
            {"name": "u", "user": {"token": "t"}},
            {"name": "v", "user": {"exec": PROGRAM}},
        ],
    }

    assert build(ALL, kubeconfig=base64_of(json.dumps(body))).server == "https://c"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, ""),
        ({"apiserver": "https://a"}, ""),
        ({"apiserver": "https://a", "caData": "YQ==", "certData": "YQ=="}, ""),
        ({"apiserver": "https://a", "tokenData": "\n", "caData": "YQ=="}, ""),
        (plain(apiserver=""), "spec.apiserver"),
        (plain(apiserver="https://:1"), "spec.apiserver"),
        (plain(tokenData="%"), "spec.tokenData"),
        (plain(certData="YQ"), "spec.certData"),
        (plain(tokenData=base64_of("<nil>")), "spec.tokenData"),
        (plain(tokenData=base64_of(f"{CANARY}\n")), "spec.tokenData"),
        (plain(tokenData=base64_of(f"{CANARY} x")), "spec.tokenData"),
        (plain(tokenData=base64_of(f"{CANARY}é")), "spec.tokenData"),
        (plain(tokenData=base64_of(b"\xff\0")), "spec.tokenData"),
        ({"kubeconfig": base64_of(CANARY)}, "spec.kubeconfig"),
        ({"kubeconfig": kubeconfig_of(user={"token": ""})}, "spec.kubeconfig"),
        (
            {"kubeconfig": kubeconfig_of(user={"token": f"{CANARY}\r\nx: y"})},
            "spec.kubeconfig, users[0].user.token",
        ),
    ],
)
def test_what_cannot_connect_names_the_field(spec, field):
    """Something is missing or unusable, and where to look is said without a word of it."""
    error = refused(ALL - INSECURE, **spec)

    assert isinstance(error, IncompleteCredentials)
    assert (error.reason, error.field) == ("IncompleteCredentials", field)
    assert error.message.startswith(field)
    assert "correct" in error.message


def test_a_connection_shows_nothing():
    """Its repr is the same whatever it holds."""
    assert repr(build(**plain(tokenData=base64_of(CANARY)))) == "Connection(…)"


@pytest.mark.parametrize(
    ("spec", "server"),
    [
        ({"kubeconfig": kubeconfig_of(cluster={"server": "https://h/a#b%2fc?d"})}, "/a%23b/c"),
        (plain(apiserver="https://h/a#b%2fc?d"), "/a"),
        (plain(apiserver="h:1/a%2fb/../c#d"), ":1/a/c"),
    ],
)
def test_t58_the_path_of_a_server_is_client_gos(spec, server):
    """A kubeconfig and an address are read by two rules, as Clusterpedia reads them."""
    assert build(**spec).server == "https://h" + server


def test_t58_a_server_that_no_client_accepts_is_told_so():
    """A broken escape is no matter of what is allowed."""
    for spec in (plain(apiserver="https://h/%"), {
        "kubeconfig": kubeconfig_of(cluster={"server": "https://h/%"})
    }):  # fmt: skip
        assert "a % that is not the beginning of an escape" in refused(ALL, **spec).message
