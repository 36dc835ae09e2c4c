"""An answer on its way through the proxy."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.harness.proxy.request import Request


class NoAnswerError(Exception):
    """The connection ends here, with what was sent so far."""


@dataclass(slots=True)
class Answer:
    """Status, headers and a body that may come piece by piece, for ever."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: AsyncIterator[bytes] = field(default_factory=lambda: pieces(b""))

    async def whole(self) -> bytes:
        """Return the body once it is complete; it is spent then."""
        return b"".join([piece async for piece in self.body])

    def with_body(self, content: bytes) -> "Answer":
        """Return the same with another body."""
        return Answer(self.status, self.headers, pieces(content))


Proceed = Callable[[Request], Awaitable[Answer]]
"""The rest of the way to the server and back."""

Fault = Callable[[Request, Proceed], Awaitable[Answer]]
"""Stands between a request and its answer. Raises NoAnswerError to end the connection."""


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    """Give bodies that are known."""
    for content in contents:
        yield content


def answer_json(body: Any, status: int = 200, **headers: str) -> Answer:
    """Return an answer with a JSON body."""
    content = json.dumps(body).encode()
    return Answer(status, {"Content-Type": "application/json", **headers}, pieces(content))


def failure(code: int, reason: str, message: str = "by a fault", **more: Any) -> dict[str, Any]:
    """Return the Status of a request that failed."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        **more,
    }
