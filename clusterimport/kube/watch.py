"""One watch request: its parameters, its events, its end.

Starting again, back-off and resource versions are the reflector's business. A stream ends quietly
when the server closes it, and raises otherwise.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import msgspec

from clusterimport.kube.errors import StreamError, from_event
from clusterimport.kube.framing import LineSplitter
from clusterimport.kube.metrics import RestMetrics
from clusterimport.kube.rest import ByteStream, RestClient
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Object

JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_API_VERSION = "meta.k8s.io/v1"

GRACE_SECONDS = 10.0
"""How much longer than the server a client waits before it calls a watch dead."""

YIELD_EVENTS = 256
"""Events between two yields to the loop: reading what is buffered never suspends."""

YIELD_BYTES = 1024 * 1024
"""The same for large events; about 10 ms of decoding on a slow core."""

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
    object: Object


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
        # Complete lines that were received and not yet decoded, oldest first.
        self._lines: deque[bytes] = deque()
        self._events_since_yield = 0
        self._bytes_since_yield = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WatchEvent:
        """Wait for the next event.

        Raises StopAsyncIteration when the server closed the stream, ApiError for an ERROR event,
        TransportError for a broken connection, StreamError for what cannot be decoded.
        """
        while True:
            await self._be_fair()
            while not self._lines:
                await self._receive()
            line = self._lines.popleft()
            self._events_since_yield += 1
            self._bytes_since_yield += len(line)
            event = self._decode(line)
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

    def _decode(self, line: bytes) -> WatchEvent | None:
        try:
            envelope = _ENVELOPE.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # Not chained: the exception of the decoder holds the bytes.
            raise StreamError(f"watch {self._resource}: an event is not JSON") from None
        if envelope.type == "ERROR":
            raise from_event(envelope.object, "watch", self._resource)
        if envelope.type not in _TYPES:
            self._skip("type")
            return None
        obj = envelope.object
        if not isinstance(obj, dict) or not isinstance(obj.get("metadata"), dict):
            self._skip("object")
            return None
        if obj.get("kind") == "Table" or obj.get("apiVersion") not in self._api_versions:
            self._skip("kind")
            return None
        return WatchEvent(envelope.type, obj)

    def _skip(self, reason: str) -> None:
        self._metrics.watch_event_skipped(resource=self._resource, reason=reason)


class _Envelope(msgspec.Struct):
    type: str
    object: Any = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


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
