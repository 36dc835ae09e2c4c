"""A RestClient over ``objectstore``: real paths in, objects or the real errors out, no sockets.

With ``ResourceClient`` on top, reconcilers are tested with the client they use, in virtual time.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple
from urllib.parse import unquote

from clusterimport.kube import errors
from clusterimport.kube.channel import Contact
from clusterimport.kube.gate import WriteGate
from clusterimport.kube.line import RequestLine
from clusterimport.kube.metrics import NullRestMetrics
from clusterimport.kube.rest import ByteStream
from clusterimport.kube.translation import from_status
from clusterimport.limits.requests import ANSWER_BYTES
from clusterimport.model.gvr import GroupVersionResource
from development.apiserver.answers import status_body
from development.apiserver.discovery import aggregated_group_list
from development.apiserver.objectstore import ObjectStore, Refused, merge_patch
from tests.fakes.aio.manualclock import ManualClock

Happening = errors.KubeError | Callable[[], None]
"""What the next request of a kind meets: a failure, or a change of the world just before it."""


class LostAnswer(errors.TransportError):
    """The request is done, and whoever sent it does not hear of that."""


class Sent(NamedTuple):
    """One request as it arrived."""

    method: str
    path: str
    body: Any


class _Target(NamedTuple):
    gvr: GroupVersionResource
    namespace: str
    name: str
    subresource: str


class MemoryRest:
    """Implements ``RestClient``, but for watches.

    Public attributes hold what was asked; ``meet`` prepares what will happen.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.requests: list[Sent] = []
        self.latency_seconds = 0.0
        # With 20, only each twentieth request takes that long: of very many a test in less time.
        self.latency_each = 1
        # As with --kube-api-qps: the seconds between two requests, which stand in line.
        self.interval_seconds = 0.0
        self._next_at = 0.0
        # That in which a real client's requests stand.
        self.line: RequestLine | None = None
        # Set by every write; who follows the store clears it.
        self.written = asyncio.Event()
        self.metrics = NullRestMetrics()
        self.contact = Contact(ManualClock())
        # Told of each request that reaches the server, just before it does what is asked.
        self.arrived: Callable[[Sent], None] = lambda _: None
        # Told when it has been done, while its answer is on the way.
        self.answering: Callable[[Sent], None] = lambda _: None
        self._happenings: dict[tuple[str, str], deque[Happening]] = defaultdict(deque)

    def meet(self, method: str, path: str, *happenings: Happening) -> None:
        """Have the next requests of this method and path meet these, one each."""
        self._happenings[method, path].extend(happenings)

    def heal(self) -> None:
        """Let nothing happen any more of what was prepared."""
        self._happenings.clear()

    def writes(self, *, events: bool = False) -> list[tuple[str, str]]:
        """Return method and path of every write so far, without Events unless asked for."""
        return [
            (sent.method, sent.path)
            for sent in self.requests
            if sent.method != "GET" and (events or "/events" not in sent.path)
        ]

    def count(self, method: str, path: str) -> int:
        return sum(sent.method == method and sent.path == path for sent in self.requests)

    def last(self, method: str) -> Sent:
        """Return the newest request of a method."""
        return [sent for sent in self.requests if sent.method == method][-1]

    def gated(self, gate: WriteGate) -> "MemoryRest":
        return self

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
    ) -> Any:
        if self.line is not None:
            async with self.line.turn():
                pass
        self.requests.append(Sent(method, path, body))
        if method != "GET":
            self.written.set()
        await self._take_time()
        happenings = self._happenings[method, path]
        happening = happenings.popleft() if happenings else None
        if isinstance(happening, errors.KubeError):
            if not isinstance(happening, LostAnswer):
                raise happening
        elif happening is not None:
            happening()
        self.arrived(Sent(method, path, body))
        # Through JSON, as over the wire: nobody shares a dict with the server.
        try:
            answer = json.loads(json.dumps(self._answer(method, path, query or {}, body)))
        except Refused as refused:
            details = {"name": refused.name} if refused.name else {}
            status = status_body(refused.code, refused.reason, refused.message, **details)
            raw = json.dumps(status).encode()
            raise from_status(refused.code, raw, {}, verb, resource) from None
        except KeyError:
            raise from_status(404, b"404 page not found", {}, verb, resource) from None
        self.answering(Sent(method, path, body))
        if isinstance(happening, LostAnswer):
            raise happening
        return _metadata_of(answer) if "PartialObjectMetadata" in accept else answer

    async def _take_time(self) -> None:
        wait = self.latency_seconds if len(self.requests) % self.latency_each == 0 else 0.0
        if self.interval_seconds:
            now = asyncio.get_running_loop().time()
            self._next_at = max(self._next_at, now) + self.interval_seconds
            wait += self._next_at - now
        if wait:
            await asyncio.sleep(wait)

    async def request_bytes(
        self, method: str, path: str, *, max_bytes: int = ANSWER_BYTES, **arguments: Any
    ) -> bytes:
        return json.dumps(await self.request(method, path, **arguments)).encode()

    def stream(self, path: str, **arguments: Any) -> AbstractAsyncContextManager[ByteStream]:
        raise NotImplementedError

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Any:
        if path in {"/api", "/apis"}:
            return aggregated_group_list(list(self.store.types.values()), core=path == "/api")
        target = _target(path)
        store, where = self.store, (target.gvr, target.namespace)
        served = store.types[target.gvr]
        match method:
            case "GET" if not target.name:
                selectors = query.get("labelSelector", ""), query.get("fieldSelector", "")
                return {
                    "kind": f"{served.kind}List",
                    "apiVersion": target.gvr.api_version,
                    "metadata": {"resourceVersion": str(store.version)},
                    "items": list(store.matching(*where, *selectors)),
                }
            case "GET":
                return store.get(*where, target.name)
            case "POST":
                return store.create(*where, body)
            case "PUT":
                return store.update(*where, target.name, body, subresource=target.subresource)
            case "PATCH":
                patched = merge_patch(store.get(*where, target.name), body)
                wanted = body.get("metadata") or {}
                for name in ("resourceVersion", "uid"):
                    patched["metadata"][name] = wanted.get(name, "")
                return store.update(*where, target.name, patched, subresource=target.subresource)
            case _:
                return store.delete(*where, target.name, (body or {}).get("preconditions"))


def _metadata_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what is left of an object, or of each item of a list, for who wants no more."""
    if "items" in answer:
        return answer | {"items": [_metadata_of(item) for item in answer["items"]]}
    return {name: answer[name] for name in ("apiVersion", "kind", "metadata") if name in answer}


def _target(path: str) -> _Target:
    parts = [unquote(part) for part in path.split("/") if part]
    group, version, rest = (
        ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    )
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    resource, name, subresource = [*rest, "", ""][:3]
    return _Target(GroupVersionResource(group, version, resource), namespace, name, subresource)
