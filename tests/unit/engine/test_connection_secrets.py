"""Connections whose credentials are in Secrets that `authenticationFrom` names."""

import pytest

from clusterimport.engine.connection import (
    InvalidConnection,
    SecretKey,
    assess,
    secret_references,
)
from clusterimport.engine.errors import CredentialRejected, IncompleteCredentials
from clusterimport.engine.rules import ImportRules
from clusterimport.model.connection import Connection
from tests.fakes.engine.evaluating import base64_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

CANARY = "canary4711"
LABEL = "clusterpedia.io/cluster-credential"
OPEN = ImportRules(authentication_from=True)
CLOSED = ImportRules()


def build(features=(), secrets=None, **spec):
    return assess(spec, frozenset(features), secrets=secrets or {}).connection


def refused(secrets=None, **spec):
    """Return the refusal, which shows nothing of any credential."""
    with pytest.raises(InvalidConnection) as caught:
        build((), secrets, **spec)
    assert CANARY not in repr(caught.value) + str(vars(caught.value))
    return caught.value


def selectors(*kinds, **names):
    chosen = {kind: {"name": f"s-{kind}", "key": f"k-{kind}"} for kind in kinds}
    return chosen | {kind: {"name": name, "key": "k"} for kind, name in names.items()}


def secret(label="true", **data):
    labels = {} if label is None else {LABEL: label}
    return {
        "metadata": {"name": "s", "labels": labels},
        "data": {name.replace("_", "-"): base64_of(value) for name, value in data.items()},
    }


def found(spec, *contents, rules=OPEN):
    """Return the Secrets that a spec needs, each with its content under the key asked for."""
    references = secret_references(spec, rules)
    return {
        reference: secret(**{reference.key: content})
        for reference, content in zip(references, contents, strict=True)
    }


def test_secrets_are_read_only_for_what_is_used():
    """A kubeconfig alone; else no half of a pair."""
    everything = selectors("token", "kubeconfig", "ca", "cert", "key")

    assert secret_references({"authenticationFrom": everything}, OPEN) == (
        SecretKey("s-kubeconfig", "k-kubeconfig", "kubeconfig"),
    )
    del everything["kubeconfig"]
    got = secret_references({"authenticationFrom": everything}, OPEN)
    assert {key.kind for key in got} == {"token", "ca", "cert", "key"}
    assert all((key.name, key.key) == (f"s-{key.kind}", f"k-{key.kind}") for key in got)
    del everything["key"]
    got = secret_references({"authenticationFrom": everything}, OPEN)
    assert {key.kind for key in got} == {"token", "ca"}


@pytest.mark.parametrize(
    "fields",
    [
        {"kubeconfig": "YQ=="},
        {"tokenData": "YQ=="},
        {"certData": "YQ==", "keyData": "YQ=="},
        {"tokenData": "digest:0"},
    ],
)
def test_authentication_from_does_not_count_beside_credentials(fields):
    """Clusterpedia looks at it only where kubeconfig, token and pair are all empty."""
    spec = {"authenticationFrom": selectors("token", "ca")}

    assert secret_references(spec | fields, OPEN) == ()
    assert len(secret_references(spec | {"certData": "YQ=="}, OPEN)) == 2
    assert len(secret_references(spec | {"caData": "YQ==", "kubeconfig": ""}, OPEN)) == 2
    assert secret_references(spec, CLOSED) == ()
    assert secret_references({"authenticationFrom": None}, OPEN) == ()
    assert secret_references({"authenticationFrom": {"token": None}}, OPEN) == ()
    assert secret_references({}, OPEN) == ()


def test_secrets_become_a_connection():
    """Address of the spec, credentials of the Secrets, and nothing else of the spec."""
    spec = {
        "apiserver": "https://a",
        "caData": base64_of("other"),
        "authenticationFrom": selectors("ca", "token", "cert", "key"),
    }

    got = build(secrets=found(spec, CA, "token", CERTIFICATE, KEY), **spec)

    assert got == Connection(
        server="https://a", ca_data=CA, token="token", cert_data=CERTIFICATE, key_data=KEY
    )


def test_a_kubeconfig_in_a_secret_is_judged_like_any_other():
    """It wins over the address, and what it may hold is the same."""
    spec = {"apiserver": "https://a", "authenticationFrom": selectors("kubeconfig", "token")}
    body = '{"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c", \
"user": "u"}}], "clusters": [{"name": "c", "cluster": {"server": "https://c"}}], \
"users": [{"name": "u", "user": {"token": "t"}}]}'

    assert build(secrets=found(spec, body), **spec).server == "https://c"
    error = refused(secrets=found(spec, body.replace('"token"', '"tokenFile"')), **spec)
    assert error.field == "spec.authenticationFrom.kubeconfig, users[0].user.tokenFile"


def test_a_closed_gate_is_told_before_anything_else():
    """What was not to be read is not used, and the flag is named."""
    error = refused(apiserver="https://a", authenticationFrom=selectors("token", "ca"))

    assert isinstance(error, CredentialRejected)
    assert error.field == "spec.authenticationFrom"
    assert "ClusterAuthenticationFromSecret=true" in error.message


@pytest.mark.parametrize(
    "obj",
    [
        None,
        secret(None, k=CANARY),
        secret("false", k=CANARY),
        secret("True", k=CANARY),
        secret("", k=CANARY),
    ],
)
def test_a_secret_without_the_label_is_like_none(obj):
    """Nobody learns which Secrets there are, and what is needed is told."""
    spec = {"apiserver": "https://a", "authenticationFrom": selectors("ca", token="one")}
    ca, token = sorted(secret_references(spec, OPEN), key=lambda key: key.kind)

    error = refused(secrets={ca: secret(k_ca=CA), token: obj}, **spec)

    assert error.field == "spec.authenticationFrom.token"
    assert error.message == (
        "spec.authenticationFrom.token needs the Secret one in the controller's namespace, with "
        'the label clusterpedia.io/cluster-credential: "true"; create it, or label it'
    )


@pytest.mark.parametrize(
    ("obj", "problem"),
    [
        (secret(other=CANARY), "a key that is not in the Secret one"),
        (secret(k=""), "a key that is not in the Secret one"),
        ({"metadata": {"labels": {LABEL: "true"}}}, "a key that is not in the Secret one"),
        (secret(k="<no value>"), "encodes a value that is missing"),
        (secret(k=f"{CANARY} x"), "contains a line break"),
        (secret() | {"data": {"k": f"{CANARY}%"}}, "is not base64"),
        (secret() | {"data": {"k": "%" * (1 << 20)}}, "is larger than 256 KiB"),
    ],
)
def test_a_secret_that_is_of_no_use_is_incomplete(obj, problem):
    """Empty, garbage or too much: the field of the spec is named, and the Secret."""
    spec = {"apiserver": "https://a", "authenticationFrom": selectors("ca", token="one")}
    secrets = {
        key: secret(k_ca=CA) if key.kind == "ca" else obj for key in secret_references(spec, OPEN)
    }

    error = refused(secrets=secrets, **spec)

    assert isinstance(error, IncompleteCredentials)
    assert error.field == "spec.authenticationFrom.token"
    assert problem in error.message


def test_secrets_without_a_ca_are_insecure():
    """The CA of the spec does not count beside authenticationFrom."""
    spec = {
        "apiserver": "https://a",
        "caData": "YQ==",
        "certData": "YQ==",
        "authenticationFrom": selectors("token"),
    }

    error = refused(secrets=found(spec, "token"), **spec)

    assert error.field == "spec.authenticationFrom.ca"
    assert error.features == ("InsecureTLS",)
    got = build(["InsecureTLS"], found(spec, "token"), **spec)
    assert (got.insecure, got.ca_data, got.cert_data) == (True, b"", b"")


def test_secrets_without_an_address_are_no_connection():
    """The address is the spec's own."""
    spec = {"authenticationFrom": selectors("token", "ca")}

    assert refused(secrets=found(spec, CA, "token"), **spec).field == "spec.apiserver"


def test_half_a_pair_in_secrets_is_no_connection():
    """The other half in the spec does not help."""
    spec = {
        "apiserver": "https://a",
        "keyData": "YQ==",
        "authenticationFrom": selectors("ca", "cert"),
    }

    assert refused(secrets=found(spec, "ca"), **spec).reason == "IncompleteCredentials"
