"""Reading a kubeconfig without doing anything that it says.

A kubeconfig is code: it may name programs to run, files to read and hosts to trust. Here it is
data of bounded size in a tree that no two YAML readers see differently; what else it would make a
client do is returned as findings, never followed. So is why client-go would not load it, which
reads the whole file and fails with all of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from clusterimport.engine.addresses import inspect_address, is_host, is_ipv6
from clusterimport.engine.goyaml import boolean_of, is_text
from clusterimport.engine.kubeconfigshape import ShapeError, check_exec, check_proxy, check_shape
from clusterimport.engine.naming import is_namespace
from clusterimport.engine.yamltree import (
    Node,
    Scalar,
    YamlError,
    YamlMapping,
    YamlSequence,
    load_tree,
)
from clusterimport.errors import ClusterImportError
from clusterimport.limits.counted import Limit
from clusterimport.limits.documents import KUBECONFIG_BYTES
from clusterimport.model.pediacluster import decode_bytes
from clusterimport.model.policy import CredentialFeature


class BadKubeconfigError(ClusterImportError):
    """It cannot be used as it is; the message quotes nothing of it.

    ``limit`` is the bound that was reached, if it was for one.
    """

    def __init__(self, problem: str, *, limit: Limit | None = None) -> None:
        super().__init__(problem)
        self.limit = limit


class KubeconfigFinding(NamedTuple):
    """Something in a kubeconfig that is refused, unless the feature named is allowed."""

    field: str
    problem: str
    feature: CredentialFeature | None = None


class KubeconfigNames(NamedTuple):
    """The names of the entries in use."""

    context: str
    cluster: str
    user: str


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """What of a kubeconfig is ever used: the cluster and user of its current context."""

    server: str
    tls_server_name: str
    ca_data: bytes
    cert_data: bytes
    key_data: bytes
    token: str
    insecure: bool
    has_proxy: bool
    has_exec: bool
    findings: tuple[KubeconfigFinding, ...]
    names: KubeconfigNames
    cluster_path: str
    """Where the cluster in use stands, as ``clusters[0].cluster``."""
    user_path: str
    """Where the user in use stands."""
    cluster: YamlMapping
    """Of the tree, the cluster in use."""
    user: YamlMapping
    is_known: bool = False
    """Whether it has no field but those that client-go knows, and no number in doubt."""
    unloadable: str = ""
    """Why client-go does not load it; empty where it does."""

    @property
    def has_pair(self) -> bool:
        """Whether there is a client certificate with its key."""
        return bool(self.cert_data and self.key_data)

    @property
    def has_credentials(self) -> bool:
        """Whether a client could authenticate with it."""
        return bool(self.token) or self.has_pair or self.has_exec

    def __repr__(self) -> str:
        return "Kubeconfig(…)"


def read_kubeconfig(data: bytes) -> Kubeconfig:
    """Read a kubeconfig in YAML or JSON; raises KubeconfigError.

    Findings cover every entry, not only those in use: nothing else is needed to import a cluster.
    """
    if len(data) > KUBECONFIG_BYTES:
        too_large = f"is larger than {KUBECONFIG_BYTES // 1024} KiB"
        raise BadKubeconfigError(too_large, limit=Limit.KUBECONFIG_BYTES)
    text = _text(data)
    root = _tree(text)
    is_known, unloadable = False, ""
    try:
        is_known = check_shape(root, text)
    except ShapeError as error:
        unloadable = str(error)
    try:
        kubeconfig = _read(root)
    except BadKubeconfigError as error:
        raise BadKubeconfigError(unloadable or str(error)) from None
    plugins = check_proxy(kubeconfig.cluster.get("proxy-url")) or check_exec(
        kubeconfig.user.get("exec")
    )
    return replace(kubeconfig, is_known=is_known, unloadable=unloadable or plugins)


def _read(root: YamlMapping) -> Kubeconfig:
    version, kind = _meaning(root, "apiVersion"), _meaning(root, "kind")
    if version not in {"", "v1"} or kind not in {"", "Config"}:
        raise BadKubeconfigError("is not of apiVersion v1 and kind Config")
    clusters = _named(root, "clusters", "cluster")
    users = _named(root, "users", "user")
    contexts = _named(root, "contexts", "context")
    findings = [*_cluster_findings(clusters), *_user_findings(users)]
    current = _value(root, "current-context")
    context = contexts.get(current)
    if not current or context is None:
        raise BadKubeconfigError("has no current-context that is among its contexts")
    cluster = clusters.get(_value(context.node, "cluster"))
    if cluster is None:
        raise BadKubeconfigError("has no cluster for its current context")
    user = users.get(_value(context.node, "user"), _NOBODY)
    namespace = _value(context.node, "namespace")
    if namespace and not is_namespace(namespace):
        raise BadKubeconfigError("has a namespace in its current context that is none")
    problem = inspect_address(_value(cluster.node, "server"))
    if problem is not None and not problem.is_refusal:
        raise BadKubeconfigError(f"has a {cluster.path}.server that {problem.value}")
    return _in_use(context, cluster, user, tuple(findings))


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadKubeconfigError("is not UTF-8 text") from None


def _tree(text: str) -> YamlMapping:
    try:
        root = load_tree(text)
    except YamlError as error:
        raise BadKubeconfigError(error.problem, limit=error.limit) from None
    if special := _READ_DIFFERENTLY.search(text):
        raise BadKubeconfigError(
            f"contains U+{ord(special[0]):04X}, which clients read differently"
        )
    if not isinstance(root, YamlMapping):
        raise BadKubeconfigError("is no YAML mapping")
    return root


class _Entry(NamedTuple):
    name: str
    path: str
    node: YamlMapping


_NOTHING: Final = YamlMapping((), 0, 0)
_NOBODY: Final = _Entry("", "users", _NOTHING)

_READ_DIFFERENTLY: Final = re.compile("[\x85\u2028\u2029\ufeff]")
"""Line ends to YAML 1.1 and characters to YAML 1.2, and the mark that libyaml skips.

No kubeconfig needs them, and between quotes there are escapes.
"""

_USER_PROBLEMS: Final[Mapping[str, tuple[str, CredentialFeature | None]]] = {
    "exec": ("would make its reader run a program", CredentialFeature.EXEC_PLUGIN),
    "auth-provider": ("would make its reader run an authentication plugin", None),
    "client-certificate": ("is a path to a file", None),
    "client-key": ("is a path to a file", None),
    "tokenFile": ("is a path to a file", None),
    "username": ("is basic authentication", None),
    "password": ("is basic authentication", None),
    "as": ("is impersonation", None),
    "as-uid": ("is impersonation", None),
    "as-groups": ("is impersonation", None),
    "as-user-extra": ("is impersonation", None),
}
_MANY: Final = frozenset(("as-groups", "as-user-extra"))
"""Fields that hold any number of values, and none of them says nothing."""


def _cluster_findings(clusters: Mapping[str, _Entry]) -> Iterator[KubeconfigFinding]:
    for _, path, cluster in clusters.values():
        problem = inspect_address(_value(cluster, "server"))
        if problem is not None and problem.is_refusal:
            yield KubeconfigFinding(f"{path}.server", problem.value)
        if _given(cluster.get("certificate-authority")):
            yield KubeconfigFinding(f"{path}.certificate-authority", "is a path to a file")
        if _is_insecure(cluster):
            yield KubeconfigFinding(
                f"{path}.insecure-skip-tls-verify",
                "turns TLS verification off",
                CredentialFeature.INSECURE_TLS,
            )
        if _given(cluster.get("proxy-url")):
            yield KubeconfigFinding(
                f"{path}.proxy-url",
                "sends the credentials through a proxy",
                CredentialFeature.PROXY_URL,
            )


def _user_findings(users: Mapping[str, _Entry]) -> Iterator[KubeconfigFinding]:
    for _, path, user in users.values():
        for key, value in user.items:
            problem = _USER_PROBLEMS.get(key.value)
            is_empty = key.value in _MANY and not isinstance(value, Scalar) and not value.items
            if problem and _given(value) and not is_empty:
                yield KubeconfigFinding(f"{path}.{key.value}", *problem)


def _in_use(
    context: _Entry, cluster: _Entry, user: _Entry, findings: tuple[KubeconfigFinding, ...]
) -> Kubeconfig:
    tls_server_name = _value(cluster.node, "tls-server-name")
    if tls_server_name and not (is_host(tls_server_name) or is_ipv6(tls_server_name)):
        raise BadKubeconfigError("has a tls-server-name that is no host name")
    return Kubeconfig(
        server=_value(cluster.node, "server"),
        tls_server_name=tls_server_name,
        ca_data=_data(cluster.node, "certificate-authority-data"),
        cert_data=_data(user.node, "client-certificate-data"),
        key_data=_data(user.node, "client-key-data"),
        token=_value(user.node, "token"),
        insecure=_is_insecure(cluster.node),
        has_proxy=_given(cluster.node.get("proxy-url")),
        has_exec=_given(user.node.get("exec")),
        findings=findings,
        names=KubeconfigNames(context.name, cluster.name, user.name),
        cluster_path=cluster.path,
        user_path=user.path,
        cluster=cluster.node,
        user=user.node,
    )


def _named(root: YamlMapping, plural: str, singular: str) -> dict[str, _Entry]:
    """Return the entries of a list by name."""
    node = root.get(plural)
    entries: dict[str, _Entry] = {}
    for index, item in enumerate(node.items if isinstance(node, YamlSequence) else ()):
        entry = item if isinstance(item, YamlMapping) else _NOTHING
        content = entry.get(singular)
        name = _value(entry, "name")
        entries[name] = _Entry(
            name,
            f"{plural}[{index}].{singular}",
            content if isinstance(content, YamlMapping) else _NOTHING,
        )
    return entries


def _value(node: YamlMapping, field: str) -> str:
    """Return a field that is a text, empty where it is absent or null."""
    value = node.get(field)
    return value.value if isinstance(value, Scalar) and not value.is_null else ""


def _meaning(root: YamlMapping, field: str) -> str:
    """Return kind or version as client-go sees it: in upper case, too, and the last one wins."""
    alike = {
        key.value: value for key, value in root.items if key.value.casefold() == field.casefold()
    }
    found = [alike[name] for name in sorted(alike)]
    texts = [each for each in found if not (isinstance(each, Scalar) and each.is_null)]
    if not all(isinstance(each, Scalar) and is_text(each) for each in texts):
        raise BadKubeconfigError(f"has a {field} that is no text")
    return next((each.value for each in reversed(texts) if isinstance(each, Scalar)), "")


def _given(node: Node | None) -> bool:
    """Whether a field says anything: null and empty texts do not."""
    if isinstance(node, Scalar):
        return bool(node.value) and not node.is_null
    return node is not None


def _is_insecure(cluster: YamlMapping) -> bool:
    """Whether TLS is not verified; everything but a clear no is a yes."""
    value = cluster.get("insecure-skip-tls-verify")
    return boolean_of(value) is not False and _given(value)


def _data(node: YamlMapping, field: str) -> bytes:
    try:
        return decode_bytes(_value(node, field))
    except ValueError:
        # For this it is not loaded.
        return b""
