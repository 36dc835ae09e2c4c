"""What hostile credentials try, by import and in a PediaCluster made by hand, each case by name."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from clusterimport import engine
from clusterimport.engine.connection import assess, secret_references
from clusterimport.engine.credentials import check_connection
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import (
    CredentialRejected,
    IncompleteCredentials,
    InvalidConnection,
)
from clusterimport.engine.rules import ImportRules
from clusterimport.model.policy import CredentialFeature, ImportOptions
from tests.fakes.engine.auditing import audited
from tests.fakes.engine.evaluating import PROGRAM, base64_of, kubeconfig_of
from tests.fakes.pki.material import CA, CERTIFICATE, KEY

CANARY = "canary4711"
ALL = tuple(feature.value for feature in CredentialFeature)
PATHS = [
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
    "/proc/self/environ",
    "../../etc/passwd",
    "token",
    "file:///etc/passwd",
    "\\\\host\\share",
    "C:\\key.pem",
    f"/{CANARY}",
]


def by_import(spec, features=()):
    options = ImportOptions(allowed_credential_features=frozenset(features))
    rendered = RenderedCluster({}, {}, {"syncResources": []} | spec, frozenset(spec))
    return check_connection(rendered, ImportRules(), options)


def by_hand(spec, features=()):
    assert secret_references(spec, ImportRules()) == ()
    return assess(spec, frozenset(features), secrets={})


both = pytest.mark.parametrize("shell", [by_import, by_hand])


def refused(shell, spec, features=ALL):
    """Return the refusal, which nothing outside of the process saw coming and which quotes nothing.

    The cluster of another source is imported, and connected to, right after it.
    """
    problem = None
    with audited() as events:
        try:
            shell(spec, features)
        except InvalidConnection as error:
            problem = error
    assert events == []
    assert problem is not None
    assert CANARY not in repr(problem) + str(vars(problem))
    assert problem.message.isprintable()
    assert len(problem.message) < 400
    shell({"kubeconfig": kubeconfig_of()})
    return problem


def user(**fields):
    return {"kubeconfig": kubeconfig_of(user=fields)}


def cluster(**fields):
    return {"kubeconfig": kubeconfig_of(cluster=fields)}


def direct(**fields):
    return {"apiserver": "https://a", "caData": base64_of(CA), "tokenData": "YQ=="} | fields


def rejected(problem, field, feature=""):
    assert isinstance(problem, CredentialRejected)
    assert (problem.reason, problem.features) == (
        "CredentialRejected",
        (feature,) if feature else (),
    )
    assert problem.field == f"spec.kubeconfig, {field}"
    if feature:
        assert f"--allowed-credential-features={feature}" in problem.message


EXEC = PROGRAM | {"command": "/bin/sh", "args": [CANARY]}


@both
@pytest.mark.parametrize("token", ["", "t"])
@pytest.mark.parametrize("plugin", [EXEC, {"command": CANARY}, {}, [], "sh", 1, True])
def test_a01_a_program_is_never_run_and_refused(shell, token, plugin):
    """Whatever form `exec` has, and whatever stands beside it, it needs ExecPlugin."""
    others = set(ALL) - {"ExecPlugin"}
    problem = refused(shell, user(exec=plugin, token=token), others)

    rejected(problem, "users[0].user.exec", "ExecPlugin")


@pytest.mark.parametrize("token", ["", "t"])
def test_a01_a_program_is_not_run_where_it_is_allowed(token):
    """It is imported as it is; without another credential the cluster is not probed."""
    spec = user(exec=EXEC, token=token)

    with audited() as events:
        imported = by_import(spec, ["ExecPlugin"])
        assessment = by_hand(spec, ["ExecPlugin"])
    assert events == []
    assert imported.spec["kubeconfig"] == spec["kubeconfig"]
    assert ("runs no program" in assessment.unprobed) is (not token)
    assert assessment.features == {"ExecPlugin"}


@both
def test_a01_a_program_of_another_entry_is_refused_as_well(shell):
    """Somebody could switch the context later."""
    body = {
        "current-context": "x",
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://c"}}],
        "users": [{"name": "u", "user": {"token": "t"}}, {"name": "v", "user": {"exec": EXEC}}],
    }

    problem = refused(shell, {"kubeconfig": base64_of(json.dumps(body))}, ())

    rejected(problem, "users[1].user.exec", "ExecPlugin")


def test_a01_evaluation_has_nothing_to_run_or_open_with():
    """No module of the engine imports or names what starts processes or opens files."""
    forbidden = {"os", "subprocess", "socket", "pathlib", "shutil", "tempfile", "pickle", "asyncio",
                 "importlib", "ctypes", "pty", "multiprocessing", "urllib"}  # fmt: skip
    calls = {"eval", "exec", "compile", "open", "__import__"}
    methods = {"load", "load_all", "unsafe_load", "full_load", "safe_load", "get_data", "system"}
    for path in Path(engine.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Call):
                assert getattr(node.func, "id", "") not in calls, path.name
                assert getattr(node.func, "attr", "") not in methods, path.name
            assert not {name.partition(".")[0] for name in names} & forbidden, path.name


@both
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("auth-provider", {"name": "gcp", "config": {"cmd-path": "/bin/sh"}}),
        ("auth-provider", {"name": "oidc", "config": {"client-secret": CANARY}}),
        ("auth-provider", CANARY),
        ("username", CANARY),
        ("password", CANARY),
    ],
)
def test_a02_other_ways_to_log_in_are_refused(shell, field, value):
    """No feature allows an authentication plugin or basic authentication."""
    rejected(refused(shell, user(**{field: value})), f"users[0].user.{field}")


@both
@pytest.mark.parametrize("spec", [
    direct(apiserver=f"https://admin:{CANARY}@a"),
    direct(apiserver=f"https://{CANARY}@a:6443"),
    cluster(server=f"https://admin:{CANARY}@a"),
])  # fmt: skip
def test_a02_basic_authentication_in_an_address_is_refused(shell, spec):
    """A user name in a URL is a credential that would show in every status."""
    problem = refused(shell, spec)

    assert isinstance(problem, CredentialRejected)
    assert "basic authentication" in problem.message


@both
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("field", ["client-certificate", "client-key", "tokenFile"])
def test_a03_paths_of_a_user_are_never_opened(shell, field, path):
    """A path means a file of whoever reads it: the controller's own token, say."""
    rejected(refused(shell, user(**{field: path})), f"users[0].user.{field}")
    beside = {"client-certificate-data": "YQ==", "client-key-data": "YQ==", field: path}
    rejected(refused(shell, user(**beside)), f"users[0].user.{field}")


@both
@pytest.mark.parametrize("path", PATHS)
def test_a03_a_path_of_a_ca_is_never_opened(shell, path):
    """Not even beside its data."""
    for beside in ({}, {"certificate-authority-data": "YQ=="}):
        problem = refused(shell, cluster(**beside, **{"certificate-authority": path}))
        rejected(problem, "clusters[0].cluster.certificate-authority")


@both
@pytest.mark.parametrize("proxy", [
    "http://p:3128", "https://p", "socks5://p:1080", f"http://u:{CANARY}@p", "p", "ftp://p", "\0",
])  # fmt: skip
def test_a05_a_proxy_is_refused_or_not_used(shell, proxy):
    """It would see every credential; where it is allowed, Clusterpedia alone uses it."""
    spec = cluster(**{"proxy-url": proxy})

    problem = refused(shell, spec, set(ALL) - {"ProxyURL"})

    rejected(problem, "clusters[0].cluster.proxy-url", "ProxyURL")
    if not proxy.startswith(("http", "socks5")):
        assert isinstance(refused(shell, spec), IncompleteCredentials)
    elif shell is by_hand:
        assert "uses no proxy" in by_hand(spec, ["ProxyURL"]).unprobed
    else:
        assert by_import(spec, ["ProxyURL"]).spec["kubeconfig"] == spec["kubeconfig"]


def test_a05_the_environment_changes_nothing(monkeypatch):
    """Proxies of this process are nobody's business."""
    before = by_hand(direct())
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "KUBECONFIG", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, f"http://{CANARY}:1")

    assert by_hand(direct()) == before


ADDRESSES = [
    "http://a",
    "HTTP://a:443",
    "file:///etc/passwd",
    "file://a/etc/passwd",
    "unix:///run/docker.sock",
    "ftp://a",
    "ws://a",
    "gopher://a:70/_x",
    "javascript://a",
    "://a",
    "https:\\\\a://",
    "http://https://a",
]


@both
@pytest.mark.parametrize("address", ADDRESSES)
def test_a06_only_https_is_spoken(shell, address):
    """Any other scheme sends the token in the open, or elsewhere than into a network."""
    for spec, field in (
        (direct(apiserver=address), "spec.apiserver"),
        (cluster(server=address), "spec.kubeconfig, clusters[0].cluster.server"),
    ):
        problem = refused(shell, spec)
        assert isinstance(problem, CredentialRejected)
        assert (problem.field, problem.features) == (field, ())
        assert "https://" in problem.message


@both
@pytest.mark.parametrize("address", ["1.2.3.4:6443", "unix:/run/x", "/run/x", "a", "data:x"])
def test_a06_a_kubeconfig_says_https_itself(shell, address):
    """client-go would connect in the open where the scheme is missing, and drop the CA."""
    rejected(refused(shell, cluster(server=address)), "clusters[0].cluster.server")


@both
@pytest.mark.parametrize("address", ["unix:/run/x", "file:/etc/passwd", "/run/x", "@a:", "a:x"])
def test_a06_what_is_left_of_a_scheme_is_no_host(shell, address):
    """Plain fields get https:// where there is none, and then have to name a host."""
    problem = refused(shell, direct(apiserver=address))

    assert problem.field == "spec.apiserver"


@both
@pytest.mark.parametrize("spec", [
    cluster(**{"insecure-skip-tls-verify": True}),
    {"apiserver": "https://a", "tokenData": "YQ=="},
    {"apiserver": "https://a", "tokenData": "YQ==", "caData": ""},
    {"apiserver": "a", "certData": base64_of(CERTIFICATE), "keyData": base64_of(KEY)},
])  # fmt: skip
def test_a10_an_unverified_server_is_refused(shell, spec):
    """By the flag of a kubeconfig, or by leaving out the CA; the policy may allow it."""
    problem = refused(shell, spec, set(ALL) - {"InsecureTLS"})

    assert isinstance(problem, CredentialRejected)
    assert problem.features == ("InsecureTLS",)
    assert "allowedCredentialFeatures: [InsecureTLS]" in problem.message
    allowed = shell(spec, ["InsecureTLS"])
    assert shell is by_import or allowed.connection.insecure


@both
@pytest.mark.parametrize("value", ["true", "", 1])
def test_t11_verification_is_turned_off_by_true_alone(shell, value):
    """client-go loads no kubeconfig that says it by a text, even where it is allowed."""
    problem = refused(shell, cluster(**{"insecure-skip-tls-verify": value}))

    assert isinstance(problem, IncompleteCredentials)
    assert "insecure-skip-tls-verify that is neither true nor false" in problem.message


@both
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("as", "system:admin"),
        ("as", CANARY),
        ("as-uid", "0"),
        ("as-groups", ["system:masters"]),
        ("as-user-extra", {"scopes": [CANARY]}),
    ],
)
def test_a11_impersonation_is_refused(shell, field, value):
    """The cluster would take one for somebody else than the credential says."""
    rejected(refused(shell, user(**{field: value})), f"users[0].user.{field}")


@both
@pytest.mark.parametrize(("field", "value"), [("as-groups", []), ("as-user-extra", {})])
def test_t11_groups_of_nobody_are_no_impersonation(shell, field, value):
    """client-go sends nothing for an empty list."""
    shell(user(**{field: value}))


def test_every_case_is_the_same_for_both():
    """Import and reconciler differ in no refusal of a connection that is in use."""
    specs: list[Mapping[str, object]] = [
        user(exec=EXEC), user(tokenFile="x"), user(**{"as": "x"}), user(token=""),
        cluster(server="http://a"), cluster(server="https://"), cluster(**{"proxy-url": "p"}),
        cluster(**{"insecure-skip-tls-verify": True}), direct(apiserver=""), direct(tokenData=""),
        direct(caData=""), direct(tokenData="%"), {"kubeconfig": "YQ=="}, {}, direct(caData="%"),
    ]  # fmt: skip
    for spec in specs:
        given = {name: value for name, value in spec.items() if value}
        one, other = refused(by_import, given, ()), refused(by_hand, given, ())
        assert type(one) is type(other) in {CredentialRejected, IncompleteCredentials}
        assert (one.field, one.features) == (other.field, other.features)
