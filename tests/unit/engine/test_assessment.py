"""One judgement of what is usable, before a write and by a probe."""

import pytest

from clusterimport.engine.connection import assess
from clusterimport.engine.credentials import check_connection
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import CredentialRejected, IncompleteCredentials, InvalidConnection
from clusterimport.engine.rules import ImportRules
from clusterimport.model.policy import ImportOptions
from tests.fakes.engine.evaluating import PROGRAM, base64_of, kubeconfig_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY, client

ERROR_TEXT = "illegal base64 data at input byte 6"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
ORIGIN = "secrets team/auth"


def direct(**spec):
    fields = {"caData": CA, "tokenData": "t"} | spec
    return {"apiserver": "https://a"} | {name: base64_of(value) for name, value in fields.items()}


def user(**fields):
    return {"kubeconfig": kubeconfig_of(user={"token": ""} | fields)}


def pair(certificate, key):
    return user(**{
        "client-certificate-data": base64_of(certificate), "client-key-data": base64_of(key)
    })  # fmt: skip


def cluster(authority):
    return {"kubeconfig": kubeconfig_of(cluster={"certificate-authority-data": authority})}


def by_import(spec):
    rendered = RenderedCluster({}, {}, spec, frozenset(spec))
    check_connection(rendered, ImportRules(), ImportOptions(), origin=ORIGIN)


def by_probe(spec):
    assess(spec, frozenset(), secrets={})


both = pytest.mark.parametrize("judge", [by_import, by_probe])


@both
@pytest.mark.parametrize(
    ("spec", "field", "problem"),
    [
        (direct(tokenData=ERROR_TEXT), "spec.tokenData", "error text that `b64dec` prints"),
        (direct(caData=ERROR_TEXT), "spec.caData", "error text that `b64dec` prints"),
        ({"kubeconfig": base64_of(ERROR_TEXT)}, "spec.kubeconfig", "error text that `b64dec`"),
        (direct(tokenData="t\n"), "spec.tokenData", "ends in a line break"),
        (direct(tokenData="a b"), "spec.tokenData", "a space or another character"),
        (direct(tokenData="REDACTED"), "spec.tokenData", "kubectl config view --raw"),
        (direct(tokenData=base64_of(JWT)), "spec.tokenData", "encoded by base64 twice"),
        (direct(caData=base64_of(CA)), "spec.caData", "encoded by base64 twice"),
        ({"kubeconfig": base64_of(kubeconfig_of())}, "spec.kubeconfig", "by base64 twice"),
        (cluster("DATA+OMITTED"), "certificate-authority-data", "kubectl config view --raw"),
        (cluster(base64_of(b"\xef\xbb\xbf" + CA)), "certificate-authority-data", "byte order mark"),
        (user(token="t\n"), "users[0].user.token", "ends in a line break"),
        (user(token="REDACTED"), "users[0].user.token", "kubectl config view --raw"),
        (pair(CERTIFICATE, client("other").key), "client-key-data", "another certificate"),
        (pair(CERTIFICATE, KEY[:-30]), "client-key-data", "cut off"),
        (pair(CERTIFICATE[:-30], KEY), "client-certificate-data", "cut off"),
    ],
)
def test_t10_what_could_not_work_is_not_usable(judge, spec, field, problem):
    """To the import and to the probe alike; the field and the mistake are named."""
    with pytest.raises(IncompleteCredentials) as caught:
        judge(spec)

    assert field in caught.value.field
    assert problem in caught.value.message
    assert "correct" in caught.value.message
    assert caught.value.message.isprintable()


@both
@pytest.mark.parametrize(
    "spec",
    [
        direct(),
        direct(tokenData=JWT),
        direct(tokenData="t  "),
        direct(caData=b"# bundle\n" + CA[:-40] + b"\n" + CA),
        pair(b"x\n" + CERTIFICATE, KEY.replace(b"PRIVATE", b"RSA PRIVATE")),
    ],
)
def test_t11_what_client_go_can_use_is_usable(judge, spec):
    """Blanks behind a token, a bad block in a bundle, a wrong label of a key."""
    judge(spec)


def test_t24_a_message_names_the_object_that_is_to_be_corrected():
    """Not only the field of the PediaCluster, which nobody writes by hand."""
    for spec in (direct(tokenData="t\n"), pair(CERTIFICATE, KEY[:-30]), user(tokenFile="x")):
        with pytest.raises(InvalidConnection, match=ORIGIN):
            by_import(spec)


def test_t24_all_features_are_named_at_once():
    """Who allows one is not told of the next afterwards; where no policy can, the flag is named."""
    spec = {
        "kubeconfig": kubeconfig_of(
            cluster={"insecure-skip-tls-verify": True, "proxy-url": "http://p"},
            user={"exec": PROGRAM},
        )
    }
    with pytest.raises(CredentialRejected) as caught:
        by_import(spec)

    flag = "--allowed-credential-features=InsecureTLS,ProxyURL,ExecPlugin"
    assert caught.value.features == ("InsecureTLS", "ProxyURL", "ExecPlugin")
    assert "allowedCredentialFeatures: [InsecureTLS, ProxyURL, ExecPlugin]" in caught.value.message
    assert flag in caught.value.message
    plain = caught.value.told(has_extensions=False)
    assert flag in plain
    assert "allowedCredentialFeatures:" not in plain
    for field in ("insecure-skip-tls-verify", "proxy-url", "exec"):
        assert field in plain


def test_t24_what_nothing_allows_is_told_without_a_switch():
    """Beside it a feature would not help."""
    spec = user(exec=PROGRAM, tokenFile="x", username="x")
    with pytest.raises(CredentialRejected) as caught:
        by_import(spec)

    assert caught.value.features == ()
    assert "tokenFile" in caught.value.message
    assert "username" in caught.value.message
    assert "--allowed-credential-features" not in caught.value.message


def test_t24_an_empty_ca_leads_to_a_kubeconfig_without_one():
    """A public CA needs no InsecureTLS: the system's authorities are used without CA data."""
    with pytest.raises(CredentialRejected, match="kubeconfig without certificate-authority-data"):
        by_import({"apiserver": "https://a", "tokenData": base64_of("t")})


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://192.0.2.10:6443\n", "a blank or line break"),
        ("https://:6443", "no host"),
        ("https://a:0", "a port that is no number from 1 to 65535"),
        ("https://fd00::1:6443", "not in brackets"),
        ("https://a b", "a blank, quote"),
        ("https://https://a:6443", "names its scheme twice"),
    ],
)
def test_t24_an_address_is_told_by_what_is_wrong_with_it(address, problem):
    """Twelve causes are not one message."""
    spec = direct() | {"apiserver": address}
    for each in (spec, {"kubeconfig": kubeconfig_of(cluster={"server": address})}):
        with pytest.raises(IncompleteCredentials, match=problem):
            by_import(each)
