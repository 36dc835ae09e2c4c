"""One Lease on a fake server, and the ways by which candidates reach it.

The server knows optimistic concurrency and watches; each way can be cut off on its own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from clusterimport.kube import errors
from clusterimport.kube.watch import WatchEvent, WatchOptions
from clusterimport.leaderelection import LeaderRecord
from clusterimport.model import gvr

T = TypeVar("T")

Fault = Literal[
    "", "refused", "hang", "lost answer", "conflict", "too many requests", "no such type"
]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OTHER = LeaderRecord("other", 15, LONG_AGO, LONG_AGO, 2, {"strategy": "kept"})
"""What somebody else wrote, with a field that we do not know."""


Object = dict[str, Any]


class LeaseServer:
    """Holds the record and its resourceVersion; None where there is no Lease."""

    def __init__(self, record: LeaderRecord | None = None) -> None:
        self.record = record
        self.version = 1
        self.writes = 0
        self.watchers: set[asyncio.Queue[LeaderRecord | None]] = set()

    def write(self, record: LeaderRecord | None) -> None:
        """Change the record, as a candidate does, or a person by hand."""
        self.record = record
        self.version += 1
        self.writes += 1
        for watcher in self.watchers:
            watcher.put_nowait(record)

    def edit(self, **changes: Any) -> None:
        """Change fields of the record by hand."""
        assert self.record is not None
        self.write(replace(self.record, **changes))


class FakeLeases:
    """A client for Leases: the way of one candidate to the server."""

    gvr = gvr.LEASES

    def __init__(self, server: LeaseServer) -> None:
        self.server = server
        self.fault: Fault = ""
        self.watch_fault: Literal["", "refused", "ends at once"] = ""
        self.latency_seconds = 0.0
        self.calls: list[str] = []
        self.times: list[float] = []
        self.watches_opened = 0
        self.conflicts = 0

    async def get(self, name: str, *, namespace: str) -> Object:
        await self._begin("get")
        if self.server.record is None:
            raise await self._end(errors.NotFound(404, "NotFound", details_name=name))
        return await self._end(self._object(name, namespace))

    async def create(self, obj: Object, *, namespace: str) -> Object:
        await self._begin("create")
        if self.server.record is not None:
            raise await self._end(errors.AlreadyExists(409, "AlreadyExists"))
        return await self._write(obj, namespace)

    async def update(self, obj: Object, *, namespace: str) -> Object:
        await self._begin("update")
        if self.conflicts:
            self.conflicts -= 1
            raise await self._end(errors.Conflict(409, "Conflict"))
        if self.server.record is None:
            name = obj["metadata"]["name"]
            raise await self._end(errors.NotFound(404, "NotFound", details_name=name))
        # One without a version is written whatever is there: that of a Lease the server refuses,
        # which would hide that nothing else keeps two candidates apart.
        if obj["metadata"].get("resourceVersion", str(self.server.version)) != str(
            self.server.version
        ):
            raise await self._end(errors.Conflict(409, "Conflict"))
        return await self._write(obj, namespace)

    @asynccontextmanager
    async def watch(self, options: WatchOptions) -> AsyncIterator[AsyncIterator[WatchEvent]]:
        assert 300 <= (options.timeout_seconds or 0) <= 600
        self.watches_opened += 1
        if self.watch_fault == "refused" or self.fault in {"refused", "lost answer"}:
            raise errors.Forbidden(403, "Forbidden", verb="watch")
        queue: asyncio.Queue[LeaderRecord | None] = asyncio.Queue()
        if self.server.record is not None:
            queue.put_nowait(self.server.record)
        self.server.watchers.add(queue)
        try:
            yield self._events(queue)
        finally:
            self.server.watchers.discard(queue)

    async def _events(self, queue: asyncio.Queue[LeaderRecord | None]) -> AsyncIterator[WatchEvent]:
        while self.watch_fault != "ends at once":
            record = await queue.get()
            while self.fault == "hang":  # noqa: ASYNC110 (tests change the attribute)
                await asyncio.sleep(0.1)
            if self.fault == "refused":
                raise errors.TransportError("connection lost")
            body: Any = {} if record is None else {"spec": record.to_spec()}
            yield WatchEvent("DELETED" if record is None else "MODIFIED", body)

    async def _begin(self, verb: str) -> None:
        self.calls.append(verb)
        self.times.append(asyncio.get_running_loop().time())
        fault = self.fault
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "refused":
            raise errors.TransportError("connection refused", reason="ConnectionRefused")
        if fault == "no such type":
            raise errors.NotFound(404, verb=verb)
        if fault == "too many requests":
            raise errors.TooManyRequests(429, verb=verb, retry_after_seconds=8.0)
        if fault == "conflict" and verb == "update":
            raise errors.Conflict(409, "Conflict", verb=verb)
        await asyncio.sleep(self.latency_seconds / 2)

    async def _write(self, obj: Object, namespace: str) -> Object:
        self.server.write(LeaderRecord.from_spec(obj["spec"]))
        return await self._end(self._object(obj["metadata"]["name"], namespace))

    def _object(self, name: str, namespace: str) -> Object:
        assert self.server.record is not None
        version = str(self.server.version)
        metadata = {"name": name, "namespace": namespace, "resourceVersion": version}
        return {"metadata": metadata, "spec": self.server.record.to_spec()}

    async def _end(self, answer: T) -> T:
        await asyncio.sleep(self.latency_seconds / 2)
        if self.fault == "lost answer":
            raise errors.TransportError("connection lost")
        return answer
