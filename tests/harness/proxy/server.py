"""The proxy itself: TLS at both ends, and faults between them."""

import asyncio
import os
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web

from development.controlplane.controlplane import ControlPlane
from development.controlplane.ports import HOST, free_ports
from tests.harness.proxy.answer import Answer, Fault, NoAnswerError, Proceed, answer_json
from tests.harness.proxy.faults import Blackhole
from tests.harness.proxy.history import Delivery, Exchange, History
from tests.harness.proxy.request import Match, Request
from tests.harness.proxy.streams import EventFault, HoldBack

Rule = Callable[[Request], dict[str, Any] | tuple[int, dict[str, Any]] | None]
"""Return a body (and maybe a status) to answer with, or None to let the request pass."""

NO_ANSWER: tuple[int, dict[str, Any]] = (0, {})
"""What a rule returns to leave a request without an answer, until it is cut or the client goes."""

_HOP_BY_HOP = {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(slots=True)
class _Set:
    """A fault with those it is for, and how many of them there have been."""

    match: Match
    fault: Any
    seen: int = 0

    def takes(self, request: Request) -> bool:
        if not self.match.takes(request):
            return False
        self.seen += 1
        number = self.seen - self.match.skip
        return number > 0 and (not self.match.times or number <= self.match.times)


class FaultProxy:
    """Runs in a thread of its own for the length of a `with` block."""

    def __init__(self, control_plane: ControlPlane, *, keeps_history: bool = True) -> None:
        (self._port,) = free_ports(1)
        self.url = f"https://{HOST}:{self._port}"
        self.history = History(is_kept=keeps_history)
        self._to = control_plane.url
        self._control_plane = control_plane
        self._faults: list[_Set] = []
        self._event_faults: list[_Set] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy")
        self._handlers: set[asyncio.Task[Any]] = set()
        self._resumed = threading.Event()
        self._held_back: HoldBack | None = None
        self._site: web.TCPSite | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.resume()
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # -- faults -----------------------------------------------------------------------------

    def set(self, fault: Fault, match: Match | None = None, *, cut: bool = False) -> None:
        """Put a fault before requests that come from now on; the first that was set is outermost.

        ``cut`` ends what is open, so that it comes again.
        """
        self._faults.append(_Set(match or Match(), fault))
        if cut:
            self.cut()

    def set_events(self, fault: EventFault, match: Match | None = None) -> None:
        """Put a fault before the lines of watches, of those that are open too."""
        self._event_faults.append(_Set(match or Match(), fault))

    def inject(self, rule: Rule) -> None:
        """Ask a rule about every request from now on, and cut the streams that are open."""
        self.set(partial(_obey, rule), cut=True)

    def heal(self, *, cut: bool = True) -> None:
        """Forget all faults, and cut what is open unless told otherwise."""
        self._faults.clear()
        self.release_watches()
        self._event_faults.clear()
        if cut:
            self.cut()

    def cut(self) -> None:
        """End every open connection."""
        self.run(self._cut())

    def cut_soon(self) -> None:
        """End every open connection, from within the proxy's thread."""
        for task in tuple(self._handlers):
            if task is not asyncio.current_task():
                task.cancel()

    def hold_watches(self, *resources: str) -> None:
        """Hold back, from now on, what watches of these types (by their plurals) bring."""
        self._held_back = HoldBack()
        self.set_events(self._held_back, Match(resources=frozenset(resources)))

    def release_watches(self) -> None:
        """Let pass what was held back, and all that comes."""
        held, self._held_back = self._held_back, None
        if held is not None:
            self._event_faults = [each for each in self._event_faults if each.fault is not held]
            self._loop.call_soon_threadsafe(held.release)

    def stall(self) -> None:
        """Hang, as a server that is frozen: connections stand, and only the kernel takes new ones.

        Not even TLS is spoken, neither to begin a connection nor to end it.
        """
        self._resumed.clear()
        self._loop.call_soon_threadsafe(self._resumed.wait)

    def resume(self) -> None:
        """End what ``stall`` began."""
        self._resumed.set()

    def turn_to(self, url: str = "") -> None:
        """Pass everything on to another API server, or to the first one again, and cut."""
        self._to = url or self._control_plane.url
        self.cut()

    def shut(self) -> None:
        """Refuse connections, and end those that are open."""
        self.run(self._close())

    def open(self) -> None:
        """Take connections again."""
        self.run(self._listen())

    def run(self, work: Any) -> Any:
        """Run a coroutine in the proxy's thread and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def call(self, function: Callable[[], None]) -> None:
        """Call a function in the proxy's thread."""
        self._loop.call_soon_threadsafe(function)

    # -- the server -------------------------------------------------------------------------

    async def _start(self) -> None:
        access = self._control_plane.admin_access
        # Only the server's identity is wanted: requests carry the controller's own token.
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.load_verify_locations(cadata=access.ca_pem)
        self._session = ClientSession(
            connector=TCPConnector(ssl=trust, limit=0),
            timeout=ClientTimeout(total=None),
            auto_decompress=False,
            read_bufsize=1 << 20,
        )
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()

    async def _listen(self) -> None:
        pair = self._control_plane.authority.server()
        self._site = web.TCPSite(
            self._runner, HOST, self._port, ssl_context=_server_context(pair), reuse_address=True
        )
        await self._site.start()

    async def _close(self) -> None:
        if self._site is not None:
            await self._site.stop()
        await self._cut()
        server = self._runner.server
        for connection in server.connections if server else ():
            if connection.transport is not None:
                connection.transport.abort()

    async def _stop(self) -> None:
        await self._cut()
        await self._runner.cleanup()
        await self._session.close()
        # TLS connections say goodbye in the background; aiohttp gives no way to wait for it.
        await asyncio.sleep(0.25)

    async def _cut(self) -> None:
        self.cut_soon()
        await asyncio.sleep(0)

    async def _handle(self, raw: web.BaseRequest) -> web.StreamResponse:
        request = Request.read(
            raw.method,
            raw.path,
            dict(raw.query),
            body=await raw.read(),
            headers={k: v for k, v in raw.headers.items() if k.lower() not in _HOP_BY_HOP},
            raw_path=raw.raw_path,
            at=time.time(),
        )
        exchange = self.history.begin(request)
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            return await self._answer(raw, request, exchange)
        except (NoAnswerError, ClientError):
            # What was begun must not look complete.
            if raw.transport is not None:
                raw.transport.abort()
            raise asyncio.CancelledError from None
        finally:
            self._handlers.discard(task)
            exchange.ended = time.time()

    async def _answer(
        self, raw: web.BaseRequest, request: Request, exchange: Exchange
    ) -> web.StreamResponse:
        proceed: Proceed = partial(self._ask, exchange)
        for each in reversed([each for each in self._faults if each.takes(request)]):
            proceed = partial(_through, each.fault, proceed)
        answer = await proceed(request)
        response = web.StreamResponse(status=answer.status, headers=dict(answer.headers))
        await response.prepare(raw)
        exchange.code = answer.status
        async for piece in answer.body:
            await response.write(piece)
        return response

    async def _ask(self, exchange: Exchange, request: Request) -> Answer:
        target = self._to + request.raw_path
        answer = await self._session.request(
            request.method, target, headers=request.headers, data=request.body or None
        )
        exchange.server_code = answer.status
        headers = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP_BY_HOP}
        if request.verb in {"watch", "list"}:
            body = _pieces_of(answer)
            is_stream = request.verb == "watch" and answer.status == 200
            return Answer(answer.status, headers, self._lines(request, body) if is_stream else body)
        async with answer:
            content = await answer.read()
        exchange.keep(content)
        return Answer(answer.status, headers).with_body(content)

    async def _lines(self, request: Request, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        rest = b""
        async for piece in body:
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                for each in await self._delivered(request, line):
                    delivery = Delivery.read(request, each, time.time())
                    if delivery is not None:
                        self.history.deliver(delivery)
                    yield each + b"\n"
        if rest:
            yield rest

    async def _delivered(self, request: Request, line: bytes) -> list[bytes]:
        lines = [line]
        for fault in [each for each in self._event_faults if each.takes(request)]:
            lines = [more for each in lines for more in await fault.fault(request, each)]
        return lines


async def _through(fault: Fault, proceed: Proceed, request: Request) -> Answer:
    return await fault(request, proceed)


async def _obey(rule: Rule, request: Request, proceed: Proceed) -> Answer:
    said = rule(request)
    if said is None:
        return await proceed(request)
    if said is NO_ANSWER:
        return await Blackhole()(request, proceed)
    status, body = said if isinstance(said, tuple) else (200, said)
    return answer_json(body, status)


async def _pieces_of(answer: Any) -> AsyncIterator[bytes]:
    async with answer:
        async for chunk in answer.content.iter_any():
            yield chunk


def _server_context(pair: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with os.fdopen(os.memfd_create("proxy"), "w", encoding="ascii") as file:
        file.write(pair.certificate_pem + pair.key_pem)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
    return context
