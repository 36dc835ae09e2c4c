"""Probes of servers that answer wrongly, late or not at all, over real sockets and real TLS.

Attack cases A09 and A27, fault case F40. There is no control plane in these tests: whether a real
API server is found healthy is shown elsewhere.
"""

import asyncio
import gzip
import socket
import time
from contextlib import AsyncExitStack, ExitStack, contextmanager

import pytest

from clusterimport.model.connection import Connection
from clusterimport.probing import ProbeReason
from tests.fakes.probing.loopback import LoopbackServer, serving, serving_http
from tests.fakes.probing.realprobes import REMOTE, TOKEN, probe_once, probing
from tests.fakes.probing.scripted import HEALTHY, VERSION, http


async def test_a_healthy_server(tls, authority):
    """Ready and its version, the token in the header, one connection for many runs."""
    async with serving_http(HEALTHY, tls=tls) as server:
        connection = Connection(
            f"https://127.0.0.1:{server.port}/", ca_data=authority.pem, token=TOKEN
        )
        async with probing(connection) as probe:
            results = [await probe.run() for _ in range(3)]

    assert results[0] == results[2]
    assert results[0].is_healthy
    assert results[0].is_answer
    assert results[0].version == "v1.34.2+k3s1"
    assert server.paths == ["/readyz", "/version"] * 3
    assert server.connections == 1
    assert f"\r\nAuthorization: Bearer {TOKEN}\r\n".encode() in server.requests[0]
    assert f"\r\nHost: 127.0.0.1:{server.port}\r\n".encode() in server.requests[0]


async def test_a_server_below_a_path(tls, probe_port, authority):
    """Platforms serve many clusters below one address, whose path is kept."""
    replies = {f"/k8s/clusters/c-1{path}": reply for path, reply in HEALTHY.items()}
    async with serving_http(replies, tls=tls) as server:
        address = f"https://127.0.0.1:{server.port}/k8s/clusters/c-1"
        result = await probe_once(Connection(address, ca_data=authority.pem))
        root = await probe_port(server.port)

    assert result.is_healthy
    assert server.paths[:2] == ["/k8s/clusters/c-1/readyz", "/k8s/clusters/c-1/version"]
    assert root.reason is ProbeReason.CONNECTION_FAILED


async def test_an_old_server(tls, probe_port):
    """Where ``/readyz`` is not found, ``/healthz`` is asked."""
    missing = http(b"404 page not found\n", "404 Not Found")
    replies = HEALTHY | {"/readyz": missing, "/healthz": http(b"ok")}
    async with serving_http(replies, tls=tls) as server:
        assert (await probe_port(server.port)).is_healthy
        assert server.paths == ["/readyz", "/healthz", "/version"]
        assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (http(REMOTE, "401 Unauthorized"), ProbeReason.UNAUTHORIZED),
        (http(REMOTE, "403 Forbidden"), ProbeReason.FORBIDDEN),
        (http(REMOTE, "429 Too Many Requests", "Retry-After: 1"), ProbeReason.THROTTLED),
        (http(REMOTE, "500 remote words"), ProbeReason.SERVER_ERROR),
        (http(REMOTE, "503 Service Unavailable"), ProbeReason.SERVER_ERROR),
        (http(b"", "302 Found", "Location: https://evil.test/"), ProbeReason.REDIRECTED),
        (http(b"", "404 Not Found"), ProbeReason.CONNECTION_FAILED),  # and /healthz closes
        (http(b"", "418 I'm a teapot"), ProbeReason.UNEXPECTED_ANSWER),
        (http(b"", "200 OK", "X: " + "y" * 200_000), ProbeReason.UNEXPECTED_ANSWER),
        (http(gzip.compress(b"ok"), "200 OK", "Content-Encoding: gzip"), "UnexpectedAnswer"),
        (b"SSH-2.0-OpenSSH_9.2p1 remote\r\n\r\n", ProbeReason.UNEXPECTED_ANSWER),
        (http(b"\x1b[31m" * 2_000_000), ProbeReason.ANSWER_TOO_LARGE),
        (http(b"x" * 10_000_000, "500 Broken"), ProbeReason.SERVER_ERROR),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 100_000,
            ProbeReason.ANSWER_TOO_LARGE,
        ),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50_000, ProbeReason.ANSWER_TOO_LARGE),
    ],
    ids=[
        "401", "403", "429", "500", "503", "redirect", "404", "418", "header of 200 KB", "gzip",
        "ssh", "10 MB", "10 MB and 500", "chunks of a byte", "interim answers",
    ],
)  # fmt: skip
async def test_a_server_that_answers_wrongly(tls, probe_port, reply, reason):
    """Each has its own reason, and nothing of what it says is seen: A09, A27."""
    async with serving_http({"/readyz": reply}, tls=tls) as server:
        result = await probe_port(server.port)

    assert result.reason == reason
    assert not result.is_healthy
    assert server.paths[0] == "/readyz"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (http(b"<!DOCTYPE html>" + REMOTE), ProbeReason.UNEXPECTED_ANSWER),
        (http(b"<!DOCTYPE html>" + b" " * 60_000), ProbeReason.UNEXPECTED_ANSWER),
        (http(b'{"gitVersion": "<b>remote</b>"}'), ProbeReason.UNEXPECTED_ANSWER),
        (http(gzip.compress(VERSION), "200 OK", "Content-Encoding: gzip"), "UnexpectedAnswer"),
        (http(REMOTE, "403 Forbidden"), ProbeReason.FORBIDDEN),
        (http(b"", "301 Moved", "Location: /login"), ProbeReason.REDIRECTED),
        (http(b"x" * 70_000), ProbeReason.ANSWER_TOO_LARGE),
    ],
    ids=["HTML", "large HTML", "odd version", "gzip", "403", "redirect", "70 KB"],
)
async def test_a_ready_server_without_a_version(tls, probe_port, reply, reason):
    """A proxy or a login page says 200 to everything; the version tells it apart."""
    async with serving_http(HEALTHY | {"/version": reply}, tls=tls) as server:
        result = await probe_port(server.port)

    assert result.reason == reason
    assert result.is_answer
    assert server.paths == ["/readyz", "/version"]


async def test_a_server_that_hangs_up(tls, probe_port):
    """After the handshake, in the middle of a head, and by a reset."""
    reset = asyncio.Event()

    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if reset.is_set():
            writer.transport.abort()
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")

    async with serving(hang_up, tls=tls) as server:
        closed = await probe_port(server.port)
        reset.set()
        aborted = await probe_port(server.port)

    assert closed.reason is aborted.reason is ProbeReason.CONNECTION_FAILED
    assert server.connections == 2


async def test_black_holes_take_five_seconds_and_nobody_elses_time(tls, probe_port):
    """Whoever accepts nothing, no TLS, or no question, or drips, is told apart: F40."""

    async def never(reader, _writer):
        await reader.read(-1)

    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for byte in http(b"x" * 100):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)

    async with AsyncExitStack() as stack:
        full = stack.enter_context(_full_backlog())
        silent: LoopbackServer = await stack.enter_async_context(serving(never))
        mute = await stack.enter_async_context(serving(never, tls=tls))
        dripping = await stack.enter_async_context(serving(drip, tls=tls))
        healthy = await stack.enter_async_context(serving_http(HEALTHY, tls=tls))
        started = time.monotonic()
        async with asyncio.TaskGroup() as group:
            holes = [
                group.create_task(probe_port(port))
                for port in (full, silent.port, mute.port, dripping.port) * 5
            ]
            for _ in range(5):
                assert (await probe_port(healthy.port)).is_healthy
            assert time.monotonic() - started < 4
            assert not any(hole.done() for hole in holes)

    reasons = [hole.result().reason for hole in holes[:4]]
    assert reasons == ["Timeout", "Timeout", "SlowAnswer", "SlowAnswer"]
    assert len({hole.result() for hole in holes}) == 2
    assert 4.9 < time.monotonic() - started < 6


@contextmanager
def _full_backlog():
    """Give a port whose kernel takes no more connections and refuses none."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            other = stack.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(server.getsockname())
        yield server.getsockname()[1]


async def test_a_connection_that_was_closed_while_idle(tls, authority):
    """A server that restarts, or says 408 before it closes, is found healthy at the next run."""
    async with serving_http(HEALTHY, tls=tls) as server:
        connection = Connection(f"https://127.0.0.1:{server.port}", ca_data=authority.pem)
        async with probing(connection) as probe:
            assert (await probe.run()).is_healthy
            server.writers[-1].close()
            assert (await probe.run()).is_healthy
            server.writers[-1].transport.abort()
            assert (await probe.run()).is_healthy
            server.writers[-1].write(http(b"", "408 Request Timeout"))
            server.writers[-1].close()
            await asyncio.sleep(0.01)
            assert (await probe.run()).is_healthy
    assert server.connections == 4


async def test_a_server_that_is_gone_at_the_next_run(tls, authority):
    """The replacement of a closed connection is what decides, not the closing."""
    async with AsyncExitStack() as stopping:
        server = await stopping.enter_async_context(serving_http(HEALTHY, tls=tls))
        connection = Connection(f"https://127.0.0.1:{server.port}", ca_data=authority.pem)
        async with probing(connection) as probe:
            assert (await probe.run()).is_healthy
            await stopping.aclose()
            assert (await probe.run()).reason is ProbeReason.CONNECTION_REFUSED
    assert server.connections == 1
