"""No write starts once the gate is shut, whenever that happens."""

import asyncio

import pytest
from aiohttp import web

from clusterimport.kube.connection import ConnectionOptions, ConnectionSettings, open_connection
from clusterimport.kube.errors import GateClosed, TransportError
from development.apiserver.answers import Answer

WRITE = {"body": {"a": 1}, "verb": "create", "resource": "things"}


class ScriptedGate:
    """Open for so many questions, then shut; ``remaining_seconds`` is fixed."""

    def __init__(self, *, open_for: int = 1000, remaining: float = 60.0) -> None:
        self.open_for = open_for
        self.remaining = remaining
        self.asked = 0

    def check(self) -> None:
        self.asked += 1
        if self.asked > self.open_for:
            raise GateClosed("the lease may have run out")

    def remaining_seconds(self) -> float:
        return self.remaining


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_an_open_gate_lets_writes_pass_and_is_asked_at_every_step(server, rest, method):
    """Called, given a slot, started, connected, about to send: five questions per write."""
    server.script(method, "/a", Answer(200, {}), times=2)
    gate = ScriptedGate()
    gated = rest.gated(gate)

    await gated.request(method, "/a", **WRITE)
    assert gate.asked == 5
    await gated.request(method, "/a", **WRITE)

    # The second one runs over the pooled connection.
    assert gate.asked == 10
    assert len(server.requests) == 2


@pytest.mark.parametrize("is_pooled", [False, True])
@pytest.mark.parametrize("open_for", range(5))
async def test_a_gate_that_shuts_at_any_step_keeps_the_write_back(
    server, rest, open_for, is_pooled
):
    """As for a process that was frozen anywhere on the way: nothing reaches the server."""
    server.script("GET", "/warm", Answer(200, {}))
    server.script("POST", "/a", Answer(200, {}))
    if is_pooled:
        await rest.request("GET", "/warm", verb="get", resource="things")
    server.requests.clear()

    with pytest.raises(GateClosed):
        await rest.gated(ScriptedGate(open_for=open_for)).request("POST", "/a", **WRITE)
    await asyncio.sleep(0.02)

    assert server.requests == []


async def test_a_frozen_process_does_not_write_on_resume(server):
    """A write that waits for a slot while time jumps past the deadline is never sent."""
    held, release = asyncio.Event(), asyncio.Event()

    async def hold(_request):
        held.set()
        await release.wait()
        return web.json_response({})

    server.script("GET", "/slow", hold)

    class Deadline:
        now = 0.0

        def check(self) -> None:
            if self.remaining_seconds() <= 0:
                raise GateClosed("the lease may have run out")

        def remaining_seconds(self) -> float:
            return 10.0 - self.now

    gate = Deadline()
    options = ConnectionOptions(max_in_flight=1)
    async with open_connection(server.settings(), options=options) as rest:
        async with asyncio.TaskGroup() as group:
            group.create_task(rest.request("GET", "/slow", verb="get", resource="things"))
            await held.wait()
            write = group.create_task(_outcome(rest.gated(gate).request("POST", "/a", **WRITE)))
            await asyncio.sleep(0.01)
            # SIGSTOP for 30 s: on resume, the slot is free and the deadline is over.
            gate.now = 30.0
            release.set()

        assert isinstance(write.result(), GateClosed)
    assert [seen.path for seen in server.requests] == ["/slow"]


async def _outcome(call):
    try:
        return await call
    except GateClosed as error:
        return error


async def test_a_write_in_flight_ends_with_the_deadline(server, rest):
    """An unanswered write gives up when the gate's time is over; its fate is unknown."""

    async def never(_request):
        await asyncio.sleep(5)
        return web.json_response({})

    server.script("PUT", "/a", never)
    gated = rest.gated(ScriptedGate(remaining=0.05))

    with pytest.raises(TransportError) as caught:
        await gated.request("PUT", "/a", timeout_seconds=30, **WRITE)

    assert caught.value.timeout
    assert len(server.requests) == 1


async def test_a_connection_that_takes_too_long_sends_nothing():
    """The deadline also ends a write that still waits for its TLS handshake."""
    received = []
    ended = asyncio.Event()

    async def silent(reader, writer):
        received.append(await reader.read())
        writer.close()
        ended.set()

    listener = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, open_connection(ConnectionSettings(f"https://127.0.0.1:{port}")) as rest:
        with pytest.raises(TransportError) as caught:
            await rest.gated(ScriptedGate(remaining=0.05)).request("PUT", "/a", **WRITE)
        await ended.wait()

    assert caught.value.timeout
    # Only the client's half of a handshake came.
    assert all(data[:1] == b"\x16" for data in received)


async def test_reads_do_not_ask_the_gate(server, rest):
    """A follower reads and watches; only writes need the lease."""
    server.script("GET", "/a", Answer(200, {}), times=2)
    gate = ScriptedGate(open_for=0)

    await rest.gated(gate).request("GET", "/a", verb="get", resource="things")
    async with rest.gated(gate).stream("/a", idle_seconds=1, resource="things"):
        pass

    assert gate.asked == 0


async def test_the_client_that_was_gated_stays_free(server, rest):
    """``gated`` makes a second client; the first has no gate."""
    server.script("POST", "/a", Answer(200, {}))
    rest.gated(ScriptedGate(open_for=0))

    assert await rest.request("POST", "/a", **WRITE) == {}


async def test_a_repeated_write_after_401_asks_again(server):
    """The second try of a write is a write like any other."""

    class Token:
        async def authorization(self) -> str:
            return "Bearer a"

        async def renew(self) -> bool:
            gate.open_for = gate.asked
            return True

    gate = ScriptedGate()
    server.script("POST", "/a", Answer(401, ""))
    async with open_connection(server.settings(Token())) as rest:
        with pytest.raises(GateClosed):
            await rest.gated(gate).request("POST", "/a", **WRITE)

    assert len(server.requests) == 1


@pytest.mark.parametrize("open_for", [4, 5, 6])
async def test_a_large_write_is_broken_off_where_the_gate_shuts(server, rest, open_for):
    """A body that goes in pieces is never complete at the server, and so never a write."""
    server.script("POST", "/a", Answer(200, {}))
    write = {**WRITE, "body": {"data": "x" * 3 * 1024 * 1024}}

    with pytest.raises(GateClosed):
        await rest.gated(ScriptedGate(open_for=open_for)).request("POST", "/a", **write)
    await asyncio.sleep(0.02)

    assert server.requests == []
