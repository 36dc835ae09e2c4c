"""What credentials come to: whether they could work at all, and the connection to open with them.

Whether they could work is one judgement, made before a write and by a probe. What could not is not
written: neither over a connection that works, nor as a new one that would be called unusable as
soon as it stands. The import tells the connection along with what it writes, and whoever reads a
PediaCluster finds the same.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from clusterimport import pki
from clusterimport.engine.addresses import normalize_address
from clusterimport.engine.errors import IncompleteCredentials
from clusterimport.engine.kubeconfig import Kubeconfig
from clusterimport.model.connection import Connection
from clusterimport.model.policy import CredentialFeature

_TOKEN: Final = re.compile(rb"[!-~]+[ \t]*")
"""Visible ASCII, in which a header ends; blanks behind it are taken off on the way."""
_JWT: Final = re.compile(rb"eyJ[-\w]+\.eyJ[-\w]+\.[-\w]*")


class Assessment(NamedTuple):
    """What the credentials of a PediaCluster come to, where they may be used."""

    connection: Connection
    features: frozenset[CredentialFeature]
    """What in use had to be allowed; of a kubeconfig, by its current context."""
    unprobed: str = ""
    """Why this process does not open it, although Clusterpedia may; empty where it does."""


class CredentialVerdict(NamedTuple):
    """A verdict on credentials that may be used, and what they were allowed to contain."""

    assessment: Assessment
    features: frozenset[str]


class Credentials(NamedTuple):
    """What of a spec is used, by Clusterpedia's order of precedence."""

    apiserver: str
    """With a scheme; empty where there is none."""
    paths: Mapping[str, str]
    """Where each kind that is used stands: a field of the spec, or of ``authenticationFrom``."""
    values: Mapping[str, bytes]
    """The content of each kind; what a Secret holds is missing until somebody has read it."""
    in_secrets: bool = False
    """Whether it is ``authenticationFrom`` that counts; nothing but apiserver does beside it."""


def assessed(credentials: Credentials, kubeconfig: Kubeconfig | None) -> Assessment:
    """Return what they come to; they may be used, and ``kubeconfig`` is theirs, if one counts."""
    used = _features_in_use(credentials, kubeconfig)
    if kubeconfig is None:
        return Assessment(_from_fields(credentials), used)
    path = credentials.paths["kubeconfig"]
    return Assessment(_from_kubeconfig(kubeconfig), used, _obstacle(kubeconfig, path))


def _features_in_use(
    credentials: Credentials, kubeconfig: Kubeconfig | None
) -> frozenset[CredentialFeature]:
    if kubeconfig is None:
        used = {CredentialFeature.INSECURE_TLS: "ca" not in credentials.paths}
    else:
        used = {
            CredentialFeature.INSECURE_TLS: kubeconfig.insecure,
            CredentialFeature.PROXY_URL: kubeconfig.has_proxy,
            CredentialFeature.EXEC_PLUGIN: kubeconfig.has_exec,
        }
    return frozenset(feature for feature, is_used in used.items() if is_used)


def _obstacle(kubeconfig: Kubeconfig, path: str) -> str:
    """Return why nothing is asked with a kubeconfig that may be used; empty if it is."""
    if kubeconfig.has_proxy:
        return (
            f"{path}, {kubeconfig.cluster_path}.proxy-url is allowed, and the cluster is not "
            "probed: this controller uses no proxy of a cluster"
        )
    if not kubeconfig.token and not kubeconfig.has_pair:
        return (
            f"{path}, {kubeconfig.user_path}.exec is allowed, and the cluster is not probed: this "
            "controller runs no program"
        )
    return ""


def _from_kubeconfig(kubeconfig: Kubeconfig) -> Connection:
    has_pair = kubeconfig.has_pair
    return Connection(
        server=normalize_address(kubeconfig.server, of_kubeconfig=True),
        tls_server_name=kubeconfig.tls_server_name,
        ca_data=kubeconfig.ca_data,
        cert_data=kubeconfig.cert_data if has_pair else b"",
        key_data=kubeconfig.key_data if has_pair else b"",
        token=kubeconfig.token.rstrip(),
        insecure=kubeconfig.insecure,
    )


def _from_fields(credentials: Credentials) -> Connection:
    values = credentials.values
    return Connection(
        server=normalize_address(credentials.apiserver),
        ca_data=values.get("ca", b""),
        cert_data=values.get("cert", b""),
        key_data=values.get("key", b""),
        token=values.get("token", b"").decode().rstrip(),
        insecure="ca" not in values,
    )


def check_usable(paths: Mapping[str, str], values: Mapping[str, bytes], advice: str) -> None:
    """Look at the credentials of a connection, by kind: ca, token, cert and key.

    What is empty or missing is not looked at. ``paths`` says where each stands, ``advice`` what to
    do. Raises IncompleteCredentials.
    """
    authorities, token = values.get("ca"), values.get("token")
    if authorities:
        try:
            pki.check_authorities(authorities)
        except pki.Unusable as unusable:
            raise _incomplete(paths["ca"], unusable.problem, advice) from None
    if token and (problem := _problem_of_token(token)):
        raise _incomplete(paths["token"], problem, advice)
    certificates, key = values.get("cert"), values.get("key")
    if certificates and key:
        try:
            pki.read_pair(certificates, key)
        except pki.Unusable as unusable:
            kind = "key" if unusable.is_key else "cert"
            raise _incomplete(paths[kind], unusable.problem, advice) from None


def _problem_of_token(token: bytes) -> str:
    if problem := pki.explain_common(token):
        return problem
    if _JWT.fullmatch(pki.decoded_once_more(token)):
        return "is encoded by base64 twice; leave `b64enc` out where the value is encoded already"
    if _TOKEN.fullmatch(token):
        return ""
    if _TOKEN.fullmatch(token.rstrip(b"\r\n")):
        return "ends in a line break, which no token has; take it off, in a template by `trim`"
    return "contains a line break, a space or another character that no token has"


def _incomplete(path: str, problem: str, advice: str) -> IncompleteCredentials:
    return IncompleteCredentials(f"{path} {problem}; {advice}", field=path)
