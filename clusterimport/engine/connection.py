"""From a PediaCluster's spec to the connection that this process may open.

The order of precedence is Clusterpedia's, the rules are those of the import, so that a cluster
made by hand is judged like one that a policy made. Secrets are read by the caller.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from clusterimport.engine.addresses import normalize_address
from clusterimport.engine.credentials import (
    Credentials,
    closed_gate,
    decode_field,
    judge_credentials,
    select_credentials,
    used_sources,
)
from clusterimport.engine.errors import IncompleteCredentials, InvalidConnection
from clusterimport.engine.kubeconfig import Kubeconfig
from clusterimport.engine.naming import is_subdomain
from clusterimport.engine.rules import ImportRules
from clusterimport.model.connection import Connection
from clusterimport.model.meta import Object, labels_of
from clusterimport.model.names import CLUSTER_CREDENTIAL_LABEL
from clusterimport.model.policy import CredentialFeature

__all__ = ["Assessment", "InvalidConnection", "SecretKey", "assess", "secret_references"]

_ADVICE: Final = "correct the PediaCluster, or what it is made from"


class SecretKey(NamedTuple):
    """One key of a Secret in the controller's namespace, and what it is used for."""

    name: str
    key: str
    kind: str
    """One of `AUTHENTICATION_KINDS`."""


class Assessment(NamedTuple):
    """What the credentials of a PediaCluster come to, where they may be used."""

    connection: Connection
    features: frozenset[CredentialFeature]
    """What in use had to be allowed; of a kubeconfig, by its current context."""
    unprobed: str = ""
    """Why this process does not open it, although Clusterpedia may; empty where it does."""


def secret_references(spec: Mapping[str, Any], rules: ImportRules) -> tuple[SecretKey, ...]:
    """Return what ``authenticationFrom`` needs to have read before a connection can be built.

    Empty where it does not count, or its gate is closed. Names that no Secret can have are left
    out: `assess` refuses them.
    """
    if not rules.authentication_from:
        return ()
    return tuple(secret for secret in _secret_keys(spec) if is_subdomain(secret.name))


def assess(
    spec: Mapping[str, Any],
    features: frozenset[str],
    *,
    secrets: Mapping[SecretKey, Object | None],
) -> Assessment:
    """Judge what a PediaCluster describes; ``features`` are those that are allowed.

    ``secrets`` holds, for each of `secret_references`, the whole Secret, or None where there is
    none; what is not in it was not to be read, because the gate is closed.

    Raises InvalidConnection (CredentialRejected, IncompleteCredentials) where Clusterpedia should
    not or could not connect.
    """
    credentials = select_credentials(spec, advice=_ADVICE)
    if credentials.in_secrets:
        values = {
            secret.kind: _read(secret, credentials.paths[secret.kind], secrets)
            for secret in _secret_keys(spec)
        }
        credentials = credentials._replace(values=values)
    kubeconfig = judge_credentials(credentials, features, advice=_ADVICE)
    used = _features_in_use(credentials, kubeconfig)
    if kubeconfig is None:
        return Assessment(_from_fields(credentials), used)
    path = credentials.paths["kubeconfig"]
    return Assessment(_from_kubeconfig(kubeconfig), used, _obstacle(kubeconfig, path))


def _secret_keys(spec: Mapping[str, Any]) -> tuple[SecretKey, ...]:
    return tuple(
        SecretKey(source.get("name") or "", source.get("key") or "", kind)
        for kind, source in used_sources(spec).items()
    )


def _read(secret: SecretKey, path: str, secrets: Mapping[SecretKey, Object | None]) -> bytes:
    if not is_subdomain(secret.name):
        raise IncompleteCredentials(
            f"{path}.name is no name that a Secret can have; {_ADVICE}", field=f"{path}.name"
        )
    if secret not in secrets:
        raise closed_gate()
    obj = secrets[secret]
    if obj is None or labels_of(obj).get(CLUSTER_CREDENTIAL_LABEL) != "true":
        # One message for both: nobody learns from it which Secrets there are.
        raise IncompleteCredentials(
            f"{path} needs the Secret {secret.name} in the controller's namespace, with the label "
            f'{CLUSTER_CREDENTIAL_LABEL}: "true"; create it, or label it',
            field=path,
        )
    advice = f"correct the Secret {secret.name}"
    data = decode_field(path, (obj.get("data") or {}).get(secret.key) or "", advice)
    if not data:
        raise IncompleteCredentials(
            f"{path} needs a key that is not in the Secret {secret.name}, or is empty there; often "
            f"a Secret is not complete yet; {advice}",
            field=path,
        )
    return data


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
