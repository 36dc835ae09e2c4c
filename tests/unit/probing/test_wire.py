"""TLS over a socket of our own, against asyncio's TLS on the loopback interface."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from ipaddress import ip_address

import httpcore
import pytest

from clusterimport.kube.tls import client_context
from clusterimport.limits.probes import PROBE_CHUNK_BYTES, PROBE_WIRE_BYTES
from clusterimport.probing.dialer import connect_socket
from clusterimport.probing.errors import InvalidServerName, ProbeAnswerTooLarge
from clusterimport.probing.wire import Wire
from tests.fakes.pki.certificates import Authority, server_context
from tests.fakes.probing.loopback import serving


class _Threads:
    """Counts the calls that left the event loop."""

    calls = 0

    async def run(self, function):
        self.calls += 1
        return await asyncio.to_thread(function)


@pytest.fixture(name="threads")
def _threads():
    return _Threads()


@pytest.fixture(scope="module", name="authority")
def _authority() -> Authority:
    return Authority()


@pytest.fixture(name="connected")
def _connected(tmp_path, threads, authority):
    """Give a block with both ends of a connection: our wire, the server's reader and writer."""

    @asynccontextmanager
    async def connected(version=ssl.TLSVersion.TLSv1_3):
        accepted = asyncio.get_running_loop().create_future()

        async def handle(reader, writer):
            accepted.set_result((reader, writer))
            await asyncio.Event().wait()

        tls = server_context(authority.issue(), tmp_path)
        tls.maximum_version = version
        async with serving(handle, tls=tls) as server:
            wire = Wire(await connect_socket(ip_address("127.0.0.1"), server.port), threads.run)
            await wire.start_tls(client_context(ca_data=authority.pem), "127.0.0.1")
            try:
                yield wire, *(await accepted)
            finally:
                await wire.aclose()

    return connected


@pytest.fixture(name="pair")
async def _pair(threads):
    """Give a wire without TLS, and the raw socket at its other end."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    wire = Wire(ours, threads.run)
    with theirs:
        yield wire, theirs
    await wire.aclose()


async def _until(condition):
    async with asyncio.timeout(1):
        while not condition():  # noqa: ASYNC110  the kernel does not set an event of the loop
            await asyncio.sleep(0)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_both_sides_understand_each_other(connected, threads, version):
    """After a handshake that does not take place on the event loop, bytes go both ways."""
    async with connected(version) as (wire, reader, writer):
        assert wire.is_secured
        assert threads.calls >= 2
        await wire.write(b"question")
        assert await reader.readexactly(8) == b"question"
        assert not wire.has_received
        writer.write(b"answer")
        assert await wire.read(100) == b"answer"
        assert wire.has_received


async def test_a_failed_write_is_httpcores(connected):
    """It then reads what the server may have said before it closed."""

    async def write(wire):
        async with asyncio.timeout(1):
            while True:
                await wire.write(b"x" * 1000)

    async with connected() as (wire, _, writer):
        writer.transport.abort()
        with pytest.raises(httpcore.WriteError):
            await write(wire)


async def test_the_end_is_an_empty_read(connected):
    """With TLS's farewell or without it: what was said before counts, h11 judges the rest."""
    async with connected() as (wire, _, writer):
        writer.write(b"last words")
        writer.close()
        assert await wire.read(100) == b"last words"
        assert not wire.has_ended
        assert await wire.read(100) == b""
        assert wire.has_ended


async def test_a_flood_is_read_in_pieces_and_to_a_limit(connected):
    """Other tasks run between the pieces, and more than the limit is not taken."""
    turns, sizes = 0, []

    async def count():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def read_all(wire):
        while True:
            before = turns
            sizes.append(len(await wire.read(PROBE_WIRE_BYTES)))
            assert turns > before

    async with connected() as (wire, _, writer), asyncio.TaskGroup() as group:
        counter = group.create_task(count())
        writer.write(b"x" * 2 * PROBE_WIRE_BYTES)
        with pytest.raises(ProbeAnswerTooLarge):
            await read_all(wire)
        counter.cancel()

    assert max(sizes) <= PROBE_CHUNK_BYTES
    assert PROBE_WIRE_BYTES * 0.8 < sum(sizes) < PROBE_WIRE_BYTES


async def test_the_limit_is_for_one_answer(connected):
    """A connection that is kept for long is not used up."""
    size = PROBE_WIRE_BYTES * 3 // 4
    async with connected() as (wire, _, writer):
        for _ in range(4):
            wire.expect_answer()
            assert not wire.has_received
            writer.write(b"x" * size)
            received = 0
            while received < size:
                received += len(await wire.read(size - received))
            assert wire.has_received


async def test_a_connection_at_rest_is_quiet(connected):
    """Unread tickets of TLS 1.3 are no word of the peer's; data, an end and a reset are."""
    async with connected() as (wire, _, writer):
        await asyncio.sleep(0.01)
        assert wire.is_quiet()
        assert wire.is_quiet()
        writer.write(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        await _until(lambda: not wire.is_quiet())
    for end in ("close", "abort"):
        async with connected() as (wire, _, writer):
            assert wire.is_quiet()
            getattr(writer, end, writer.transport.abort)()
            await _until(lambda wire=wire: not wire.is_quiet())


def _has_unread(wire) -> bool:
    try:
        return bool(wire._socket.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


async def test_drops_of_a_byte_count_more(pair):
    """A handshake that comes byte by byte ends long before its bytes are many."""
    wire, theirs = pair
    context = client_context(verify=False)
    sent = 0

    async def drip():
        nonlocal sent
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(theirs, b"\x16\x03\x03\x3f\xff")
        while True:
            await loop.sock_sendall(theirs, b"\x00")
            sent += 1
            await _until(lambda: not _has_unread(wire))

    async with asyncio.TaskGroup() as group:
        task = group.create_task(drip())
        with pytest.raises(ProbeAnswerTooLarge):
            await wire.start_tls(context, "api.test")
        task.cancel()

    assert sent < PROBE_WIRE_BYTES / 16
    assert not wire.is_secured


@pytest.mark.parametrize("name", ["", ".test", "a..test", "a" * 64 + ".test"])
async def test_a_name_that_tls_cannot_ask_for(pair, name: str):
    """It is told from a certificate that does not match, and nothing is sent."""
    wire, theirs = pair
    with pytest.raises(InvalidServerName):
        await wire.start_tls(client_context(verify=False), name)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)


async def test_a_refused_server_is_told_why(tmp_path, pair, authority):
    """The alert goes out before we leave, so that the server's log names the certificate."""
    wire, theirs = pair
    theirs.setblocking(True)
    server = server_context(authority.issue(), tmp_path)
    async with asyncio.TaskGroup() as group:
        shaking = group.create_task(asyncio.to_thread(_error_of_handshake, server, theirs))
        with pytest.raises(ssl.SSLCertVerificationError):
            await wire.start_tls(client_context(ca_data=Authority("other").pem), "127.0.0.1")

    assert "ALERT_UNKNOWN_CA" in shaking.result()


def _error_of_handshake(context: ssl.SSLContext, connection: socket.socket) -> str:
    with pytest.raises(ssl.SSLError) as caught:
        context.wrap_socket(connection, server_side=True)
    return caught.value.reason


async def test_t52_what_is_unread_is_told_and_left(pair):
    """Only bytes that wait in the kernel count; nothing, and the end, do not."""
    wire, theirs = pair
    assert not wire.has_unread()
    theirs.send(b"x")
    assert wire.has_unread()
    assert wire.has_unread()
    assert wire._socket.recv(9) == b"x"
    theirs.close()
    assert not wire.has_unread()
