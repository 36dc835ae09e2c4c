"""Many strangers at the port: who keeps a connection, who makes room, and what the log tells."""

import asyncio
import os
import resource
import socket
from contextlib import closing, contextmanager
from http import HTTPStatus

import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.limits.counted import Limit
from clusterimport.limits.listener import HTTP_ACCEPTS_SECONDS, HTTP_ACCEPTS_SHARE, HTTP_HEAD_BYTES
from clusterimport.observability.messages import HttpAnswer
from tests.fakes.aio.jumpingclock import JumpingClock
from tests.fakes.observability.strangers import KUBELET, REQUEST, UNFINISHED, ask, listening, status


@pytest.mark.parametrize("held", [b"", UNFINISHED, REQUEST], ids=["silent", "unfinished", "asking"])
async def test_t55_one_peer_takes_room_from_itself_only(held):
    """Who holds the most loses its oldest, others keep theirs and are answered."""
    async with listening(connections=4) as port:
        port.may_answer.clear()
        kept = await port.connect(source=KUBELET)
        crowd = [await port.connect(held) for _ in range(10)]

        assert len(port.ports()) <= 4
        for each in crowd[:7]:
            assert await each.rest() in {b"", b"[reset]"}
        assert port.metrics.reached == {Limit.HTTP_CONNECTIONS: 7}
        port.may_answer.set()
        kept.writer.write(REQUEST)
        assert status(await kept.rest()) == 200
        assert status(await ask(port, source=KUBELET)) == 200
        for each in crowd[7:]:
            each.writer.transport.abort()


async def test_t55_who_has_to_go_just_when_the_answer_is_sent_goes():
    """Nobody waits for it to close what is no longer counted."""
    async with listening() as port:
        client = await port.connect()
        (connection,) = port.listener._connections
        loop = asyncio.get_running_loop()

        async def respond(_):
            loop.call_soon(port.listener._close, connection)
            return HttpAnswer(HTTPStatus.OK, b"ok")

        port.listener._respond = respond
        client.writer.write(REQUEST)
        assert (await client.reader.read()).endswith(b"ok")
        await port.until(lambda: connection.socket.fileno() < 0)
        client.writer.close()


async def test_t55_a_newcomer_of_the_same_address_is_answered():
    """Behind a translation of addresses the kubelet looks like whoever holds everything."""
    async with listening(connections=4) as port:
        crowd = [await port.connect(UNFINISHED) for _ in range(4)]

        assert status(await ask(port)) == 200
        for each in crowd:
            each.writer.transport.abort()


@pytest.mark.slow
async def test_t55_a_thousand_at_once_are_never_more_than_may_be_open():
    """All the same, each that asked and was not the oldest is answered."""
    most = 0

    async with listening(connections=64) as port:

        async def watch():
            nonlocal most
            while True:
                most = max(most, len(list(port.listener._connections)))
                await asyncio.sleep(0)

        async with background(watch=watch()):
            crowd = [socket.socket() for _ in range(1000)]
            for each in crowd:
                each.setblocking(False)
                each.connect_ex(port.address)
            await port.until(lambda: port.metrics.reached[Limit.HTTP_CONNECTIONS] >= 900)
            assert status(await ask(port, source=KUBELET)) == 200
            for each in crowd:
                each.close()
        assert 0 < most <= 64


class HeldClock(JumpingClock):
    """Lets nobody accept more than one go."""

    async def sleep(self, seconds):
        if seconds == HTTP_ACCEPTS_SECONDS:
            await asyncio.Event().wait()
        await super().sleep(seconds)


async def test_t55_after_some_connections_others_have_their_turn():
    """What comes faster waits in the kernel, not here."""
    async with listening(connections=10 * HTTP_ACCEPTS_SHARE, clock=HeldClock()) as port:
        crowd = [socket.create_connection(port.address) for _ in range(15)]
        await port.until(lambda: len(port.ports()) == 10)
        await asyncio.sleep(0.02)
        assert len(port.ports()) == 10
        for each in crowd:
            each.close()


@contextmanager
def no_files_left():
    """Let nobody open another file; what is open stays so."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_t55_without_a_file_left_one_connection_makes_room_for_the_next():
    """The kubelet is answered while the process may open nothing more."""
    loop = asyncio.get_running_loop()
    async with listening() as port:
        crowd = [await port.connect(UNFINISHED) for _ in range(3)]
        with closing(socket.socket()) as newcomer:
            newcomer.setblocking(False)
            with no_files_left():
                await loop.sock_connect(newcomer, port.address)
                await loop.sock_sendall(newcomer, REQUEST)
                assert status(await loop.sock_recv(newcomer, 1000)) == 200
        assert port.metrics.reached[Limit.HTTP_CONNECTIONS] >= 1
        for each in crowd:
            each.writer.transport.abort()


async def test_t55_the_log_tells_of_bounds_once_a_minute():
    """How often each was reached, and by whom the last time."""
    with capture_logs() as logs:
        async with listening() as port:
            await ask(port, b"A" * HTTP_HEAD_BYTES, source=KUBELET)
            await port.until(lambda: logs)
            for _ in range(3):
                await ask(port, b"A" * HTTP_HEAD_BYTES)
            await asyncio.sleep(0.02)
            assert len(logs) == 1
            port.clock.seconds = 60
            await port.until(lambda: len(logs) == 2)

    assert [(each["last_peer"], each["http_head_bytes"]) for each in logs] == [
        ("127.0.0.9", 1),
        ("127.0.0.1", 3),
    ]
