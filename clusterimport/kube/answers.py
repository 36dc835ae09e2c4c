"""The errors of answers: what of a metav1.Status is kept, and which error it is."""

import re
from collections.abc import Mapping
from typing import Any

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
    TooManyRequests,
    Unauthorized,
)
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
