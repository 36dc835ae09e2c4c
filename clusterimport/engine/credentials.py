"""Whether a connection may be used, and whether it can connect at all: the one place of rules.

What is imported ends in clustersynchro-manager, which does what a kubeconfig says. So the import
refuses before it writes (creation and update are blocked, nothing that exists is changed), and
PediaClusters that were made by hand are judged by the same rules before anybody connects.
"""

import base64
import dataclasses
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from clusterimport.engine.addresses import complete_address, inspect_address
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import CredentialRejected, IncompleteCredentials
from clusterimport.engine.kubeconfig import (
    Kubeconfig,
    KubeconfigError,
    read_kubeconfig,
)
from clusterimport.engine.kubeconfigform import written_form
from clusterimport.engine.rules import ImportRules
from clusterimport.limits import KUBECONFIG_BYTES, Limit
from clusterimport.model.pediacluster import AUTHENTICATION_FROM, decode_bytes
from clusterimport.model.policy import CredentialFeature, ImportOptions

_FIELDS: Final[Mapping[str, str]] = {
    "kubeconfig": "kubeconfig",
    "ca": "caData",
    "token": "tokenData",
    "cert": "certData",
    "key": "keyData",
}
"""The byte field of the spec for each kind of credential that ``authenticationFrom`` knows."""
_PAIR: Final = frozenset({"cert", "key"})
_TEMPLATE_ADVICE: Final = "check the fields that spec.template reads, or use `default`"
_NO_VALUES: Final = (b"<no value>", b"<nil>")
_GATE: Final = "ClusterAuthenticationFromSecret"
_INSECURE_TLS: Final = CredentialFeature.INSECURE_TLS


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


def check_connection(
    rendered: RenderedCluster, rules: ImportRules, options: ImportOptions
) -> RenderedCluster:
    """Return the cluster with its address completed, and its kubeconfig in the form to be written.

    Fields that do not count have to be in order as well: they would count as soon as somebody
    empties the others. Raises CredentialRejected for what is not allowed, IncompleteCredentials
    for what cannot work.
    """
    spec = dict(rendered.spec)
    for field in _FIELDS.values():
        decode_field(f"spec.{field}", spec.get(field) or "", _TEMPLATE_ADVICE)
    if "apiserver" in spec:
        spec["apiserver"] = complete_address(spec["apiserver"])
        _check_address(spec["apiserver"], _TEMPLATE_ADVICE)
    if AUTHENTICATION_FROM in spec and not rules.authentication_from:
        raise closed_gate()
    credentials = select_credentials(spec, advice=_TEMPLATE_ADVICE)
    kubeconfig = judge_credentials(credentials, rules.features(options), advice=_TEMPLATE_ADVICE)
    rendered = dataclasses.replace(rendered, spec=spec)
    return rendered if kubeconfig is None else _in_written_form(rendered, credentials, kubeconfig)


def used_sources(spec: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the entries of ``authenticationFrom`` that are used; none where it does not count."""
    given = _given(spec)
    sources = spec.get(AUTHENTICATION_FROM) or {}
    if "kubeconfig" in given or "token" in given or given >= _PAIR:
        return {}
    present = [kind for kind in _FIELDS if sources.get(kind) is not None]
    return {kind: sources[kind] for kind in _used(present)}


def select_credentials(spec: Mapping[str, Any], *, advice: str) -> Credentials:
    """Return what is used of a spec, nothing of a Secret read.

    ``advice`` is what a message tells to do about fields that are wrong. Raises
    IncompleteCredentials for a field that cannot be read.
    """
    apiserver = complete_address(spec.get("apiserver") or "")
    if spec.get(AUTHENTICATION_FROM) and (sources := used_sources(spec)):
        paths = {kind: f"spec.{AUTHENTICATION_FROM}.{kind}" for kind in sources}
        return Credentials(apiserver, paths, {}, in_secrets=True)
    paths = {kind: f"spec.{_FIELDS[kind]}" for kind in _used(_given(spec))}
    values = {kind: decode_field(path, spec[_FIELDS[kind]], advice) for kind, path in paths.items()}
    return Credentials(apiserver, paths, values)


def judge_credentials(
    credentials: Credentials, features: frozenset[str], *, advice: str
) -> Kubeconfig | None:
    """Return the kubeconfig, if one counts and is known.

    Raises CredentialRejected for what the features do not allow, IncompleteCredentials for what
    cannot connect.
    """
    if "kubeconfig" in credentials.paths:
        data = credentials.values.get("kubeconfig")
        if data is None:
            return None
        return _judge_kubeconfig(credentials.paths["kubeconfig"], data, features)
    _judge_fields(credentials, features, advice)
    return None


def decode_field(path: str, text: str, advice: str) -> bytes:
    """Decode a byte field; raises IncompleteCredentials for one that nobody could use."""
    try:
        # Beyond twice the size not even line breaks make it fit, so it is not decoded at all.
        data = decode_bytes(text) if len(text) <= 2 * KUBECONFIG_BYTES else None
    except ValueError:
        raise IncompleteCredentials(f"{path} is not base64; {advice}", field=path) from None
    if data is None or len(data) > KUBECONFIG_BYTES:
        problem = f"is larger than {KUBECONFIG_BYTES // 1024} KiB"
        message = f"{path} {problem}; {advice}"
        raise IncompleteCredentials(message, field=path, limit=Limit.KUBECONFIG_BYTES)
    if _NO_VALUES[0] in data or data in _NO_VALUES:
        problem = "encodes a value that is missing"
        raise IncompleteCredentials(f"{path} {problem}; {advice}", field=path)
    return data


def closed_gate() -> CredentialRejected:
    """Return the refusal of ``authenticationFrom`` where its gate is closed."""
    return CredentialRejected(
        f"spec.{AUTHENTICATION_FROM}",
        "is not honoured, since anybody who names a Secret could have it sent anywhere; start "
        f"the controller with --feature-gates={_GATE}=true, or use the fields of the Secret",
    )


def _given(spec: Mapping[str, Any]) -> frozenset[str]:
    """Return the kinds whose field of the spec is not empty, to a reader that decodes it."""
    return frozenset(
        kind for kind, field in _FIELDS.items() if (spec.get(field) or "").strip("\r\n")
    )


def _used(given: Collection[str]) -> tuple[str, ...]:
    """Return what is used of the kinds that are given: a kubeconfig alone, no half of a pair."""
    if "kubeconfig" in given:
        return ("kubeconfig",)
    has_pair = _PAIR.issubset(given)
    return tuple(kind for kind in _FIELDS if kind in given and (has_pair or kind not in _PAIR))


def _check_address(address: str, advice: str) -> None:
    problem = inspect_address(address)
    if problem is None:
        return
    if problem.is_refusal:
        raise CredentialRejected("spec.apiserver", f"{problem.value}; {advice}")
    raise IncompleteCredentials(f"spec.apiserver {problem.value}; {advice}", field="spec.apiserver")


def _judge_kubeconfig(path: str, data: bytes, features: frozenset[str]) -> Kubeconfig:
    try:
        kubeconfig = read_kubeconfig(data)
    except KubeconfigError as error:
        raise _incomplete(path, str(error), error.limit) from None
    for finding in kubeconfig.findings:
        if finding.feature is None or finding.feature not in features:
            raise CredentialRejected(
                f"{path}, {finding.field}",
                f"{finding.problem}; {_way_out(finding.feature)}",
                feature=finding.feature or "",
            )
    if not kubeconfig.has_credentials:
        problem = "has neither token nor client certificate with key for its current context"
        raise _incomplete(path, problem)
    # client-go refuses the next two as a whole, a token beside them or not.
    if kubeconfig.cert_data and not kubeconfig.key_data:
        raise _incomplete(path, "has a client certificate without its key")
    if kubeconfig.insecure and kubeconfig.ca_data:
        raise _incomplete(path, "has a CA beside insecure-skip-tls-verify, of which one has to go")
    return kubeconfig


def _in_written_form(
    rendered: RenderedCluster, credentials: Credentials, kubeconfig: Kubeconfig
) -> RenderedCluster:
    data = credentials.values["kubeconfig"]
    try:
        written = written_form(kubeconfig, data)
    except KubeconfigError as error:
        raise _incomplete(credentials.paths["kubeconfig"], str(error), error.limit) from None
    if written == data:
        return rendered
    printed = rendered.spec["kubeconfig"]
    spec = {**rendered.spec, "kubeconfig": base64.b64encode(written).decode("ascii")}
    return dataclasses.replace(rendered, spec=spec, printed_kubeconfig=printed)


def _judge_fields(credentials: Credentials, features: frozenset[str], advice: str) -> None:
    kinds = credentials.paths.keys()
    if "token" not in kinds and "cert" not in kinds:
        raise IncompleteCredentials(
            "there is no usable connection: kubeconfig, or apiserver with tokenData or with "
            f"certData and keyData. Often a Secret is not complete yet; {advice}"
        )
    if not credentials.apiserver:
        raise IncompleteCredentials(
            f"spec.apiserver is empty, and there are credentials for it; {advice}",
            field="spec.apiserver",
        )
    _check_address(credentials.apiserver, advice)
    if "ca" not in kinds and _INSECURE_TLS not in features:
        beside = " (spec.caData does not count beside it)" if credentials.in_secrets else ""
        raise CredentialRejected(
            f"spec.{AUTHENTICATION_FROM}.ca" if credentials.in_secrets else "spec.caData",
            f"is empty{beside}, and Clusterpedia would then verify no certificate of the API "
            f"server; give the CA, or {_way_out(_INSECURE_TLS)}",
            feature=_INSECURE_TLS,
        )


_KUBECONFIG_ADVICE: Final = "correct the object that it comes from"


def _incomplete(path: str, problem: str, limit: Limit | None = None) -> IncompleteCredentials:
    message = f"{path} {problem}; {_KUBECONFIG_ADVICE}"
    return IncompleteCredentials(message, field=path, limit=limit)


def _way_out(feature: CredentialFeature | None) -> str:
    if feature is None:
        return (
            f"{_KUBECONFIG_ADVICE}: only server (https), CA data, token and client certificate "
            "data are used"
        )
    return (
        f"allow it in the policy by allowedCredentialFeatures: [{feature}], or everywhere by "
        f"--allowed-credential-features={feature}"
    )
