"""Whether a rendered connection may be imported, and whether it can connect at all.

What is written ends in clustersynchro-manager, which does what a kubeconfig says. A refusal blocks
creation and update and changes nothing that exists.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from clusterimport.engine.addresses import AddressProblem, complete_address, inspect_address
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import CredentialRejected, IncompleteCredentials
from clusterimport.engine.kubeconfig import KubeconfigError, read_kubeconfig
from clusterimport.engine.rules import ImportRules
from clusterimport.model.pediacluster import AUTHENTICATION_FROM, BYTE_FIELDS, decode_bytes
from clusterimport.model.policy import CredentialFeature, ImportOptions

_NO_VALUES: Final = (b"<no value>", b"<nil>")
_GATE: Final = "ClusterAuthenticationFromSecret"


def check_connection(
    rendered: RenderedCluster, rules: ImportRules, options: ImportOptions
) -> RenderedCluster:
    """Return the cluster with its address completed by a scheme.

    Raises CredentialRejected for what is not allowed, IncompleteCredentials for what cannot work.
    """
    spec = dict(rendered.spec)
    features = rules.features(options)
    _check_missing_values(spec)
    if "apiserver" in spec:
        spec["apiserver"] = complete_address(spec["apiserver"])
        _check_address(spec["apiserver"])
    if AUTHENTICATION_FROM in spec and not rules.authentication_from:
        raise CredentialRejected(
            f"spec.{AUTHENTICATION_FROM}",
            "is not honoured, since anybody who names a Secret could have it sent anywhere; start "
            f"the controller with --feature-gates={_GATE}=true, or use the fields of the Secret",
        )
    if "kubeconfig" in spec:
        _check_kubeconfig(decode_bytes(spec["kubeconfig"]), features)
    else:
        _check_fields(spec, features)
    return dataclasses.replace(rendered, spec=spec)


def _check_missing_values(spec: Mapping[str, Any]) -> None:
    for field in BYTE_FIELDS:
        data = decode_bytes(spec.get(field, ""))
        if _NO_VALUES[0] in data or data in _NO_VALUES:
            raise IncompleteCredentials(
                f"spec.{field} encodes a value that is missing; check the fields that "
                "spec.template reads, or use `default`"
            )


def _check_address(address: str) -> None:
    problem = inspect_address(address)
    if problem is AddressProblem.UNUSABLE:
        raise IncompleteCredentials(
            f"spec.apiserver {problem.value}; check the fields that spec.template reads"
        )
    if problem is not None:
        raise CredentialRejected("spec.apiserver", f"{problem.value}; correct the source")


def _check_kubeconfig(data: bytes, features: frozenset[str]) -> None:
    try:
        kubeconfig = read_kubeconfig(data)
    except KubeconfigError as error:
        raise IncompleteCredentials(
            f"spec.kubeconfig {error}; correct the object that it comes from"
        ) from None
    for finding in kubeconfig.findings:
        if finding.feature is None or finding.feature not in features:
            raise CredentialRejected(
                f"spec.kubeconfig, {finding.field}",
                f"{finding.problem}; {_way_out(finding.feature)}",
                feature=finding.feature or "",
            )
    if not kubeconfig.has_credentials:
        raise IncompleteCredentials(
            "spec.kubeconfig has neither token nor client certificate with key for the user of its "
            "current context; correct the object that it comes from"
        )


def _check_fields(spec: Mapping[str, Any], features: frozenset[str]) -> None:
    has_token = "tokenData" in spec
    has_certificate = "certData" in spec and "keyData" in spec
    sources = frozenset[str]()
    if not has_token and not has_certificate:
        # Clusterpedia looks at authenticationFrom only then.
        sources = frozenset(spec.get(AUTHENTICATION_FROM, ()))
    if "kubeconfig" in sources:
        return
    if not (has_token or has_certificate or "token" in sources or sources >= {"cert", "key"}):
        raise IncompleteCredentials(
            "the template renders no usable connection: kubeconfig, or apiserver with tokenData or "
            "with certData and keyData. Often a Secret is not complete yet"
        )
    if "apiserver" not in spec:
        raise IncompleteCredentials(
            "the template renders no apiserver for its credentials; check the fields that it reads"
        )
    if "caData" not in spec and "ca" not in sources and _insecure() not in features:
        raise CredentialRejected(
            "spec.caData",
            "is empty, and Clusterpedia would then verify no certificate of the API server; "
            f"render the CA, or {_way_out(_insecure())}",
            feature=_insecure(),
        )


def _insecure() -> CredentialFeature:
    return CredentialFeature.INSECURE_TLS


def _way_out(feature: CredentialFeature | None) -> str:
    if feature is None:
        return (
            "correct the object that it comes from: only server (https), CA data, token and client "
            "certificate data are used"
        )
    return (
        f"allow it in the policy by allowedCredentialFeatures: [{feature}], or everywhere by "
        f"--allowed-credential-features={feature}"
    )
