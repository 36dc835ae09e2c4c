"""Kubeconfigs and names that are made to confuse or to exhaust their reader, each case by name."""

import base64
import json
import tracemalloc

import pytest

from clusterimport.engine.connection import (
    IncompleteCredentials,
    InvalidConnection,
    SecretKey,
    assess,
    secret_references,
)
from clusterimport.engine.credentials import check_connection
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.rules import ImportRules
from clusterimport.limits.counted import Limit
from clusterimport.limits.documents import KUBECONFIG_BYTES, YAML_DEPTH, YAML_NODES
from clusterimport.model.policy import CredentialFeature, ImportOptions
from tests.fakes.engine.auditing import audited
from tests.fakes.engine.evaluating import base64_of, kubeconfig_of
from tests.fakes.pki.material import CA

CANARY = "canary4711"
ALL = frozenset(feature.value for feature in CredentialFeature)
OPEN = ImportRules(authentication_from=True)
MIB = 1 << 20

ODD_NAMES = [
    "..",
    "../other",
    "../../api/v1/namespaces/kube-system/secrets/x",
    "a/b",
    "a%2fb",
    "a?b",
    "a#b",
    "a b",
    "a\0b",
    "a\nb",
    "\u202eabc",
    "a\u200bb",
    "\ufeffa",
    "a\u0301",
    "A",
    "é",
    "-a",
    "a.",
    "x" * 254,
    "x" * 65536,
    "",
]


def by_import(spec):
    options = ImportOptions(allowed_credential_features=ALL)
    rendered = RenderedCluster({}, {}, {"syncResources": []} | spec, frozenset(spec))
    return check_connection(rendered, ImportRules(), options)


def by_hand(spec):
    return assess(spec, ALL, secrets={}).connection


both = pytest.mark.parametrize("shell", [by_import, by_hand])


def refused(shell, spec):
    """Return the message of a refusal that opened nothing and quotes nothing."""
    problem = None
    with audited() as events:
        try:
            shell(spec)
        except InvalidConnection as error:
            problem = error
    assert events == []
    assert problem is not None
    assert problem.message.isprintable()
    assert len(problem.message) < 400
    assert CANARY not in repr(problem) + str(vars(problem))
    return problem.message


def incomplete(shell, text):
    data = text if isinstance(text, bytes) else text.encode()
    return refused(shell, {"kubeconfig": base64.b64encode(data).decode()})


def kubeconfig(**top):
    body = json.loads(base64.b64decode(kubeconfig_of()))
    return {name: value for name, value in (body | top).items() if value is not ...}


def entries(plural, *names):
    singular = plural[:-1]
    content = {"clusters": {"server": "https://c"}, "users": {"token": "t"}}.get(
        plural, {"cluster": "c", "user": "u"}
    )
    return [{"name": name, singular: content} for name in names]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a04_a_secret_is_asked_for_by_a_possible_name_only(name):
    """What is no RFC 1123 name is never read, and refused without being repeated."""
    spec = {
        "apiserver": "https://a",
        "authenticationFrom": {
            "ca": {"name": "ca", "key": "k"},
            "token": {"name": name, "key": "k"},
        },
    }
    secrets = {
        key: {"metadata": {"labels": {"clusterpedia.io/cluster-credential": "true"}},
              "data": {"k": "YQ=="}}
        for key in secret_references(spec, OPEN)
    }  # fmt: skip

    assert secrets.keys() == {SecretKey("ca", "k", "ca")}
    with pytest.raises(IncompleteCredentials) as caught:
        assess(spec, ALL, secrets=secrets)

    assert caught.value.field == "spec.authenticationFrom.token.name"
    assert caught.value.message == (
        "spec.authenticationFrom.token.name is no name that a Secret can have; correct the "
        "PediaCluster, or what it is made from"
    )


@pytest.mark.parametrize("key", ODD_NAMES)
def test_a04_a_key_of_a_secret_is_only_looked_up(key):
    """Whatever it is, it is there or not, and never a path."""
    spec = {"authenticationFrom": {"kubeconfig": {"name": "one", "key": key}}}
    labelled = {"metadata": {"labels": {"clusterpedia.io/cluster-credential": "true"}}}
    (reference,) = secret_references(spec, OPEN)

    with audited() as events, pytest.raises(IncompleteCredentials) as caught:
        assess(spec, ALL, secrets={reference: labelled})

    assert events == []
    assert "a key that is not in the Secret one" in caught.value.message
    assert caught.value.message.isprintable()


@both
@pytest.mark.parametrize("name", [name for name in ODD_NAMES if name])
def test_a04_names_inside_a_kubeconfig_only_have_to_match(shell, name):
    """Contexts, clusters and users may be called anything; nothing is looked for by it."""
    name = name[:32768]
    body = kubeconfig(
        **{"current-context": name},
        contexts=[{"name": name, "context": {"cluster": name, "user": name}}],
        clusters=[{"name": name, "cluster": {"server": "https://c"}}],
        users=[{"name": name, "user": {"token": "t"}}],
    )
    with audited() as events:
        got = shell({"kubeconfig": base64_of(json.dumps(body))})
    assert events == []
    assert shell is by_import or (got.server, got.token) == ("https://c", "t")

    del body["users"]
    assert name not in incomplete(shell, json.dumps(body)) or len(name) < 3


@both
@pytest.mark.parametrize("name", [name for name in ODD_NAMES if name not in {"", "A", "a."}])
def test_a04_hosts_and_names_to_verify_for_are_host_names(shell, name):
    """Neither a name server nor a TLS library ever sees anything else."""
    if name not in {"a/b", "a?b", "a#b"}:  # these are a host with a path
        direct = {"apiserver": f"https://{name}", "caData": base64_of(CA), "tokenData": "YQ=="}
        assert "spec.apiserver " in refused(shell, direct)
        message = refused(
            shell, {"kubeconfig": kubeconfig_of(cluster={"server": "https://" + name})}
        )
        assert "spec.kubeconfig has a clusters[0].cluster.server that " in message
    spec = {"kubeconfig": kubeconfig_of(cluster={"tls-server-name": name})}
    assert "tls-server-name that is no host name" in refused(shell, spec)


@both
def test_a12_the_current_context_decides(shell):
    """Of many contexts one counts, wherever it stands."""
    names = [f"n{index}" for index in range(50)]
    for position in (0, 25, 49):
        body = kubeconfig(
            **{"current-context": names[position]},
            contexts=[{"name": name, "context": {"cluster": name, "user": "u"}} for name in names],
            clusters=[{"name": name, "cluster": {"server": f"https://{name}"}} for name in names],
        )
        got = shell({"kubeconfig": base64_of(json.dumps(body))})
        assert shell is by_import or got.server == f"https://n{position}"


@both
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"current-context": ...}, "no current-context"),
        ({"current-context": ""}, "no current-context"),
        ({"current-context": None}, "no current-context"),
        ({"current-context": CANARY}, "no current-context"),
        ({"current-context": ["x"]}, "current-context that is no text"),
        ({"contexts": entries("contexts", "x", "x")}, "two contexts of one name"),
        ({"clusters": entries("clusters", "c", "c")}, "two clusters of one name"),
        ({"users": entries("users", "u", CANARY, CANARY)}, "two users of one name"),
        ({"users": entries("users", CANARY)}, "neither token nor client certificate"),
        ({"clusters": entries("clusters", CANARY)}, "no cluster for its current context"),
        ({"contexts": ["x"]}, "contexts[0] that is no mapping"),
        ({"contexts": "x"}, "contexts that is no list"),
    ],
)
def test_a12_what_is_not_clear_is_an_error(shell, change, problem):
    """There is no first or last one that wins."""
    assert problem in incomplete(shell, json.dumps(kubeconfig(**change)))


@both
@pytest.mark.parametrize("name", ["current-context", "contexts", "clusters", "users", "x"])
def test_a12_a_key_that_stands_twice_is_an_error(shell, name):
    """One reader would take the first, another the last."""
    body = json.dumps(kubeconfig(x=1))
    twice = body[:-1] + f', "{name}": []' + "}"

    assert "has the same key twice" in incomplete(shell, twice)
    inner = body.replace('"token": "t"', f'"token": "t", "token": "{CANARY}"')
    assert "has the same key twice" in incomplete(shell, inner)


BOMB = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a, *a, *a, *a]\n" for i in range(20))
HOSTILE = [
    pytest.param(BOMB, "anchor or alias", id="bomb"),
    pytest.param("a: &a [*a]", "anchor or alias", id="circle"),
    pytest.param("<<: {exec: x}", "key that is not a plain name", id="merge"),
    pytest.param("[" * 10_000, "nested deeper", id="flow"),
    pytest.param('{"a":' * 10_000 + "1" + "}" * 10_000, "nested deeper", id="json"),
    pytest.param("- " * 10_000 + "x", "nested deeper", id="dashes"),
    pytest.param("".join(" " * i + "a:\n" for i in range(600)), "nested deeper", id="indented"),
    pytest.param("? " * 10_000, "nested deeper", id="keys"),
    pytest.param("[" + "a," * 100_000 + "]", "more than 2000 values", id="many"),
    pytest.param("a: x\n" * 2, "same key twice", id="twice"),
    pytest.param("!!python/object/apply:os.system ['id']", "YAML tag", id="object"),
    pytest.param("a: !!python/name:os.system", "YAML tag", id="name"),
    pytest.param("!!python/module:os x", "YAML tag", id="module"),
    pytest.param("a: !!binary YQ==", "YAML tag", id="binary"),
    pytest.param("a: !<tag:yaml.org,2002:python/tuple> [1]", "YAML tag", id="verbatim"),
    pytest.param("%TAG ! tag:yaml.org,2002:python/\n---\na: !object b", "directive", id="handle"),
    pytest.param("%YAML 9.9\n---\na: b", "not valid YAML", id="version"),
    pytest.param("a: b\n---\nc: d", "more than one document", id="documents"),
    pytest.param("\ufeffa: b", "byte order mark", id="mark"),
    pytest.param("a: \x07", "character that YAML does not allow", id="control"),
    pytest.param(b"\xff\xfea\0", "not UTF-8", id="utf-16"),
    pytest.param(b"a: \xed\xa0\x80", "not UTF-8", id="surrogate"),
    pytest.param('{"a": "\\ud800"}', "not valid YAML", id="half"),
    pytest.param("x" * (KUBECONFIG_BYTES + 1), "larger than 256 KiB", id="large"),
    pytest.param("a: " + "x" * 1_500_000, "larger than 256 KiB", id="1.5 MB"),
    pytest.param("", "there is no usable connection", id="empty"),
]


@both
@pytest.mark.parametrize(("text", "problem"), HOSTILE)
def test_a13_what_would_exhaust_or_construct_is_a_typed_error(shell, text, problem):
    """Every one has a name, opens nothing, makes no object and takes little memory."""
    tracemalloc.start()
    try:
        message = incomplete(shell, text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert problem in message
    assert peak < 16 * MIB


@both
@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("[\n" * (YAML_DEPTH + 2) + "x,\n", "nested deeper"),
        ("- x\n" * (YAML_NODES + 2), "more than 2000 values"),
        ("a: &a x\n", "anchor or alias"),
        ("a: !!python/object:x y\n", "YAML tag"),
        ("a: x\na: y\n", "same key twice"),
    ],
)
def test_a13_nothing_behind_the_first_offence_is_parsed(shell, head, problem):
    """What follows would be another error, had anybody looked at it."""
    # libyaml looks 1 024 characters ahead for the `:` of a key.
    text = head + "#" + "x" * 2000 + "\n" + "@%&*" * 1000

    assert problem in incomplete(shell, text)


@both
def test_a13_what_is_too_large_is_not_even_decoded(shell):
    """Neither base64 nor UTF-8 nor YAML of it is looked at: each would be an error of its own."""
    assert "larger than 256 KiB" in refused(shell, {"kubeconfig": "%" * (2 * KUBECONFIG_BYTES + 1)})
    assert "larger than 256 KiB" in incomplete(shell, b"\xff" * (KUBECONFIG_BYTES + 1))
    for field in ("caData", "tokenData", "certData"):
        spec = {"apiserver": "https://a", "caData": "YQ==", "tokenData": "YQ==", "keyData": "YQ=="}
        large = spec | {field: "%" * (2 * KUBECONFIG_BYTES + 1)}
        assert f"spec.{field} is larger than 256 KiB" in refused(shell, large)


@both
@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("[" * 10_000, Limit.YAML_SIZE),
        ("[" + "a," * 100_000 + "]", Limit.YAML_SIZE),
        ("x" * (KUBECONFIG_BYTES + 1), Limit.KUBECONFIG_BYTES),
        ("a: x\na: y\n", None),
    ],
    ids=["deep", "many", "large", "twice"],
)
def test_t59_a_refusal_for_the_sake_of_a_bound_says_which(shell, text, limit):
    """So that it can be counted; another refusal names none."""
    with pytest.raises(InvalidConnection) as caught:
        shell({"kubeconfig": base64.b64encode(text.encode()).decode()})

    assert caught.value.limit is limit


@both
def test_a13_the_largest_kubeconfig_is_read(shell):
    """A bundle of CAs just below the limit is no attack."""
    bundle = CA + bytes(187_500 - len(CA))
    spec = {"kubeconfig": kubeconfig_of(cluster={"certificate-authority-data": base64_of(bundle)})}

    with audited() as events:
        got = shell(spec)

    assert events == []
    assert shell is by_import or got.ca_data == bundle
