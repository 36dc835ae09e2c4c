"""A loopback API server over ``objectstore``: CRUD, list, watch, discovery, and scripted answers.

    async with running_apiserver() as server:
        server.store.serve(SECRETS, "Secret")
        server.script("GET", "/api/v1/secrets", Answer(503))   # the next one only
        async with open_connection(server.settings()) as rest: ...

Sockets are real, so tests that use it do not run in virtual time.
"""

import asyncio
import json
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from clusterimport.kube.connection import ConnectionSettings
from clusterimport.kube.tokens import StaticToken, TokenSource
from clusterimport.model.gvr import GroupVersionResource
from development.apiserver.answers import Answer, expired_event, refusal, to_response
from development.apiserver.discovery import (
    aggregated_group_list,
    group_list,
    group_versions,
    resource_list,
)
from development.apiserver.objectstore import Change, ObjectStore, Refused, matches, merge_patch

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

END_OF_INITIAL_EVENTS = "k8s.io/initial-events-end"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class _Target:
    gvr: GroupVersionResource
    namespace: str
    name: str
    subresource: str


class FakeAPIServer:
    """What tests see of the server."""

    def __init__(self) -> None:
        self.store = ObjectStore()
        self.requests: list[Seen] = []
        self.url = ""
        # Tokens that are accepted; empty accepts everybody.
        self.tokens: set[str] = set()
        self.has_aggregated_discovery = True
        self.has_watch_list = True
        self.page_limit = 0
        self._scripts: dict[tuple[str, str], deque[Answer | Handler]] = defaultdict(deque)
        self._watches: set[asyncio.Queue[bytes | None]] = set()

    def settings(self, token: TokenSource | None = None) -> ConnectionSettings:
        """Return how a client reaches it."""
        return ConnectionSettings(server=self.url, token=token or StaticToken(""))

    def script(self, method: str, path: str, answer: Answer | Handler, *, times: int = 1) -> None:
        """Answer the next ``times`` requests of this method and exact (decoded) path."""
        self._scripts[method, path].extend([answer] * times)

    def send_to_watches(self, line: Mapping[str, Any] | bytes) -> None:
        """Send one event, or raw bytes, to every open watch."""
        data = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
        for queue in self._watches:
            queue.put_nowait(data)

    def close_watches(self) -> None:
        """End every open watch as a server does whose time is up."""
        for queue in self._watches:
            queue.put_nowait(None)

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return len(self._watches)

    def count(self, method: str, path: str) -> int:
        """Return how many requests of this method and path came."""
        return sum(seen.method == method and seen.path == path for seen in self.requests)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        raw = await request.read()
        body = json.loads(raw) if raw else None
        self.requests.append(
            Seen(request.method, request.path, dict(request.query), dict(request.headers), body)
        )
        scripted = self._scripts[request.method, request.path]
        if scripted:
            answer = scripted.popleft()
            return to_response(answer) if isinstance(answer, Answer) else await answer(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens and token not in self.tokens:
            return refusal(Refused(401, "Unauthorized", "Unauthorized"))
        try:
            return await self._serve(request, body)
        except Refused as refused:
            return refusal(refused)

    async def _serve(self, request: web.Request, body: Any) -> web.StreamResponse:
        found = self._discover(request)
        if found is not None:
            return web.json_response(found)
        target = self._target(request.path)
        if target is None:
            return web.Response(status=404, text="404 page not found\n")
        query = request.query
        if request.method == "GET" and not target.name:
            if query.get("watch") == "true":
                return await self._watch(request, target)
            return web.json_response(self._list(request, target))
        return web.json_response(
            _shape(self._object(request, target, body), request),
            status=201 if request.method == "POST" else 200,
        )

    def _object(self, request: web.Request, target: _Target, body: Any) -> dict[str, Any]:
        store, where = self.store, (target.gvr, target.namespace)
        match request.method:
            case "GET":
                return store.get(*where, target.name)
            case "POST":
                return store.create(*where, body)
            case "PUT":
                return store.update(*where, target.name, body, subresource=target.subresource)
            case "PATCH":
                patched = merge_patch(store.get(*where, target.name), body)
                wanted = body.get("metadata", {})
                for name in ("resourceVersion", "uid"):
                    patched["metadata"][name] = wanted.get(name, "")
                return store.update(*where, target.name, patched, subresource=target.subresource)
            case "DELETE":
                return store.delete(*where, target.name, (body or {}).get("preconditions"))
        raise Refused(405, "MethodNotAllowed", "not supported")

    def _list(self, request: web.Request, target: _Target) -> dict[str, Any]:
        query = request.query
        found = list(self.store.matching(target.gvr, target.namespace, *_selectors(request)))
        limit = int(query.get("limit", 0)) or len(found)
        start, version = 0, str(self.store.version)
        if "continue" in query:
            version, _, offset = query["continue"].partition(":")
            start = int(offset)
            if int(version) < self.store.compacted:
                raise Refused(410, "Expired", "The provided continue parameter is too old")
        page = found[start : start + limit]
        rest = len(found) - start - len(page)
        metadata: dict[str, Any] = {"resourceVersion": version}
        if rest > 0:
            metadata |= {"continue": f"{version}:{start + limit}", "remainingItemCount": rest}
        if _is_metadata_only(request):
            kind, api_version = "PartialObjectMetadataList", "meta.k8s.io/v1"
        else:
            kind = self.store.types[target.gvr].kind + "List"
            api_version = target.gvr.api_version
        # Items of built-in types carry neither apiVersion nor kind in a list.
        bare = [
            {k: v for k, v in _shape(obj, request).items() if k not in {"apiVersion", "kind"}}
            for obj in page
        ]
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "items": bare}

    async def _watch(self, request: web.Request, target: _Target) -> web.StreamResponse:
        query = request.query
        wants_initial = query.get("sendInitialEvents") == "true"
        if wants_initial and not self.has_watch_list:
            raise Refused(422, "Invalid", "sendInitialEvents: Forbidden: not supported")
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()

        def event(kind: str, obj: dict[str, Any]) -> None:
            line = json.dumps({"type": kind, "object": _shape(obj, request)})
            queue.put_nowait(line.encode() + b"\n")

        def tell(change: Change) -> None:
            if change.gvr == target.gvr and matches(
                change.object, target.namespace, *_selectors(request)
            ):
                event(change.type, change.object)

        version = query.get("resourceVersion", "")
        if wants_initial:
            for obj in self.store.matching(target.gvr, target.namespace, *_selectors(request)):
                event("ADDED", obj)
            event("BOOKMARK", self._bookmark(target, {END_OF_INITIAL_EVENTS: "true"}))
        elif version not in {"", "0"} and int(version) < self.store.compacted:
            queue.put_nowait(expired_event())
            queue.put_nowait(None)
        elif version not in {"", "0"}:
            for change in self.store.history:
                if change.version > int(version):
                    tell(change)
        self.store.listeners.append(tell)
        self._watches.add(queue)
        try:
            return await _pump(request, queue)
        finally:
            self._watches.discard(queue)
            self.store.listeners.remove(tell)

    def _bookmark(self, target: _Target, annotations: Mapping[str, str]) -> dict[str, Any]:
        return {
            "apiVersion": target.gvr.api_version,
            "kind": self.store.types[target.gvr].kind,
            "metadata": {
                "resourceVersion": str(self.store.version),
                "annotations": dict(annotations),
            },
        }

    def _discover(self, request: web.Request) -> dict[str, Any] | None:
        types = list(self.store.types.values())
        wants_aggregated = "APIGroupDiscoveryList" in request.headers.get("Accept", "")
        match [part for part in request.path.split("/") if part]:
            case ["api" | "apis" as root] if wants_aggregated and self.has_aggregated_discovery:
                return aggregated_group_list(types, core=root == "api")
            case ["api"]:
                return {"kind": "APIVersions", "versions": ["v1"]}
            case ["apis"]:
                return group_list(types)
            case ["api", version] if ("", version) in group_versions(types):
                return resource_list(types, "", version)
            case ["apis", group, version] if (group, version) in group_versions(types):
                return resource_list(types, group, version)
        return None

    def _target(self, path: str) -> _Target | None:
        parts = [part for part in path.split("/") if part]
        if not parts or parts[0] not in {"api", "apis"}:
            return None
        head, rest = (1, parts[2:]) if parts[0] == "api" else (2, parts[3:])
        group_version = parts[1 : head + 1]
        if len(group_version) != head:
            return None
        namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        if not 1 <= len(rest) <= 3:
            return None
        gvr = GroupVersionResource(
            group_version[0] if head == 2 else "", group_version[-1], rest[0]
        )
        if gvr not in self.store.types:
            return None
        name, subresource = [*rest[1:], "", ""][:2]
        return _Target(gvr, namespace, name, subresource)


async def _pump(request: web.Request, queue: asyncio.Queue[bytes | None]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    try:
        await response.prepare(request)
        async with asyncio.timeout(float(request.query.get("timeoutSeconds", 600))):
            while (line := await queue.get()) is not None:
                await response.write(line)
    except (ConnectionError, TimeoutError):
        pass
    return response


@asynccontextmanager
async def running_apiserver(
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[FakeAPIServer]:
    """Serve on a free loopback port for the length of the block, with TLS if given a context."""
    server = FakeAPIServer()
    runner = web.AppRunner(
        _application(server), access_log=None, shutdown_timeout=0, handler_cancellation=True
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        server.url = f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        server.close_watches()
        await runner.cleanup()


def _application(server: FakeAPIServer) -> web.Application:
    application = web.Application(client_max_size=64 * 1024 * 1024)
    application.router.add_route("*", "/{path:.*}", server.handle)
    return application


def _selectors(request: web.Request) -> tuple[str, str]:
    return request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")


def _is_metadata_only(request: web.Request) -> bool:
    return "as=PartialObjectMetadata" in request.headers.get("Accept", "")


def _shape(obj: dict[str, Any], request: web.Request) -> dict[str, Any]:
    if not _is_metadata_only(request):
        return obj
    return {
        "apiVersion": "meta.k8s.io/v1",
        "kind": "PartialObjectMetadata",
        "metadata": obj["metadata"],
    }
