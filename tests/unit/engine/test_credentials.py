"""Which connections are imported."""

import pytest

from clusterimport.engine.connection import assess
from clusterimport.engine.credentials import check_connection
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import CredentialRejected, IncompleteCredentials
from clusterimport.engine.rules import ImportRules
from clusterimport.model.policy import CredentialFeature, ImportOptions
from tests.fakes.engine.evaluating import PROGRAM, base64_of, kubeconfig_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

CANARY = "canary4711"
A = base64_of("a")
CA_DATA = base64_of(CA)
PAIR = {"certData": base64_of(CERTIFICATE), "keyData": base64_of(KEY)}
GATE = ImportRules(authentication_from=True)
SELECTOR = {"name": "s", "key": "k"}


def rendered(**spec):
    return RenderedCluster({}, {}, {"syncResources": []} | spec, frozenset(spec))


def check(rules=None, features=(), **spec):
    options = ImportOptions(allowed_credential_features=frozenset(features))
    return check_connection(rendered(**spec), rules or ImportRules(), options)


def direct(**spec):
    return {"apiserver": "https://a", "caData": CA_DATA, "tokenData": A} | spec


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        (direct(), None),
        ({"apiserver": "https://a", "caData": CA_DATA, **PAIR}, None),
        ({"kubeconfig": kubeconfig_of()}, None),
        ({"kubeconfig": kubeconfig_of(), "apiserver": "https://vc.ns.svc"}, None),
        ({"authenticationFrom": {"kubeconfig": SELECTOR}}, GATE),
        (
            {"apiserver": "https://a", "authenticationFrom": {"ca": SELECTOR, "token": SELECTOR}},
            GATE,
        ),
        (
            {
                "apiserver": "https://a",
                "authenticationFrom": {"ca": SELECTOR, "cert": SELECTOR, "key": SELECTOR},
            },
            GATE,
        ),
        (direct(authenticationFrom={"token": SELECTOR}), GATE),
        (direct(certData=A), None),
    ],
)
def test_usable_connections_pass_unchanged(spec, rules):
    """Every way in which Clusterpedia can connect is one."""
    found = check(rules, **spec)

    assert found.spec == {"syncResources": []} | spec
    if "authenticationFrom" in spec and "tokenData" not in spec:
        assert found.judged is None
    else:
        # What is handed over is what a reader of the PediaCluster would find.
        assert found.judged == (assess(found.spec, frozenset(), secrets={}), frozenset())


def test_an_address_without_scheme_gets_one():
    """What a client would assume is written out."""
    assert check(**direct(apiserver="1.2.3.4:6443")).spec["apiserver"] == "https://1.2.3.4:6443"


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        ({}, None),
        ({"apiserver": "https://a"}, None),
        ({"apiserver": "https://a", "caData": CA_DATA}, None),
        ({"apiserver": "https://a", "caData": CA_DATA, "certData": A}, None),
        ({"apiserver": "https://a", "caData": CA_DATA, "keyData": A}, None),
        ({"caData": CA_DATA, "tokenData": A}, None),
        (direct(apiserver="https://"), None),
        (direct(apiserver="https://:6443"), None),
        ({"kubeconfig": A}, None),
        ({"kubeconfig": kubeconfig_of(user={"token": ""})}, None),
        ({"kubeconfig": kubeconfig_of(cluster={"server": ""})}, None),
        ({"kubeconfig": kubeconfig_of(user={"client-certificate-data": A})}, None),
        ({"kubeconfig": kubeconfig_of(), "tokenData": base64_of("<no value>")}, None),
        ({"kubeconfig": kubeconfig_of(), "apiserver": "https://"}, None),
        (direct(caData=base64_of(bytes(256 * 1024 + 1))), None),
        (direct(tokenData="%"), None),
        (direct(tokenData=base64_of("<no value>")), None),
        (direct(tokenData=base64_of("<nil>")), None),
        (direct(caData=base64_of("a<no value>b")), None),
        ({"authenticationFrom": {"token": SELECTOR}}, GATE),
        ({"apiserver": "https://a", "authenticationFrom": {"cert": SELECTOR}}, GATE),
        (
            {"apiserver": "https://a", "authenticationFrom": {"cert": SELECTOR}, "keyData": A},
            GATE,
        ),
    ],
)
def test_what_cannot_connect_is_incomplete(spec, rules):
    """Half a connection is waited for, since Secrets are often written in two steps."""
    with pytest.raises(IncompleteCredentials) as caught:
        check(rules, **spec)

    assert caught.value.reason == "IncompleteCredentials"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (direct(apiserver="http://a"), "spec.apiserver"),
        (direct(apiserver="ftp://a"), "spec.apiserver"),
        (direct(apiserver=f"https://u:{CANARY}@a"), "spec.apiserver"),
        ({"kubeconfig": kubeconfig_of(), "apiserver": "http://a"}, "spec.apiserver"),
        ({"kubeconfig": kubeconfig_of(user={"username": CANARY})}, "users[0].user.username"),
        ({"kubeconfig": kubeconfig_of(user={"tokenFile": CANARY})}, "users[0].user.tokenFile"),
        ({"kubeconfig": kubeconfig_of(user={"auth-provider": {"name": CANARY}})}, "auth-provider"),
        ({"kubeconfig": kubeconfig_of(cluster={"server": "http://a"})}, "clusters[0]"),
        (direct(authenticationFrom={"token": SELECTOR}), "spec.authenticationFrom"),
    ],
)
def test_what_is_never_allowed_is_rejected_by_name(spec, field):
    """The field and a way out are named, its value is not, and no feature opens it."""
    with pytest.raises(CredentialRejected) as caught:
        check(features=[feature.value for feature in CredentialFeature], **spec)

    assert caught.value.reason == "CredentialRejected"
    assert field in caught.value.field
    assert field in caught.value.message
    assert caught.value.features == ()
    assert CANARY not in caught.value.message


@pytest.mark.parametrize(
    ("spec", "feature"),
    [
        ({"apiserver": "https://a", "tokenData": A}, CredentialFeature.INSECURE_TLS),
        ({"apiserver": "https://a", **PAIR}, CredentialFeature.INSECURE_TLS),
        (
            {"kubeconfig": kubeconfig_of(cluster={"insecure-skip-tls-verify": True})},
            CredentialFeature.INSECURE_TLS,
        ),
        (
            {"kubeconfig": kubeconfig_of(cluster={"proxy-url": "http://p"})},
            CredentialFeature.PROXY_URL,
        ),
        (
            {
                "kubeconfig": kubeconfig_of(
                    user={"exec": PROGRAM | {"command": CANARY}, "token": ""}
                )
            },
            CredentialFeature.EXEC_PLUGIN,
        ),
    ],
)
def test_features_open_what_they_name_and_nothing_else(spec, feature):
    """A policy or the installation may allow a feature; the refusal names both ways."""
    others = [other.value for other in CredentialFeature if other is not feature]

    with pytest.raises(CredentialRejected) as caught:
        check(features=others, **spec)

    assert caught.value.features == (feature,)
    assert f"allowedCredentialFeatures: [{feature}]" in caught.value.message
    assert f"--allowed-credential-features={feature}" in caught.value.message
    assert CANARY not in caught.value.message
    assert check(features=[feature.value], **spec).spec == {"syncResources": []} | spec
    installation = ImportRules(allowed_features=frozenset({feature.value}))
    assert check(installation, **spec).spec == {"syncResources": []} | spec


def test_the_gate_is_named_where_it_is_closed():
    """Who uses authenticationFrom learns which gate opens it."""
    with pytest.raises(CredentialRejected, match="ClusterAuthenticationFromSecret=true"):
        check(authenticationFrom={"kubeconfig": SELECTOR})


def test_a_ca_beside_authentication_from_does_not_count():
    """Clusterpedia looks at nothing else of the spec then, and would verify nothing."""
    spec = {
        "apiserver": "https://a",
        "caData": CA_DATA,
        "authenticationFrom": {"cert": SELECTOR, "key": SELECTOR},
    }

    with pytest.raises(CredentialRejected, match="caData does not count") as caught:
        check(GATE, **spec)

    assert caught.value.field == "spec.authenticationFrom.ca"
    assert caught.value.features == (CredentialFeature.INSECURE_TLS,)
    assert check(GATE, features=["InsecureTLS"], **spec).spec == {"syncResources": []} | spec


def test_a_ca_that_is_not_to_be_used_is_a_contradiction():
    """A kubeconfig with a CA that turns verification off is refused by client-go as a whole."""
    insecure = {"insecure-skip-tls-verify": True, "certificate-authority-data": CA_DATA}

    with pytest.raises(IncompleteCredentials, match="one has to go"):
        check(features=["InsecureTLS"], kubeconfig=kubeconfig_of(cluster=insecure))


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (direct(tokenData=base64_of("<nil>")), "spec.tokenData"),
        (direct(apiserver="https://"), "spec.apiserver"),
        ({"kubeconfig": A}, "spec.kubeconfig"),
        ({"kubeconfig": kubeconfig_of(user={"token": ""})}, "spec.kubeconfig"),
        ({"caData": CA_DATA, "tokenData": A}, "spec.apiserver"),
        (direct(certData="%"), "spec.certData"),
        ({"apiserver": "https://a"}, ""),
    ],
)
def test_what_is_incomplete_names_its_field_and_what_to_do(spec, field):
    """Message and field tell the same; where nothing is given, no field is at fault."""
    with pytest.raises(IncompleteCredentials) as caught:
        check(**spec)

    assert caught.value.field == field
    assert caught.value.message.startswith(field)
    assert "correct" in caught.value.message
    assert caught.value.features == ()


def test_credentials_without_an_address_are_told_apart():
    """An address that is missing is another mistake than one that is wrong."""
    with pytest.raises(IncompleteCredentials, match=r"spec\.apiserver is empty"):
        check(caData=A, tokenData=A)


def test_the_largest_field_is_still_read():
    """The limit is of the bytes, not of their base64."""
    filled = CA + bytes(256 * 1024 - len(CA))
    assert check(**direct(caData=base64_of(filled)))
