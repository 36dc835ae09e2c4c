"""From an exception to a verdict; the one place that knows what sockets, OpenSSL and h11 raise.

Their texts are not used: they may quote the server, or the header with the token.
"""

import errno
import ssl
from typing import Final

import httpcore
import structlog

from clusterimport.limits.probes import RSA_KEY_BITS, SERVER_CERTIFICATE_BYTES, SERVER_CERTIFICATES
from clusterimport.probing import errors
from clusterimport.probing.result import ProbeReason, ProbeResult
from clusterimport.probing.wire import Stream

log = structlog.get_logger(__name__)


def explain(error: Exception, stream: Stream | None) -> ProbeResult:
    """Return what an exception means; ``stream`` is the connection it was raised on, if any."""
    match error:
        case errors.InvalidCertificates():
            return ProbeResult(
                ProbeReason.INVALID_CERTIFICATES,
                f"The credential cannot be used: {error}. Put a correct one in its source.",
            )
        case errors.Lacking():
            return untried(error.lack)
        case MemoryError():
            return untried(errors.Lack.SYSTEM_MEMORY)
        case errors.ProbeAnswerTooLarge() if not _is_connected(stream):
            return _NO_HANDSHAKE
        case errors.ProbeError():
            return _BY_ERROR[type(error)]
        case ssl.SSLCertVerificationError():
            return _BY_VERIFY_CODE.get(getattr(error, "verify_code", 0), _NOT_VERIFIED)
        case ssl.SSLError():
            return _explain_tls(error, stream)
        case TimeoutError():
            return _LOST if _is_connected(stream) else _NOT_IN_TIME
        case OSError() if error.errno in LACKS:
            return untried(LACKS[error.errno])
        case OSError():
            return _BY_ERRNO.get(error.errno or 0, _LOST)
        case httpcore.RemoteProtocolError():
            return _CLOSED_EARLY if stream is not None and stream.has_ended else _NOT_HTTP
        case _:
            # Only the kind: its text may be anything.
            log.error("probe failed unexpectedly", error=type(error).__name__)
            return _INTERNAL


def untried(lack: errors.Lack) -> ProbeResult:
    """Return that nothing is known of the cluster, and what of our own was missing."""
    return ProbeResult(
        ProbeReason.UNTRIED,
        f"Nothing is known of the cluster yet: the controller could not ask for want of {lack}.",
    )


def explain_timeout(stream: Stream | None, seconds_late: float) -> ProbeResult:
    """Return what it means that the time of the whole probe ran out, that much too late.

    An answer that is there and was not looked at is not the server's fault either.
    """
    if seconds_late > LATE_SECONDS or (stream is not None and stream.has_unread()):
        return untried(errors.Lack.TIME)
    return _SLOW if _is_connected(stream) else _NOT_IN_TIME


def _is_connected(stream: Stream | None) -> bool:
    return stream is not None and stream.is_secured


def _explain_tls(error: ssl.SSLError, stream: Stream | None) -> ProbeResult:
    reason = getattr(error, "reason", None) or ""  # only OpenSSL's own have one
    if isinstance(error, ssl.SSLEOFError):
        return _CLOSED_EARLY
    if reason == "MALLOC_FAILURE":
        return untried(errors.Lack.SYSTEM_MEMORY)
    if reason in _NO_TLS:
        return _NOT_TLS
    if "ALERT" in reason and any(word in reason for word in _CERTIFICATE_WORDS):
        # In the handshake or, with TLS 1.3, after it.
        return _CERTIFICATE_REFUSED
    return _LOST if _is_connected(stream) else _NO_HANDSHAKE


def _result(reason: ProbeReason, message: str) -> ProbeResult:
    return ProbeResult(reason, message)


LATE_SECONDS: Final = 1.0
"""How late a time limit may end; beyond it this process was held up, and perhaps overlooked the
answer."""

_NO_TLS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"}
)

_CERTIFICATE_WORDS: Final = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR")
"""What alerts about a client's certificate are called; the rest are about TLS itself."""

_NOT_IN_TIME: Final = _result(
    ProbeReason.TIMEOUT,
    "No connection with the server in time: look whether its address is right and reachable from "
    "this controller (firewall, security group, NetworkPolicy, VPN).",
)
_SLOW: Final = _result(
    ProbeReason.SLOW_ANSWER,
    "The server takes the connection, but does not answer completely in time: look at its load, "
    "and at proxies before it.",
)
_LOST: Final = _result(
    ProbeReason.CONNECTION_FAILED,
    "The connection with the server broke (reset, or timed out): look at the server, and at "
    "firewalls and proxies before it.",
)
_CLOSED_EARLY: Final = _result(
    ProbeReason.CONNECTION_FAILED,
    "The server closed the connection before it had answered: look at its log, and whether a "
    "balancer before it has a backend.",
)
_NO_ROUTE: Final = _result(
    ProbeReason.CONNECTION_FAILED,
    "There is no way to the server's address from this controller: look at routes, firewalls and "
    "NetworkPolicies.",
)
_INTERNAL: Final = _result(
    ProbeReason.CONNECTION_FAILED,
    "The probe failed for a reason of its own: see the log of this controller.",
)
_REFUSED: Final = _result(
    ProbeReason.CONNECTION_REFUSED,
    "Nothing listens at the server's address and port: correct the address, or start the API "
    "server.",
)
_NO_HANDSHAKE: Final = _result(
    ProbeReason.TLS_HANDSHAKE_FAILED,
    "TLS with the server cannot be agreed on (it needs TLS 1.2 or newer, a common cipher, and "
    "perhaps a client certificate): look at the server's TLS settings, address and port.",
)
_NOT_TLS: Final = _result(
    ProbeReason.TLS_HANDSHAKE_FAILED,
    "The server does not speak TLS at this port: use its https port.",
)
_CERTIFICATE_REFUSED: Final = _result(
    ProbeReason.TLS_HANDSHAKE_FAILED,
    "The server refuses the client certificate, or wants one that the credential does not have: "
    "put a valid one in its source.",
)
_NOT_HTTP: Final = _result(
    ProbeReason.UNEXPECTED_ANSWER,
    "What the server answers is not HTTP/1.1: correct the address and port.",
)
_NOT_VERIFIED: Final = _result(
    ProbeReason.TLS_VERIFICATION_FAILED,
    "The server's certificate cannot be verified: look at it, and at the CA data of the "
    "credential.",
)
_OTHER_CA: Final = _result(
    ProbeReason.TLS_VERIFICATION_FAILED,
    "The server's certificate is not signed by the CA of the credential (without CA data: by one "
    "of the system's): put the right CA data in its source, or correct the address.",
)
_OTHER_NAME: Final = _result(
    ProbeReason.TLS_VERIFICATION_FAILED,
    "The server's certificate is valid for other names than its address: use one of those, or "
    "set tls-server-name in the kubeconfig.",
)

_BY_VERIFY_CODE: Final = {
    # Numbers of OpenSSL's X509_V_ERR_…, which Python does not name.
    2: _OTHER_CA,  # unable to get the issuer
    7: _OTHER_CA,  # signed by another key: most clusters' CAs have the same name
    9: _result(
        ProbeReason.TLS_VERIFICATION_FAILED,
        "The server's certificate, or its CA, is not yet valid: look at the clocks of both sides.",
    ),
    10: _result(
        ProbeReason.TLS_VERIFICATION_FAILED,
        "The server's certificate, or its CA, has expired: renew it.",
    ),
    18: _OTHER_CA,  # self-signed
    19: _OTHER_CA,  # self-signed in the chain
    20: _OTHER_CA,  # unable to get the issuer locally
    21: _OTHER_CA,  # unable to verify the leaf
    62: _OTHER_NAME,  # host name
    64: _OTHER_NAME,  # IP address
}

_BY_ERRNO: Final = {
    errno.ECONNREFUSED: _REFUSED,
    errno.ENETUNREACH: _NO_ROUTE,
    errno.EHOSTUNREACH: _NO_ROUTE,
    errno.EADDRNOTAVAIL: _NO_ROUTE,
    errno.EAFNOSUPPORT: _NO_ROUTE,
    errno.EACCES: _NO_ROUTE,
    errno.EPERM: _NO_ROUTE,
}

LACKS: Final = {
    errno.EMFILE: errors.Lack.DESCRIPTORS,
    errno.ENFILE: errors.Lack.DESCRIPTORS,
    errno.ENOMEM: errors.Lack.SYSTEM_MEMORY,
    errno.ENOBUFS: errors.Lack.SYSTEM_MEMORY,
}
"""What the system says where it is we who lack something."""

_BY_ERROR: Final = {
    errors.ServerCertificates: _result(
        ProbeReason.TLS_VERIFICATION_FAILED,
        f"The server presents more than {SERVER_CERTIFICATES} certificates or "
        f"{SERVER_CERTIFICATE_BYTES // 1024} KiB of them, or a key that is not usual: RSA above "
        f"{RSA_KEY_BITS} bits or with a large exponent, or neither RSA, ECDSA (P-256, P-384, "
        "P-521) nor Ed25519: renew its certificate.",
    ),
    errors.AddressDenied: _result(
        ProbeReason.ADDRESS_DENIED,
        "Probes do not connect to the server's address (loopback, link-local, cloud metadata, "
        "reserved, or in --probe-deny-cidr): correct it, or allow it with --probe-allow-cidr.",
    ),
    errors.NameNotResolved: _result(
        ProbeReason.NAME_NOT_RESOLVED,
        "The name of the server leads to no address: correct it, or look at the DNS that this "
        "controller uses.",
    ),
    errors.InvalidAddress: _result(
        ProbeReason.NAME_NOT_RESOLVED,
        "The server's address is no https:// URL with a usable host and port: correct it.",
    ),
    errors.InvalidServerName: _result(
        ProbeReason.TLS_VERIFICATION_FAILED,
        "No certificate can be verified for the server's name: correct the address or "
        "tls-server-name.",
    ),
    errors.InvalidToken: _result(
        ProbeReason.UNAUTHORIZED,
        "The token holds characters that cannot be sent, perhaps a line break at its end: put a "
        "correct one in its source.",
    ),
    errors.ProbeAnswerTooLarge: ProbeResult(
        ProbeReason.ANSWER_TOO_LARGE,
        "The server answers with more than an API server says at /readyz and /version (64 KiB): "
        "correct the address, port or path.",
        is_answer=True,
    ),
}
