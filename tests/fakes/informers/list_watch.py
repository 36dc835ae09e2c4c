"""One type on a pretended API server, behind the ``ListerWatcher`` protocol.

It keeps objects, versions and history as the real server does, and misbehaves on request:
``list_faults`` and ``watch_faults`` hold what the next calls do instead of answering.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from clusterimport.kube import errors
from clusterimport.kube.resources import ListOptions, ListPage
from clusterimport.kube.watch import WatchEvent, WatchOptions
from clusterimport.model.meta import Identity, ObjectKey
from tests.fakes.informers.faults import Script, Silence, expired, too_large, watch_list_unknown
from tests.fakes.kube.received import received

END_OF_INITIAL_EVENTS = {"k8s.io/initial-events-end": "true"}


class Request(NamedTuple):
    """What was asked, and when on the loop's clock."""

    verb: str
    at: float
    resource_version: str
    match: str
    limit: int
    continue_token: str
    metadata_only: bool = False


@dataclass
class _Change:
    version: int
    type: str
    object: dict[str, Any]


@dataclass
class _Stream:
    """What one watcher has still to read; ``ends`` holds how it ends once that is done."""

    options: WatchOptions
    events: deque[WatchEvent] = field(default_factory=deque)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False
    error: errors.KubeError | None = None
    frozen: bool = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WatchEvent:
        while True:
            if self.events:
                return self.events.popleft()
            if self.error is not None:
                raise self.error
            if self.ended:
                raise StopAsyncIteration
            self.ready.clear()
            await self.ready.wait()

    def send(self, event: WatchEvent) -> None:
        if not self.frozen:
            self.events.append(event)
            self.ready.set()

    def end(self, error: errors.KubeError | None = None) -> None:
        self.ended, self.error = True, error
        self.ready.set()


class FakeCollection:
    """The server's side of one type."""

    def __init__(
        self, *, api_version: str = "v1", kind: str = "Secret", version: int = 100
    ) -> None:
        self.api_version = api_version
        self.kind = kind
        self.version = version
        self.objects: dict[ObjectKey, dict[str, Any]] = {}
        self.offers_watch_list = True
        self.sends_initial_events_end = True
        self.requests: list[Request] = []
        self.list_faults: deque[errors.KubeError | ListPage | Silence | None] = deque()
        self.watch_faults: deque[errors.KubeError | Script | Silence | None] = deque()
        self.always: errors.KubeError | None = None
        self.streams: list[_Stream] = []
        self.latency_seconds = 0.0
        self.is_wedged = False
        """Whether watches open and bring nothing."""
        self.on_page: Callable[[], None] | None = None
        self._history: list[_Change] = []
        self._oldest = version
        self._snapshots: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        self._uids = 0
        self._asked = asyncio.Event()

    def put(self, name: str, *, namespace: str = "ns", **fields: Any) -> dict[str, Any]:
        """Create or update an object."""
        key = ObjectKey(namespace, name)
        known = self.objects.get(key)
        if known is None:
            self._uids += 1
        uid = known["metadata"]["uid"] if known else f"uid-{self._uids}"
        self.version += 1
        metadata = {
            "name": name,
            "namespace": namespace,
            "uid": uid,
            "resourceVersion": str(self.version),
            **fields.pop("metadata", {}),
        }
        obj = {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **fields}
        self.objects[key] = obj
        self._record("MODIFIED" if known else "ADDED", obj)
        return obj

    def delete(self, name: str, *, namespace: str = "ns") -> None:
        """Delete an object; its last event has a new version, as on the real server."""
        obj = self.objects.pop(ObjectKey(namespace, name))
        self.version += 1
        last = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        self._record("DELETED", last)

    def write_elsewhere(self, count: int = 1) -> None:
        """Let other types move the server's version on."""
        self.version += count

    def compact(self) -> None:
        """Forget the history; older versions and continue tokens are expired."""
        self._oldest = self.version
        self._history.clear()
        self._snapshots.clear()

    def restore(self, version: int, objects: Iterable[dict[str, Any]]) -> None:
        """Go back to a backup."""
        self.version = self._oldest = version
        self._history.clear()
        self.objects = {
            ObjectKey(obj["metadata"]["namespace"], obj["metadata"]["name"]): obj for obj in objects
        }

    def bookmark(self) -> None:
        """Tell the watchers how far the server is."""
        for stream in self.streams:
            stream.send(self.bookmark_event())

    def bookmark_event(self, *, end: bool = False, version: int | None = None) -> WatchEvent:
        metadata: dict[str, Any] = {"resourceVersion": str(version or self.version)}
        if end:
            metadata["annotations"] = END_OF_INITIAL_EVENTS
        return WatchEvent(
            "BOOKMARK",
            received({"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata}),
        )

    def close_streams(self, error: errors.KubeError | None = None) -> None:
        """End all watches."""
        for stream in self.streams:
            stream.end(error)

    def freeze_streams(self) -> None:
        """Deliver nothing more on the present watches, without closing them."""
        for stream in self.streams:
            stream.frozen = True

    def count(self, verb: str) -> int:
        return sum(request.verb == verb for request in self.requests)

    def verbs(self) -> list[str]:
        return [request.verb for request in self.requests]

    async def wait_for_requests(self, count: int) -> None:
        """Return once the server has been asked so often."""
        while len(self.requests) < count:
            self._asked.clear()
            await self._asked.wait()

    async def list(self, options: ListOptions) -> ListPage:
        verb = "check" if options.limit == 1 and options.metadata_only else "list"
        self._request(
            verb,
            options.resource_version,
            options.resource_version_match,
            options.limit,
            options.continue_token,
            options.metadata_only,
        )
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        if self.always is not None:
            raise self.always
        fault = self.list_faults.popleft() if self.list_faults else None
        if isinstance(fault, Silence):
            await asyncio.sleep(options.timeout_seconds)
            raise errors.TransportError("timed out", reason="Timeout")
        if isinstance(fault, errors.KubeError):
            raise fault
        if isinstance(fault, ListPage):
            return fault
        if options.resource_version and int(options.resource_version) > self.version:
            raise too_large(self.version)
        return self._page(
            options.limit, options.continue_token, metadata_only=options.metadata_only
        )

    @asynccontextmanager
    async def watch(self, options: WatchOptions) -> AsyncIterator[_Stream]:
        verb = "watchlist" if options.send_initial_events else "watch"
        self._request(
            verb,
            options.resource_version,
            options.resource_version_match,
            0,
            "",
            options.metadata_only,
        )
        if self.latency_seconds:
            await asyncio.sleep(self.latency_seconds)
        if self.always is not None:
            raise self.always
        fault = self.watch_faults.popleft() if self.watch_faults else None
        if isinstance(fault, errors.KubeError):
            raise fault
        stream = _Stream(options, frozen=self.is_wedged)
        if isinstance(fault, Silence):
            stream.frozen = True
        elif isinstance(fault, Script):
            stream.events.extend(fault.events)
            stream.frozen = True
            if not isinstance(fault.then, Silence):
                self._end_later(stream, fault)
        else:
            self._begin(stream)
        self.streams.append(stream)
        try:
            yield stream
        finally:
            self.streams.remove(stream)

    def _end_later(self, stream: _Stream, script: Script) -> None:
        error = script.then if isinstance(script.then, errors.KubeError) else None
        if script.after_seconds:
            asyncio.get_running_loop().call_later(script.after_seconds, stream.end, error)
        else:
            stream.end(error)

    def _begin(self, stream: _Stream) -> None:
        start = stream.options.resource_version
        if stream.options.send_initial_events:
            if not self.offers_watch_list:
                raise watch_list_unknown()
            if start and int(start) > self.version:
                raise too_large(self.version)
            for obj in self.objects.values():
                stream.send(WatchEvent("ADDED", self._shape(obj, stream.options.metadata_only)))
            if self.sends_initial_events_end:
                stream.send(self.bookmark_event(end=True))
            return
        if int(start) < self._oldest:
            # The real server opens the stream and sends the error as its first event.
            stream.end(expired())
            return
        for change in self._history:
            if change.version > int(start):
                stream.send(self._event(change, stream))

    def _record(self, event_type: str, obj: dict[str, Any]) -> None:
        change = _Change(self.version, event_type, obj)
        self._history.append(change)
        for stream in self.streams:
            stream.send(self._event(change, stream))

    def _event(self, change: _Change, stream: _Stream) -> WatchEvent:
        return WatchEvent(change.type, self._shape(change.object, stream.options.metadata_only))

    def _page(self, limit: int, token: str, *, metadata_only: bool) -> ListPage:
        if token:
            if token not in self._snapshots:
                raise expired()
            version, rest = self._snapshots.pop(token)
        else:
            version, rest = self.version, list(self.objects.values())
        page, rest = (rest[:limit], rest[limit:]) if limit else (rest, [])
        following = ""
        if rest:
            following = f"token-{len(self.requests)}"
            self._snapshots[following] = (version, rest)
        if self.on_page is not None:
            self.on_page()
        return ListPage(
            [self._shape(obj, metadata_only) for obj in page],
            str(version),
            following,
            len(rest) or None,
        )

    def _shape(self, obj: dict[str, Any], metadata_only: bool) -> Identity:
        if not metadata_only:
            return received(obj)
        return received(
            {
                "apiVersion": "meta.k8s.io/v1",
                "kind": "PartialObjectMetadata",
                "metadata": obj["metadata"],
            }
        )

    def _request(
        self, verb: str, version: str, match: str, limit: int, token: str, metadata_only: bool
    ) -> None:
        now = asyncio.get_running_loop().time()
        self._asked.set()
        self.requests.append(Request(verb, now, version, match, limit, token, metadata_only))
