"""What credentials come to that were judged: the connection that this process may open with them.

The import tells it along with what it writes, and whoever reads a PediaCluster finds the same.
"""

from collections.abc import Mapping
from typing import NamedTuple

from clusterimport.engine.addresses import normalize_address
from clusterimport.engine.kubeconfig import Kubeconfig
from clusterimport.model.connection import Connection
from clusterimport.model.policy import CredentialFeature


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
