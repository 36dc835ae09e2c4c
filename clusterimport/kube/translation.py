"""The one place where foreign errors become ours: what servers answer, and what libraries raise.

Of a metav1.Status is kept what is known to be harmless. Nothing else knows what aiohttp, asyncio
and ssl raise; texts are made here from fixed words and the system's error strings: aiohttp's own
may quote URLs with passwords of proxies, and some of its exceptions hold the headers that were
sent.
"""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
import msgspec

from clusterimport.kube.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Cause,
    Conflict,
    Expired,
    Forbidden,
    InternalError,
    Invalid,
    NotFound,
    RequestEntityTooLarge,
    ServerTimeout,
    ServiceUnavailable,
    StreamError,
    TooManyRequests,
    TransportError,
    Unauthorized,
)
from clusterimport.kube.gate import closed_gate_in
from clusterimport.limits.requests import ERROR_CAUSES, ERROR_TEXT_CHARACTERS, RETRY_AFTER_SECONDS

_WORD = re.compile(r"[A-Z][A-Za-z]{0,63}")


def from_status(
    status: int, body: bytes, headers: Mapping[str, str], verb: str, resource: str
) -> ApiError:
    """Make the error of an HTTP answer; a body that is not a Status is dropped.

    Args:
        status: the HTTP code.
        body: as received; may be cut off, empty or of any other kind.
        headers: looked at for ``Retry-After`` in seconds only.
        verb: Kubernetes' verb, which decides whether texts are kept.
        resource: what the text names, as ``resource.group``.

    """
    parsed = _decoded(body)
    retry_after = _seconds(headers.get("Retry-After"))
    return _build(status, parsed, retry_after, verb, resource)


def from_event(body: bytes, verb: str, resource: str) -> ApiError:
    """Make the error of the object of an ``ERROR`` event; 500 where it tells no code."""
    obj = _decoded(body)
    code = obj.get("code") if isinstance(obj, dict) else None
    return _build(code if isinstance(code, int) else 500, obj, None, verb, resource)


def _decoded(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _build(
    status: int, parsed: object, retry_after: float | None, verb: str, resource: str
) -> ApiError:
    body = _dict(parsed)
    if body.get("kind") != "Status":
        body = {}
    details = _dict(body.get("details"))
    reason = _word(body.get("reason"))
    raw_causes = details.get("causes")
    causes = tuple(
        Cause(
            field=_text(cause.get("field")),
            reason=_word(cause.get("reason")),
            message=_text(cause.get("message")),
        )
        for cause in (raw_causes if isinstance(raw_causes, list) else [])[:ERROR_CAUSES]
        if isinstance(cause, dict)
    )
    waits = [
        wait
        for wait in (retry_after, _seconds(details.get("retryAfterSeconds")))
        if wait is not None
    ]
    kind = _BY_REASON.get(reason) or _BY_CODE.get(status, ApiError)
    return kind(
        status,
        reason,
        _text(body.get("message")),
        verb=verb,
        resource=resource,
        details_name=_text(details.get("name")),
        details_kind=_text(details.get("kind")),
        causes=causes,
        retry_after_seconds=max(waits, default=None),
    )


_BY_CODE: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    413: RequestEntityTooLarge,
    422: Invalid,
    429: TooManyRequests,
    500: InternalError,
    503: ServiceUnavailable,
    504: ServerTimeout,
}

_BY_REASON: dict[str, type[ApiError]] = {
    # Only those that mean more than their code does.
    "AlreadyExists": AlreadyExists,
    "Expired": Expired,
    "Gone": Expired,
    "ServerTimeout": ServerTimeout,
    "Timeout": ServerTimeout,
}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str:
    # A webhook chooses its reason; anything but a CamelCase word could carry a value.
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    cut = value[:ERROR_TEXT_CHARACTERS]
    return "".join(character if character.isprintable() else " " for character in cut)


def _seconds(value: object) -> float | None:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value[:12])
    if isinstance(value, int) and value >= 0:
        return min(float(value), RETRY_AFTER_SECONDS)
    return None


@contextmanager
def translated(verb: str, resource: str) -> Iterator[None]:
    """Turn what a request raises into TransportError, or GateClosed if that is what happened."""
    try:
        yield
    except (aiohttp.ClientError, ssl.SSLError, OSError, TimeoutError, UnicodeError) as error:
        gate = closed_gate_in(error)
        if gate is not None:
            raise gate from None
        # Only the operating system's error is chained, because it holds nothing of ours.
        raise _translate(error, f"{verb} {resource}") from _system_error(error)


def _translate(error: BaseException, what: str) -> TransportError:
    if isinstance(error, TimeoutError | aiohttp.ServerTimeoutError | asyncio.TimeoutError):
        return TransportError(f"{what}: timed out", reason="Timeout")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate(error.certificate_error, what)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, what)
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return TransportError(f"{what}: the proxy failed", reason="ProxyFailed")
    if isinstance(error, aiohttp.ClientConnectorDNSError | socket.gaierror | UnicodeError):
        return TransportError(
            f"{what}: the server's name cannot be resolved", reason="NameResolutionFailed"
        )
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL):
        return StreamError(f"{what}: the answer is not HTTP")
    system = _system_error(error)
    if isinstance(error, aiohttp.ClientSSLError) or isinstance(system, ssl.SSLError):
        return TransportError(f"{what}: TLS handshake failed", reason="TLSFailed")
    if isinstance(system, ConnectionRefusedError):
        return TransportError(f"{what}: connection refused", reason="ConnectionRefused")
    if isinstance(system, TimeoutError):
        return TransportError(f"{what}: timed out", reason="Timeout")
    if system is not None and system.errno is not None and system.errno > 0:
        return TransportError(f"{what}: {os.strerror(system.errno).lower()}")
    return TransportError(f"{what}: the connection was lost")


def _certificate(error: BaseException, what: str) -> TransportError:
    detail = getattr(error, "verify_message", "") or "certificate not accepted"
    return TransportError(f"{what}: {detail}", reason="TLSVerificationFailed")


def _system_error(error: BaseException) -> OSError | None:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        found = error.certificate_error
        return found if isinstance(found, OSError) else None
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    if isinstance(error, OSError) and not isinstance(error, aiohttp.ClientError):
        return error
    if isinstance(error.__cause__, OSError) and not isinstance(
        error.__cause__, aiohttp.ClientError
    ):
        return error.__cause__
    return None
