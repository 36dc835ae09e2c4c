"""Which credentials of a spec count, and whether they may be used: the one place of rules.

What is imported ends in clustersynchro-manager, which does what a kubeconfig says. So the import
refuses before it writes (creation and update are blocked, nothing that exists is changed), and
PediaClusters that were made by hand are judged by the same rules before anybody connects.
"""

import base64
import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from clusterimport import pki
from clusterimport.engine.addresses import complete_address, inspect_address
from clusterimport.engine.assessment import Credentials, CredentialVerdict, assessed, check_usable
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import CredentialRejected, IncompleteCredentials
from clusterimport.engine.kubeconfig import (
    BadKubeconfigError,
    Kubeconfig,
    KubeconfigFinding,
    read_kubeconfig,
)
from clusterimport.engine.kubeconfigform import written_form
from clusterimport.engine.rules import ImportRules
from clusterimport.limits.counted import Limit
from clusterimport.limits.documents import KUBECONFIG_BYTES
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
_TEMPLATE_ADVICE: Final = "correct what spec.template reads, or what it makes of it"
_NO_VALUES: Final = (b"<no value>", b"<nil>")
_WORDS_OF_KUBECONFIGS: Final = (b"clusters", b"current-context")
_FINDINGS_SHOWN: Final = 8
_GATE: Final = "ClusterAuthenticationFromSecret"
_INSECURE_TLS: Final = CredentialFeature.INSECURE_TLS


def check_connection(
    rendered: RenderedCluster, rules: ImportRules, options: ImportOptions, *, origin: str = ""
) -> RenderedCluster:
    """Return the cluster with its address completed, and its kubeconfig in the form to be written.

    Fields that do not count have to be in order as well: they would count as soon as somebody
    empties the others. ``origin`` names the objects that the template reads, for messages. Raises
    CredentialRejected for what is not allowed, IncompleteCredentials for what cannot work.
    """
    spec = dict(rendered.spec)
    advice = f"correct {origin}, or what spec.template makes of it" if origin else _TEMPLATE_ADVICE
    decoded = {
        field: decode_field(f"spec.{field}", spec.get(field) or "", advice)
        for field in _FIELDS.values()
    }
    if "apiserver" in spec:
        spec["apiserver"] = complete_address(spec["apiserver"])
        _check_address(spec["apiserver"], advice)
    if AUTHENTICATION_FROM in spec and not rules.authentication_from:
        raise closed_gate()
    credentials = select_credentials(spec, advice=advice, decoded=decoded)
    features = rules.features(options)
    kubeconfig = judge_credentials(credentials, features, advice=advice)
    rendered = dataclasses.replace(rendered, spec=spec)
    if kubeconfig is not None:
        rendered, kubeconfig = _in_written_form(rendered, credentials, kubeconfig, advice)
    if credentials.in_secrets:
        return rendered
    judged = CredentialVerdict(assessed(credentials, kubeconfig), features)
    return dataclasses.replace(rendered, judged=judged)


def used_sources(spec: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the entries of ``authenticationFrom`` that are used; none where it does not count."""
    given = _given(spec)
    sources = spec.get(AUTHENTICATION_FROM) or {}
    if "kubeconfig" in given or "token" in given or given >= _PAIR:
        return {}
    present = [kind for kind in _FIELDS if sources.get(kind) is not None]
    return {kind: sources[kind] for kind in _used(present)}


def select_credentials(
    spec: Mapping[str, Any], *, advice: str, decoded: Mapping[str, bytes] | None = None
) -> Credentials:
    """Return what is used of a spec, nothing of a Secret read.

    ``advice`` is what a message tells to do about fields that are wrong, ``decoded`` what the byte
    fields of the spec come to, where that is known. Raises IncompleteCredentials for a field that
    cannot be read.
    """
    apiserver = complete_address(spec.get("apiserver") or "")
    if spec.get(AUTHENTICATION_FROM) and (sources := used_sources(spec)):
        paths = {kind: f"spec.{AUTHENTICATION_FROM}.{kind}" for kind in sources}
        return Credentials(apiserver, paths, {}, in_secrets=True)
    paths = {kind: f"spec.{_FIELDS[kind]}" for kind in _used(_given(spec))}
    values = {
        kind: decoded[_FIELDS[kind]]
        if decoded is not None
        else decode_field(path, spec[_FIELDS[kind]], advice)
        for kind, path in paths.items()
    }
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
        return _judge_kubeconfig(credentials.paths["kubeconfig"], data, features, advice)
    _judge_fields(credentials, features, advice)
    check_usable(credentials.paths, credentials.values, advice)
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


def _judge_kubeconfig(path: str, data: bytes, features: frozenset[str], advice: str) -> Kubeconfig:
    try:
        kubeconfig = read_kubeconfig(data)
    except BadKubeconfigError as error:
        problem = _no_kubeconfig(data) or str(error)
        raise _incomplete(path, problem, advice, error.limit) from None
    refused = [each for each in kubeconfig.findings if each.feature not in features]
    if refused:
        raise _rejected(path, refused, advice)
    if kubeconfig.unloadable:
        raise _incomplete(path, kubeconfig.unloadable, advice)
    if not kubeconfig.has_credentials:
        problem = "has neither token nor client certificate with key for its current context"
        raise _incomplete(path, problem, advice)
    # client-go refuses the next two as a whole, a token beside them or not.
    if kubeconfig.cert_data and not kubeconfig.key_data:
        raise _incomplete(path, "has a client certificate without its key", advice)
    if kubeconfig.insecure and kubeconfig.ca_data:
        problem = "has a CA beside insecure-skip-tls-verify, of which one has to go"
        raise _incomplete(path, problem, advice)
    _check_content(path, kubeconfig, advice)
    return kubeconfig


def _no_kubeconfig(data: bytes) -> str:
    """Return what a text is in place of a kubeconfig; empty where that cannot be told."""
    if problem := pki.explain_common(data):
        return problem
    if any(word in pki.decoded_once_more(data) for word in _WORDS_OF_KUBECONFIGS):
        return "is encoded by base64 twice; leave `b64enc` out where the value is encoded already"
    return ""


def _rejected(path: str, refused: Sequence[KubeconfigFinding], advice: str) -> CredentialRejected:
    """Refuse everything at once, so that nobody has to come back for the next."""
    never = [finding for finding in refused if finding.feature is None]
    features = tuple(dict.fromkeys(each.feature for each in refused if each.feature))
    first, *others = never or refused
    told = "".join(f"; {finding.field} {finding.problem}" for finding in others[:_FINDINGS_SHOWN])
    if len(others) > _FINDINGS_SHOWN:
        told += f"; and {len(others) - _FINDINGS_SHOWN} more"
    problem = f"{first.problem}{told}; {advice}"
    if never:
        problem += ": only server (https), CA data, token and client certificate data are used"
        features = ()
    return CredentialRejected(f"{path}, {first.field}", problem, features=features)


def _check_content(path: str, kubeconfig: Kubeconfig, advice: str) -> None:
    fields = {
        "ca": (f"{kubeconfig.cluster_path}.certificate-authority-data", kubeconfig.ca_data),
        "token": (f"{kubeconfig.user_path}.token", kubeconfig.token.encode()),
        "cert": (f"{kubeconfig.user_path}.client-certificate-data", kubeconfig.cert_data),
        "key": (f"{kubeconfig.user_path}.client-key-data", kubeconfig.key_data),
    }
    paths = {kind: f"{path}, {field}" for kind, (field, _) in fields.items()}
    check_usable(paths, {kind: value for kind, (_, value) in fields.items()}, advice)


def _in_written_form(
    rendered: RenderedCluster, credentials: Credentials, kubeconfig: Kubeconfig, advice: str
) -> tuple[RenderedCluster, Kubeconfig]:
    data = credentials.values["kubeconfig"]
    try:
        written = written_form(kubeconfig, data)
    except BadKubeconfigError as error:
        path = credentials.paths["kubeconfig"]
        raise _incomplete(path, str(error), advice, error.limit) from None
    if written == data:
        return rendered, kubeconfig
    printed = rendered.spec["kubeconfig"]
    spec = {**rendered.spec, "kubeconfig": base64.b64encode(written).decode("ascii")}
    rendered = dataclasses.replace(rendered, spec=spec, printed_kubeconfig=printed)
    # Of each entry it has the one in use, so that this is where who reads it again finds them.
    return rendered, dataclasses.replace(
        kubeconfig, cluster_path="clusters[0].cluster", user_path="users[0].user"
    )


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
            "server; give the CA, or, where a public CA has signed that certificate, print a "
            "kubeconfig without certificate-authority-data in place of these fields",
            features=(_INSECURE_TLS,),
        )


def _incomplete(
    path: str, problem: str, advice: str, limit: Limit | None = None
) -> IncompleteCredentials:
    return IncompleteCredentials(f"{path} {problem}; {advice}", field=path, limit=limit)
