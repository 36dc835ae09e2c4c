"""From a PediaCluster's spec to the connection that this process may open.

The order of precedence is Clusterpedia's, the rules are those of the import, so that a cluster
made by hand is judged like one that a policy made. Secrets are read by the caller.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from clusterimport.engine.assessment import Assessment, assessed
from clusterimport.engine.credentials import (
    closed_gate,
    decode_field,
    judge_credentials,
    select_credentials,
    used_sources,
)
from clusterimport.engine.errors import IncompleteCredentials, InvalidConnection
from clusterimport.engine.naming import is_subdomain
from clusterimport.engine.rules import ImportRules
from clusterimport.model.meta import Object, labels_of
from clusterimport.model.names import CLUSTER_CREDENTIAL_LABEL

__all__ = ["Assessment", "InvalidConnection", "SecretKey", "assess", "secret_references"]

_ADVICE: Final = "correct the PediaCluster, or what it is made from"


class SecretKey(NamedTuple):
    """One key of a Secret in the controller's namespace, and what it is used for."""

    name: str
    key: str
    kind: str
    """One of `AUTHENTICATION_KINDS`."""


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
    return assessed(credentials, judge_credentials(credentials, features, advice=_ADVICE))


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
