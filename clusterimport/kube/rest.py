"""What the rest of the program may know of a connection to one API server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from clusterimport.kube.channel import Contact
from clusterimport.kube.gate import WriteGate
from clusterimport.kube.metrics import RestMetrics
from clusterimport.limits.requests import ANSWER_BYTES
from clusterimport.model.meta import Object


class ByteStream(Protocol):
    """The body of an answer, in chunks as they arrive.

    A cancelled or timed-out ``read`` loses nothing and can be repeated.
    """

    async def read(self) -> bytes:
        """Return the next bytes, empty at the end; raises TransportError."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over what ``read`` returns, until the end."""


class RestClient(Protocol):
    """Requests over one connection, with or without a gate before writes.

    ``verb`` and ``resource`` are Kubernetes' words for what is done to what; they stand in
    errors, and the verb decides whether texts of the server may be kept.
    """

    @property
    def metrics(self) -> RestMetrics:
        """The observer of this connection."""

    @property
    def contact(self) -> Contact:
        """When the server was last heard on this connection."""

    def gated(self, gate: WriteGate) -> "RestClient":
        """Return a client on the same connection whose writes need the gate's leave."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout_seconds: float = 30.0,
        verb: str,
        resource: str,
    ) -> Object:
        """Send a request and return the decoded answer; parameters as ``request_bytes``."""

    async def request_bytes(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        timeout_seconds: float = 30.0,
        max_bytes: int = ANSWER_BYTES,
        verb: str,
        resource: str,
    ) -> bytes:
        """Send a request and return the body of a successful answer.

        Args:
            method: the HTTP method.
            path: as ``paths.resource_path`` builds it; quoted where it is not yet.
            query: parameters; empty values are sent as such.
            body: encoded as JSON; None sends no body.
            content_type: of the body.
            accept: what the answer may be.
            timeout_seconds: from the turn in the line to the last byte of the answer.
            max_bytes: how much is read of the answer.
            verb: see the class.
            resource: see the class.

        Raises:
            ApiError: the server refused.
            TransportError: no answer; a write may have been done. AnswerTooLarge among them.
            GateClosed: a write was not sent.
            InvalidName: the path is not one; nothing was sent.

        """

    def stream(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        accept: str = "application/json",
        idle_seconds: float,
        open_seconds: float = 30.0,
        verb: str = "watch",
        resource: str,
    ) -> AbstractAsyncContextManager[ByteStream]:
        """Send a GET whose answer has no end; takes no turn.

        ``idle_seconds`` is the longest silence, ``open_seconds`` the time until the headers must
        have come. The connection is closed at the end of the block.
        """
