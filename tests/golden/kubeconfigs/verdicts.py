"""Whether client-go does with what is written what was judged here."""

import base64
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

from clusterimport.engine.addresses import normalize_address
from clusterimport.engine.credentials import check_connection
from clusterimport.engine.document import RenderedCluster
from clusterimport.engine.errors import InvalidConnection
from clusterimport.engine.kubeconfig import Kubeconfig, read_kubeconfig
from clusterimport.engine.rules import ImportRules
from clusterimport.engine.yamltree import Scalar, YamlMapping
from clusterimport.model.policy import CredentialFeature, ImportOptions
from tests.golden.kubeconfigs.loading import Answer

_NOTHING: Final = ImportOptions()
_EVERYTHING: Final = ImportOptions(allowed_credential_features=frozenset(CredentialFeature))
_ALLOWED: Final = frozenset({"exec", "insecure-skip-tls-verify", "proxy-url"})
_NEVER: Final = ("auth-provider", "username", "password", "impersonate", "files")


class Outcome(StrEnum):
    """What becomes of a kubeconfig with every feature allowed."""

    KEPT = "written as it is"
    CANONICAL = "written in canonical form"
    REFUSED = "refused"


class Judged(NamedTuple):
    """Our side of a case."""

    outcome: Outcome
    written: bytes = b""
    kubeconfig: Kubeconfig | None = None
    needs_features: bool = False
    """Whether it is refused where nothing is allowed."""


def judge(data: bytes) -> Judged:
    """Return what would be written, and what it was judged to be."""
    written = _written(data, _EVERYTHING)
    if written is None:
        return Judged(Outcome.REFUSED)
    outcome = Outcome.KEPT if written == data else Outcome.CANONICAL
    kubeconfig = read_kubeconfig(data)
    needs_features = bool(kubeconfig.findings) and _written(data, _NOTHING) is None
    return Judged(outcome, written, kubeconfig, needs_features)


def differences(judged: Judged, answer: Answer) -> list[str]:
    """Return what client-go sees otherwise in what is written; it may load nothing of it."""
    assert judged.kubeconfig is not None
    if "error" in answer:
        return []
    return list(_differences(judged.kubeconfig, answer, needs_features=judged.needs_features))


def _differences(kubeconfig: Kubeconfig, answer: Answer, *, needs_features: bool) -> Iterator[str]:
    pair = kubeconfig.has_pair
    expected: dict[str, Any] = {
        "ready": normalize_address(kubeconfig.server, of_kubeconfig=True) + "/readyz",
        "tls-server-name": kubeconfig.tls_server_name,
        "ca": _base64(kubeconfig.ca_data),
        "certificate": _base64(kubeconfig.cert_data if pair else b""),
        "key": _base64(kubeconfig.key_data if pair else b""),
        "token": kubeconfig.token,
        "insecure": kubeconfig.insecure,
    }
    found = answer | {"ready": asked_of(answer)}
    for field, value in expected.items():
        if found.get(field, "") != value and (found.get(field) or value):
            yield field
    if bool(answer.get("proxy")) is not kubeconfig.has_proxy:
        yield "proxy"
    if answer.get("exec", {}).get("command", "") != _command(kubeconfig):
        yield "exec"
    yield from (field for field in _NEVER if answer.get(field))
    allowed = _ALLOWED if needs_features else frozenset()
    yield from (
        f"elsewhere {field}" for field in answer.get("elsewhere", ()) if field not in allowed
    )


def asked_of(answer: Answer) -> str:
    """Return the URL that client-go asks; it keeps the mark of a query that is empty."""
    return str(answer.get("ready", "")).removesuffix("?")


def _command(kubeconfig: Kubeconfig) -> str:
    plugin = kubeconfig.user.get("exec")
    if not kubeconfig.has_exec or not isinstance(plugin, YamlMapping):
        return ""
    command = plugin.get("command")
    return command.value if isinstance(command, Scalar) and not command.is_null else ""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _written(data: bytes, options: ImportOptions) -> bytes | None:
    spec = {"kubeconfig": _base64(data)}
    rendered = RenderedCluster({}, {}, spec, frozenset(spec))
    try:
        text = check_connection(rendered, ImportRules(), options).spec["kubeconfig"]
    except InvalidConnection:
        return None
    return base64.b64decode(text)
