"""A fault-injecting proxy between a controller and the real API server.

It speaks TLS with a certificate of the control plane's own authority and passes everything on,
tokens included. A rule may answer a request in the server's place; streams pass through as they
come, and can be cut or held back.
"""

import asyncio
import os
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from development.controlplane.controlplane import ControlPlane
from development.controlplane.ports import HOST, free_ports

Rule = Callable[[web.BaseRequest], dict[str, Any] | tuple[int, dict[str, Any]] | None]
"""Return a body (and maybe a status) to answer with, or None to let the request pass."""

NO_ANSWER: tuple[int, dict[str, Any]] = (0, {})
"""What a rule returns to leave a request without an answer, until it is cut or the client goes."""

_HOP_BY_HOP = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}


class FaultProxy:
    """Runs in a thread of its own for the length of a `with` block."""

    def __init__(self, control_plane: ControlPlane) -> None:
        (port,) = free_ports(1)
        self.url = f"https://{HOST}:{port}"
        self._port = port
        self._control_plane = control_plane
        self._rules: list[Rule] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy")
        self._handlers: set[asyncio.Task[Any]] = set()
        self._resumed = threading.Event()
        self._held: frozenset[str] = frozenset()
        self._released = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.resume()
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def inject(self, rule: Rule) -> None:
        """Ask a rule about every request from now on, and cut the streams that are open."""
        self._rules.append(rule)
        self.cut()

    def heal(self) -> None:
        """Forget all rules, and cut the streams that are open."""
        self._rules.clear()
        self.cut()

    def cut(self) -> None:
        """End every open connection."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(10)

    def hold_watches(self, *resources: str) -> None:
        """Hold back, from now on, what watches of these types (by their plurals) bring."""
        self._released.clear()
        self._held = frozenset(resources)

    def release_watches(self) -> None:
        """Let pass what was held back, and all that comes."""
        self._held = frozenset()
        self._loop.call_soon_threadsafe(self._released.set)

    def stall(self) -> None:
        """Hang, as a server that is frozen: connections stand, and only the kernel takes new ones.

        Not even TLS is spoken, neither to begin a connection nor to end it.
        """
        self._resumed.clear()
        self._loop.call_soon_threadsafe(self._resumed.wait)

    def resume(self) -> None:
        """End what ``stall`` began."""
        self._resumed.set()

    async def _start(self) -> None:
        access = self._control_plane.admin_access
        # Only the server's identity is wanted: requests carry the controller's own token.
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(cadata=access.ca_pem)
        self._session = ClientSession(
            connector=TCPConnector(ssl=trust, limit=0),
            timeout=ClientTimeout(total=None),
            auto_decompress=False,
        )
        pair = self._control_plane.authority.server()
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port, ssl_context=_server_context(pair)).start()

    async def _stop(self) -> None:
        await self._cut()
        await self._runner.cleanup()
        await self._session.close()
        # TLS connections say goodbye in the background; aiohttp gives no way to wait for it.
        await asyncio.sleep(0.25)

    async def _cut(self) -> None:
        for task in tuple(self._handlers):
            task.cancel()
        await asyncio.sleep(0)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        for rule in self._rules:
            answer = rule(request)
            if answer is not None:
                status, body = answer if isinstance(answer, tuple) else (200, answer)
                await request.read()
                if answer is NO_ANSWER:
                    return await self._until_cut(_never())
                return web.json_response(body, status=status)
        return await self._until_cut(self._forward(request))

    async def _until_cut(self, answering: Awaitable[web.StreamResponse]) -> web.StreamResponse:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            return await answering
        finally:
            self._handlers.discard(task)

    async def _forward(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        target = self._control_plane.url + request.raw_path
        body = await request.read() or None
        async with self._session.request(
            request.method, target, headers=headers, data=body
        ) as answer:
            response = web.StreamResponse(status=answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    response.headers[name] = value
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                while _is_watch_of(request, self._held):
                    await self._released.wait()
                await response.write(chunk)
            return response


async def _never() -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


def is_list_of(request: web.BaseRequest, resource: str) -> bool:
    """Whether a request lists or watches a type (by its plural)."""
    return request.method == "GET" and request.path.rstrip("/").endswith(f"/{resource}")


def _is_watch_of(request: web.BaseRequest, resources: frozenset[str]) -> bool:
    return "watch" in request.query and any(is_list_of(request, each) for each in resources)


def _server_context(pair: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with os.fdopen(os.memfd_create("proxy"), "w", encoding="ascii") as file:
        file.write(pair.certificate_pem + pair.key_pem)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
