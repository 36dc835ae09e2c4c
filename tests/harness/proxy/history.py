"""What passed a proxy: each request with its answer, and each watch event with its reader.

Requests and answers have credentials, which show in no text that is made of them. Only
the thread of the proxy writes; whoever reads gets copies.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.harness.proxy.request import Request

_KEPT_BYTES = 256 * 1024
"""Answers of single objects are kept up to here; lists and streams are not kept at all."""


@dataclass(slots=True)
class Exchange:
    """A request and what became of it; times in seconds since the epoch."""

    request: Request
    server_code: int = 0
    """What the server answered; 0: it was not asked, or has not answered."""
    code: int = 0
    """What the client was answered; 0: nothing."""
    ended: float = 0.0
    """When the answer was complete, or the client without one; 0: it is still under way."""
    answer: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the server said of a single object, or of why not."""

    @property
    def started(self) -> float:
        """When the request came."""
        return self.request.at

    @property
    def is_done(self) -> bool:
        """Whether the server did what was asked, whatever its client was told."""
        return 200 <= self.server_code < 300

    def keep(self, body: bytes) -> None:
        """Decode what the server said, if it is a Status or one object."""
        if self.request.verb not in {"list", "watch"} and len(body) <= _KEPT_BYTES:
            try:
                decoded = json.loads(body)
            except ValueError:
                return
            if isinstance(decoded, dict):
                self.answer = decoded

    def __str__(self) -> str:
        """Tell it without its content."""
        moment = datetime.fromtimestamp(self.started, UTC).strftime("%H:%M:%S.%f")[:-3]
        lost = "" if self.code == self.server_code else f", told {self.code or 'nothing'}"
        return f"{moment} {self.request.client} {self.request} -> {self.server_code}{lost}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One watch event as a client got it; without the object's content."""

    at: float
    client: str
    type: str
    resource: str
    namespace: str
    name: str
    uid: str
    version: str

    @classmethod
    def read(cls, request: Request, line: bytes, at: float) -> "Delivery | None":
        """Read a line; None if it is not one of an object."""
        try:
            event = json.loads(line)
            metadata = event["object"].get("metadata") or {}
            return cls(
                at,
                request.client,
                event["type"],
                request.resource,
                metadata.get("namespace", ""),
                metadata.get("name", ""),
                metadata.get("uid", ""),
                metadata.get("resourceVersion", ""),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


class History:
    """Everything since the proxy was started, in the order in which it came.

    ``is_kept``: else nothing stays, for runs of hours that nobody judges.
    """

    def __init__(self, *, is_kept: bool = True) -> None:
        self._is_kept = is_kept
        self._exchanges: list[Exchange] = []
        self._deliveries: list[Delivery] = []

    @property
    def exchanges(self) -> list[Exchange]:
        """Requests, as they stand now."""
        return list(self._exchanges)

    @property
    def deliveries(self) -> list[Delivery]:
        """Watch events."""
        return list(self._deliveries)

    def begin(self, request: Request) -> Exchange:
        """Note a request."""
        exchange = Exchange(request)
        if self._is_kept:
            self._exchanges.append(exchange)
        return exchange

    def deliver(self, delivery: Delivery) -> None:
        """Note an event that went to its reader."""
        if self._is_kept:
            self._deliveries.append(delivery)
