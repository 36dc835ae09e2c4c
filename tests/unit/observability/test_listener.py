"""One stranger at the port, over real loopback connections, on a clock that jumps."""

import asyncio
import socket
import struct

import pytest
from structlog.testing import capture_logs

from clusterimport.limits.counted import Limit
from clusterimport.limits.listener import (
    HTTP_ANSWER_SECONDS,
    HTTP_HEAD_BYTES,
    HTTP_HEAD_SECONDS,
    HTTP_LINGER_BYTES,
    HTTP_LINGER_SECONDS,
)
from tests.fakes.observability.strangers import LARGE, REQUEST, UNFINISHED, ask, listening, status

TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100


async def test_a_request_is_answered_and_the_connection_closed():
    """The answer says so, and nothing is kept."""
    async with listening() as port:
        answer = await ask(port)

        head, body = answer.split(b"\r\n\r\n")
        assert body == b"ok"
        assert b"\r\nConnection: close" in head
        assert [(each.method, each.path) for each in port.requests] == [("GET", "/metrics")]
        await port.until(lambda: not port.ports())
        assert not port.metrics.reached


async def test_a_head_may_come_in_any_pieces():
    """A request of single bytes is one."""
    async with listening() as port:
        client = await port.connect()
        for byte in REQUEST:
            client.writer.write(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(0)

        assert status(await client.rest()) == 200


async def test_the_head_of_an_answer_can_be_had_alone():
    """HEAD tells the length of what GET gives."""
    async with listening() as port:
        answer = await ask(port, REQUEST.replace(b"GET", b"HEAD"))

    assert b"Content-Length: 2\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("sent", [b"", UNFINISHED], ids=["silent", "unfinished"])
async def test_t55_a_head_that_is_not_complete_in_time_ends_its_connection(sent):
    """What trickles in meanwhile gives it no more time."""
    async with listening() as port:
        client = await port.connect(sent)
        port.clock.seconds = HTTP_HEAD_SECONDS - 1
        client.writer.write(b"X")
        await asyncio.sleep(0.02)
        assert port.ports()

        port.clock.seconds = HTTP_HEAD_SECONDS
        assert await client.rest() in {b"", b"[reset]"}
        assert port.metrics.reached == {Limit.HTTP_HEAD_SECONDS: 1}
        assert not port.requests


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000,
        b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: %s\r\n" % (i, b"a" * 8000) for i in range(100)),
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * (HTTP_HEAD_BYTES // 6) + b"\r\n",
        b"GET /" + b"a" * HTTP_HEAD_BYTES + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["one field", "a hundred fields", "many fields", "the path"],
)
async def test_t55_a_head_that_is_too_large_is_refused(head):
    """The answer is 431, whatever is too large, and no more than the bound is kept meanwhile."""
    async with listening() as port:
        answer = await ask(port, head)

        assert answer == b"[reset]" or status(answer) == 431
        assert port.metrics.reached == {Limit.HTTP_HEAD_BYTES: 1}
        assert not port.requests


@pytest.mark.parametrize("data", [TLS_HELLO, b"\x00" * 10, b"SSH-2.0-x\r\n\r\n", b"GET /\r\n\r\n"])
async def test_t55_what_is_no_request_is_refused_at_once(data):
    """No deadline has to pass."""
    async with listening() as port:
        assert status(await ask(port, data)) == 400
        assert not port.requests


@pytest.mark.parametrize(
    "data",
    [
        REQUEST * 1000,
        REQUEST + b"x" * HTTP_LINGER_BYTES,
        b"POST /metrics HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 30000,
        b"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + b"x" * 30000,
        b"POST /metrics HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
        b"GET /metrics HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
        b"GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ],
    ids=["pipelined", "surplus", "body", "chunked", "expect", "websocket", "h2c", "keep-alive"],
)
async def test_t55_a_connection_has_one_request_and_no_body(data):
    """What follows the head is thrown away, and the answer arrives nonetheless."""
    async with listening() as port:
        answer = await ask(port, data)

        assert status(answer) == 200
        assert answer.endswith(b"\r\n\r\nok")
        assert len(port.requests) == 1


async def test_t55_what_follows_without_end_is_not_thrown_away_for_ever():
    """After so many bytes the connection is closed, before its time."""
    async with listening() as port:
        client = await port.connect(REQUEST)
        await client.reader.readuntil(b"ok")
        await client.send_until_it_fails()
        assert not port.metrics.reached


async def test_t55_who_does_not_close_after_the_answer_is_closed():
    """Nothing was refused, so nothing is counted."""
    async with listening() as port:
        client = await port.connect(REQUEST)
        assert (await client.reader.read()).endswith(b"ok")
        await asyncio.sleep(0.02)
        assert port.ports()

        port.clock.seconds = HTTP_LINGER_SECONDS
        await port.until(lambda: not port.ports())
        assert not port.metrics.reached
        client.writer.close()


async def test_t55_who_has_said_all_is_answered():
    """A client may close its half; one that does so before the end of the head has gone."""
    async with listening() as port:
        client = await port.connect(REQUEST)
        client.writer.write_eof()
        assert status(await client.rest()) == 200

        client = await port.connect(UNFINISHED)
        client.writer.write_eof()
        assert await client.rest() == b""


async def test_t55_an_answer_that_is_not_read_ends_in_time():
    """It is in memory once, and the kernel is given only what it takes."""
    async with listening() as port:
        port.body = LARGE
        client = await port.connect(REQUEST)
        client.writer.transport.pause_reading()
        await port.until(lambda: port.requests)
        port.clock.seconds = HTTP_ANSWER_SECONDS
        await port.until(lambda: not port.ports())

        assert port.metrics.reached == {Limit.HTTP_ANSWER_SECONDS: 1}
        client.writer.transport.abort()


async def test_t55_an_answer_that_is_not_made_ends_in_time():
    """Who waits for a text does not wait for ever."""
    async with listening() as port:
        port.may_answer.clear()
        client = await port.connect(REQUEST)
        await port.until(lambda: port.requests)
        port.clock.seconds = HTTP_ANSWER_SECONDS - 1
        await asyncio.sleep(0.02)
        (connection,) = port.listener._connections
        assert not connection.received, "a head that was read is kept no longer"

        port.clock.seconds = HTTP_ANSWER_SECONDS
        assert await client.rest() == b""
        assert port.metrics.reached == {Limit.HTTP_ANSWER_SECONDS: 1}


@pytest.mark.parametrize("sent", [UNFINISHED, REQUEST], ids=["in its head", "in an answer"])
async def test_t55_a_peer_may_vanish_at_any_time(sent):
    """A reset ends its connection and is nobody's mistake."""
    async with listening() as port:
        port.body = LARGE
        client = await port.connect(sent)
        client.writer.transport.pause_reading()
        await asyncio.sleep(0.02)
        reset = struct.pack("ii", 1, 0)
        its = client.writer.get_extra_info("socket")
        its.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        client.writer.transport.abort()

        await port.until(lambda: not list(port.listener._connections))
        assert not port.metrics.reached


async def test_nothing_to_read_is_no_end():
    """The kernel may wake a reader for nothing."""
    async with listening() as port:
        client = await port.connect()
        (connection,) = port.listener._connections
        port.listener._read(connection)

        client.writer.write(REQUEST)
        assert status(await client.rest()) == 200


async def test_a_bug_in_an_answer_is_a_500_and_no_more():
    """It is logged where it happened, and the next request is answered."""
    with capture_logs() as logs:
        async with listening() as port:
            assert status(await ask(port, b"GET /bug HTTP/1.1\r\n\r\n")) == 500
            assert status(await ask(port)) == 200

    assert [(each["event"], each["path"]) for each in logs] == [("request failed", "/bug")]


async def test_a_stop_closes_what_is_open():
    """Whatever it was doing; nothing waits for anybody."""
    async with listening() as port:
        port.body = LARGE
        clients = [await port.connect(data) for data in (b"", UNFINISHED, REQUEST)]
        await port.until(lambda: port.requests)

    for each in clients:
        assert await each.rest() != b"ok"
    assert not list(port.listener._connections)
