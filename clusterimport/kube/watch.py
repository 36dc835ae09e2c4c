"""One watch request: its parameters, its lines, its events, its end.

Starting again, back-off and resource versions are the reflector's business. A stream ends quietly
when the server closes it, and raises otherwise.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple, Self

from clusterimport.kube.decoding import CutEvent, cut_event
from clusterimport.kube.errors import StreamError
from clusterimport.kube.metrics import RestMetrics
from clusterimport.kube.rest import ByteStream, RestClient
from clusterimport.kube.translation import from_event
from clusterimport.limits.requests import STREAM_LINE_BYTES
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Identity
from clusterimport.model.objects import JsonObject

JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_API_VERSION = "meta.k8s.io/v1"

GRACE_SECONDS = 10.0
"""How much longer than the server a client waits before it calls a watch dead."""

YIELD_EVENTS = 256
"""Events between two yields to the loop: reading what is buffered never suspends."""

YIELD_BYTES = 1024 * 1024
"""The same for large events; a few milliseconds of cutting on a slow core."""

_TYPES = frozenset({"ADDED", "MODIFIED", "DELETED", "BOOKMARK"})


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Where and how a watch starts."""

    namespace: str = ""
    """Empty for all namespaces and for cluster-scoped types."""
    label_selector: str = ""
    """Applied by the server."""
    field_selector: str = ""
    """Applied by the server."""
    resource_version: str = ""
    """Where to go on; empty with ``send_initial_events`` means consistent and most recent."""
    resource_version_match: str = ""
    """``NotOlderThan`` is required by ``send_initial_events`` and forbidden otherwise."""
    send_initial_events: bool = False
    """WatchList: first an ADDED event per existing object, then a marked bookmark."""
    allow_bookmarks: bool = True
    """Bookmarks move the resource version on while nothing happens."""
    timeout_seconds: int = 420
    """After this the server closes the stream; the reflector takes a random one (5 to 10 min)."""
    metadata_only: bool = False
    """Ask for PartialObjectMetadata."""

    def query(self) -> dict[str, str]:
        """Return the parameters of the request."""
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true" if self.allow_bookmarks else "",
            "timeoutSeconds": str(self.timeout_seconds),
            "labelSelector": self.label_selector,
            "fieldSelector": self.field_selector,
            "resourceVersion": self.resource_version,
            "resourceVersionMatch": self.resource_version_match,
            "sendInitialEvents": "true" if self.send_initial_events else "",
        }
        return {name: value for name, value in query.items() if value}


class WatchEvent(NamedTuple):
    """One change: ``ADDED``, ``MODIFIED``, ``DELETED`` or ``BOOKMARK``."""

    type: str
    object: Identity
    """Undecoded; a bookmark's has no name."""


class WatchStream:
    """An iterator over the events of one request.

    A cancelled or timed-out step loses no event and can be repeated, so that a reader may look
    after a silent stream without closing it. Not promised: that events are new, in order across
    objects, or that a stream which ends has told everything.
    """

    def __init__(self, chunks: ByteStream, gvr: GroupVersionResource, metrics: RestMetrics) -> None:
        self._chunks = chunks
        self._resource = str(gvr.group_resource)
        self._api_versions = frozenset({gvr.api_version, METADATA_API_VERSION})
        self._metrics = metrics
        self._splitter = LineSplitter()
        # Complete lines that were received and not yet cut, oldest first.
        self._lines: deque[bytes] = deque()
        self._events_since_yield = 0
        self._bytes_since_yield = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WatchEvent:
        """Wait for the next event.

        An event that cannot be read has an UnusableObject; one that cannot even be named is
        counted and skipped, since a stream that others share does not end by one item of it.

        Raises StopAsyncIteration when the server closed the stream, ApiError for an ERROR event,
        TransportError for a broken connection, StreamError for a line that is cut off.
        """
        while True:
            await self._be_fair()
            while not self._lines:
                await self._receive()
            line = self._lines[0]
            cut = await cut_event(line)
            # Only now, so that a step that is cancelled loses nothing.
            self._lines.popleft()
            self._events_since_yield += 1
            self._bytes_since_yield += len(line)
            event = self._judge(cut)
            if event is not None:
                return event

    async def _receive(self) -> None:
        chunk = await self._chunks.read()
        if chunk:
            self._lines.extend(self._splitter.feed(chunk))
        elif self._splitter.has_partial_line:
            raise StreamError(f"watch {self._resource}: the stream ended inside an event")
        else:
            raise StopAsyncIteration

    async def _be_fair(self) -> None:
        if self._events_since_yield >= YIELD_EVENTS or self._bytes_since_yield >= YIELD_BYTES:
            self._events_since_yield = 0
            self._bytes_since_yield = 0
            await asyncio.sleep(0)

    def _judge(self, cut: CutEvent) -> WatchEvent | None:
        obj = cut.object
        if cut.type == "ERROR":
            body = obj.json if isinstance(obj, JsonObject) else b""
            raise from_event(body, "watch", self._resource)
        if cut.type not in _TYPES:
            self._skip("type" if cut.type else "unreadable")
            return None
        if obj is None or not (obj.name or cut.type == "BOOKMARK"):
            self._skip("object")
            return None
        if obj.kind == "Table" or obj.api_version not in self._api_versions:
            self._skip("kind")
            return None
        return WatchEvent(cut.type, obj)

    def _skip(self, reason: str) -> None:
        self._metrics.watch_event_skipped(resource=self._resource, reason=reason)


@asynccontextmanager
async def open_watch(
    rest: RestClient, gvr: GroupVersionResource, path: str, options: WatchOptions
) -> AsyncIterator[WatchStream]:
    """Start a watch and close its connection at the end of the block."""
    async with rest.stream(
        path,
        query=options.query(),
        accept=METADATA if options.metadata_only else JSON,
        idle_seconds=options.timeout_seconds + GRACE_SECONDS,
        verb="watch",
        resource=str(gvr.group_resource),
    ) as chunks:
        yield WatchStream(chunks, gvr, rest.metrics)


class LineSplitter:
    """Collects chunks and gives complete lines; blank lines are left out. Without I/O.

    Every byte is searched once and copied at most twice, whatever the sizes of chunks and lines; a
    line may be far larger than any buffer of the HTTP library.
    """

    def __init__(self, *, max_line_bytes: int = STREAM_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        # Without a newline, always: each chunk is searched when it comes.
        self._tail = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take a chunk and return the lines it completes; raises StreamError for a long one."""
        first, *rest = chunk.split(b"\n")
        if len(self._tail) + len(first) > self._max_line_bytes:
            raise StreamError("a line is too long for an event", reason="AnswerTooLarge")
        self._tail += first
        if not rest:
            return []
        lines = [bytes(self._tail), *rest[:-1]]
        self._tail = bytearray(rest[-1])
        if any(len(line) > self._max_line_bytes for line in rest):
            raise StreamError("a line is too long for an event", reason="AnswerTooLarge")
        return [line for line in lines if line and not line.isspace()]

    @property
    def has_partial_line(self) -> bool:
        """Whether bytes of an unfinished line are left; at the end of a stream, a broken event."""
        return bool(self._tail) and not self._tail.isspace()
