"""From an HTTP answer to a verdict.

The body is judged and dropped: of all that a server sends, only a version that looks like one
goes on, since whoever runs the server may not choose what our users read.
"""

import re
from typing import Final

import msgspec

from clusterimport.limits.probes import VERSION_CHARACTERS
from clusterimport.probing.channel import ProbeAnswer
from clusterimport.probing.result import ProbeReason, ProbeResult

_VERSION: Final = re.compile(r"v?[0-9]{1,5}\.[0-9]{1,5}[0-9A-Za-z.+_~$:%-]*")
"""No more than versions have (``v0.0.0-master+$Format:%H$`` without a build): it is shown, and a
server chooses it."""


class _Version(msgspec.Struct):
    gitVersion: str  # noqa: N815  Kubernetes' name


_DECODER: Final = msgspec.json.Decoder(_Version)


def judge_readiness(answer: ProbeAnswer) -> ProbeResult | None:
    """Return why a server is not ready, or None where ``/readyz`` or ``/healthz`` says it is."""
    return _judge_status(answer)


def judge_version(answer: ProbeAnswer) -> ProbeResult:
    """Return the verdict about a ready server, from its answer to ``/version``."""
    refusal = _judge_status(answer)
    if refusal is not None:
        return refusal
    try:
        version = _DECODER.decode(answer.body).gitVersion
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _UNEXPECTED
    if len(version) > VERSION_CHARACTERS or not _VERSION.fullmatch(version):
        return _UNEXPECTED
    return ProbeResult(
        ProbeReason.REACHABLE, "The API server is ready.", version=version, is_answer=True
    )


def _judge_status(answer: ProbeAnswer) -> ProbeResult | None:
    status = answer.status
    if 200 <= status < 300:
        return _UNEXPECTED if answer.is_encoded else None
    if 300 <= status < 400:
        return _REDIRECTED
    if status >= 500:
        return _SERVER_ERROR
    return _BY_STATUS.get(status, _UNEXPECTED)


def _answer(reason: ProbeReason, message: str) -> ProbeResult:
    return ProbeResult(reason, message, is_answer=True)


_UNEXPECTED: Final = _answer(
    ProbeReason.UNEXPECTED_ANSWER,
    "Something answers at the server's address, but not as a Kubernetes API server does (no plain "
    "200 at /readyz and a version at /version): correct the address, port or path; it may be a "
    "proxy or a login page.",
)
_REDIRECTED: Final = _answer(
    ProbeReason.REDIRECTED,
    "The server redirects to another address, which is not followed since the credential is only "
    "for this one: use the address that the API server itself has.",
)
_SERVER_ERROR: Final = _answer(
    ProbeReason.SERVER_ERROR,
    "The API server is not ready or fails (5xx at /readyz or /version): look at its own health "
    "with kubectl get --raw '/readyz?verbose', and at proxies before it.",
)
_BY_STATUS: Final = {
    401: _answer(
        ProbeReason.UNAUTHORIZED,
        "The API server does not accept the credential (401): it is wrong, expired or revoked, or "
        "belongs to another cluster; put a new one in its source.",
    ),
    403: _answer(
        ProbeReason.FORBIDDEN,
        "The credential may not get /readyz, /healthz or /version (403): bind its user to the "
        "ClusterRoles system:monitoring and system:public-info-viewer in the imported cluster.",
    ),
    429: _answer(
        ProbeReason.THROTTLED,
        "The API server refuses requests because it has too many (429): look at its load and at "
        "its flow schemas.",
    ),
}
