"""What the fake API server says: scripted answers, Status objects, ERROR events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from development.apiserver.objectstore import Refused


@dataclass(frozen=True)
class Answer:
    """A scripted answer; a body that is no text is sent as JSON."""

    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def to_response(answer: Answer) -> web.Response:
    """Return an answer as aiohttp sends it."""
    if isinstance(answer.body, str | bytes):
        raw = answer.body.encode() if isinstance(answer.body, str) else answer.body
        return web.Response(status=answer.status, body=raw, headers=answer.headers)
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)


def status_body(code: int, reason: str, message: str = "", **details: Any) -> dict[str, Any]:
    """Return a ``metav1.Status`` as the server sends it."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
        "code": code,
    }


def refusal(refused: Refused) -> web.Response:
    """Return the Status of a refusal as the answer to a request."""
    details = {"name": refused.name} if refused.name else {}
    body = status_body(refused.code, refused.reason, refused.message, **details)
    return web.json_response(body, status=refused.code)


def expired_event() -> bytes:
    """Return the line of a watch that says that its version is too old."""
    body = status_body(410, "Expired", "too old resource version")
    return json.dumps({"type": "ERROR", "object": body}).encode() + b"\n"
