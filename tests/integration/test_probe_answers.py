"""Probes of servers that are wrong in every way, over real sockets and real TLS.

Attack cases A05, A07, A08, A09 and A27, fault case F40. There is no control plane in these tests:
whether a real API server is found healthy is shown elsewhere.
"""

import asyncio
import dataclasses
import datetime as dt
import gzip
import socket
import ssl
import threading
import time
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from ipaddress import ip_address, ip_network

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from clusterimport.model.connection import Connection
from clusterimport.probing import (
    AddressPolicy,
    ClusterProbe,
    Dialer,
    ProbeReason,
    ProbeResult,
    Resolver,
)
from tests.fakes.pki.certificates import Authority, server_context
from tests.fakes.pki.hostilecertificates import chain, dear_rsa, ordinary_rsa, serving_context
from tests.fakes.probing.loopback import LoopbackServer, serving, serving_http
from tests.fakes.probing.scripted import VERSION, http

HEALTHY = {"/readyz": http(b"ok"), "/version": http(VERSION)}
TOKEN = "t0p-s3cret"
REMOTE = b"<b>remote text</b>"
"""In every hostile body and header; nothing of it may be seen anywhere."""


@pytest.fixture(scope="module", name="authority")
def _authority() -> Authority:
    return Authority()


@pytest.fixture(name="tls")
def _tls(authority, tmp_path):
    """Give the context of a server whose certificate is right."""
    return server_context(authority.issue(), tmp_path)


class _Names:
    """A resolver with an answer per question; the last one stays."""

    def __init__(self, *answers: str) -> None:
        self._answers = [ip_address(answer) for answer in answers]
        self.asked: list[str] = []

    async def resolve(self, host: str, attempt):
        self.asked.append(host)
        return (self._answers[min(len(self.asked), len(self._answers)) - 1],)

    def close(self) -> None:
        pass


@asynccontextmanager
async def _probing(connection: Connection, *, resolver=None, allow=("127.0.0.0/8", "::1/128")):
    """Give a probe that may use the loopback interface."""
    policy = AddressPolicy(allow=[ip_network(text) for text in allow])
    dialer = Dialer(policy, resolver or Resolver())
    probe = ClusterProbe(connection, tenant="namespace/team", dialer=dialer)
    try:
        yield probe
    finally:
        await probe.aclose()
        dialer.close()


async def _probe(connection: Connection, **options) -> ProbeResult:
    """Probe once, and look at what holds for every verdict."""
    started = time.monotonic()
    async with _probing(connection, **options) as probe:
        result = await probe.run()
    assert time.monotonic() - started < 6
    assert len(result.message) <= 256
    assert result.message.isascii()
    assert result.message.isprintable()
    assert TOKEN not in result.message
    assert not any(word in result.message for word in ("remote", "127.0.0.1", "evil"))
    assert bool(result.version) == result.is_healthy
    return result


@pytest.fixture(name="probe_port")
def _probe_port(authority):
    """Give a probe of a port on 127.0.0.1 with the right CA."""

    async def probe_port(port: int, **more) -> ProbeResult:
        parts = {"ca_data": authority.pem, "token": TOKEN} | more
        return await _probe(Connection(f"https://127.0.0.1:{port}", **parts))

    return probe_port


async def test_a_healthy_server(tls, authority):
    """Ready and its version, the token in the header, one connection for many runs."""
    async with serving_http(HEALTHY, tls=tls) as server:
        connection = Connection(
            f"https://127.0.0.1:{server.port}/", ca_data=authority.pem, token=TOKEN
        )
        async with _probing(connection) as probe:
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
        result = await _probe(Connection(address, ca_data=authority.pem))
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


async def test_a_wrong_certificate(authority, tmp_path, probe_port):
    """Another CA, another name and an expired certificate each say what to mend."""
    expired = authority.issue(end=dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
    named_alike = Authority().issue()  # as most clusters' CAs are called the same
    contexts = {
        name: server_context(pair, tmp_path)
        for name, pair in [
            ("other", Authority("other").issue()),
            ("alike", named_alike),
            ("name", authority.issue("api.test")),
            ("address", authority.issue("127.0.0.2")),
            ("expired", expired),
        ]
    }
    results = {}
    for name, context in contexts.items():
        async with serving_http(HEALTHY, tls=context) as server:
            results[name] = await probe_port(server.port)
            assert server.requests == []

    assert {result.reason for result in results.values()} == {ProbeReason.TLS_VERIFICATION_FAILED}
    assert "CA data" in results["other"].message
    assert results["alike"] == results["other"]
    assert "tls-server-name" in results["name"].message
    assert results["address"] == results["name"]
    assert "expired" in results["expired"].message
    assert not any(result.is_answer for result in results.values())


async def test_the_system_does_not_trust_our_ca(tls, probe_port):
    """Without CA data the system's CAs decide; only ``insecure`` asks none."""
    async with serving_http(HEALTHY, tls=tls) as server:
        system = await probe_port(server.port, ca_data=b"")
        insecure = await probe_port(server.port, ca_data=b"", insecure=True)

    assert system.reason is ProbeReason.TLS_VERIFICATION_FAILED
    assert insecure.is_healthy


async def test_the_name_can_be_given(authority, tmp_path, probe_port):
    """``tls-server-name`` is what TLS asks for and verifies; the address stays the address."""
    asked = []
    context = server_context(authority.issue("kubernetes.default"), tmp_path)
    context.sni_callback = lambda _, name, __: asked.append(name)
    async with serving_http(HEALTHY, tls=context) as server:
        right = await probe_port(server.port, tls_server_name="kubernetes.default")
        wrong = await probe_port(server.port, tls_server_name="kubernetes.other")
        none = await probe_port(server.port, tls_server_name="..")

    assert right.is_healthy
    assert wrong.reason is ProbeReason.TLS_VERIFICATION_FAILED
    assert none.reason is ProbeReason.TLS_VERIFICATION_FAILED
    assert asked == ["kubernetes.default", "kubernetes.other"]
    assert f"\r\nHost: 127.0.0.1:{server.port}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_a_client_certificate(authority, tmp_path, probe_port, version):
    """It is presented; a server that wants one, or another one, says so in its own time."""
    clients = Authority("clients")
    good, bad = clients.issue("admin"), Authority("others").issue("admin")
    context = server_context(authority.issue(), tmp_path, client_ca=clients.pem)
    context.minimum_version = context.maximum_version = getattr(context.minimum_version, version)
    with _blocking_server(context) as port:
        with_it = await probe_port(port, cert_data=good.certificate, key_data=good.key)
        with_another = await probe_port(port, cert_data=bad.certificate, key_data=bad.key)
        without = await probe_port(port)
        broken = await probe_port(port, cert_data=good.certificate, key_data=bad.key)

    assert with_it.is_healthy
    assert with_another.reason is ProbeReason.TLS_HANDSHAKE_FAILED
    assert "client certificate" in with_another.message
    assert without.reason is ProbeReason.TLS_HANDSHAKE_FAILED
    if version == "TLSv1_3":  # before it, a handshake without one fails for no stated reason
        assert without == with_another
    assert broken.reason is ProbeReason.INVALID_CERTIFICATES


@contextmanager
def _blocking_server(context: ssl.SSLContext):
    """Serve from a thread, since asyncio's TLS closes without the alert that says why."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    while request := secured.recv(10_000):
                        secured.sendall(HEALTHY[request.split(b" ")[1].decode()])
            except OSError:
                continue

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


async def test_a_closed_port(probe_port):
    """Nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = await probe_port(port)

    assert result.reason is ProbeReason.CONNECTION_REFUSED
    assert not result.is_answer


async def test_a_server_without_tls(probe_port):
    """Plain HTTP, another protocol and random bytes are no TLS; a hang-up is a hang-up."""

    def talker(*words: bytes):
        async def talk(reader, writer):
            await reader.read(100)
            for word in words:
                writer.write(word)
                await writer.drain()

        return talk

    async def verdict(*words: bytes) -> ProbeResult:
        async with serving(talker(*words)) as server:
            return await probe_port(server.port)

    plain = await verdict(http(REMOTE, "400 Bad Request"))
    garbage = await verdict(bytes(range(256)) * 40)
    hello = b"\x16\x03\x03\x00\x10" + b"\xff" * 16
    broken = await verdict(hello)
    alert = await verdict(b"\x15\x03\x03\x00\x02\x02\x28")
    gone = await verdict()

    assert plain.reason is garbage.reason is ProbeReason.TLS_HANDSHAKE_FAILED
    assert "https port" in plain.message
    assert broken.reason is alert.reason is ProbeReason.TLS_HANDSHAKE_FAILED
    assert gone.reason is ProbeReason.CONNECTION_FAILED


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
        async with _probing(connection) as probe:
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
        async with _probing(connection) as probe:
            assert (await probe.run()).is_healthy
            await stopping.aclose()
            assert (await probe.run()).reason is ProbeReason.CONNECTION_REFUSED
    assert server.connections == 1


async def test_loopback_is_denied_by_default(tls, authority):
    """Nothing is connected to, however the address is written: A07."""
    async with serving_http(HEALTHY, tls=tls) as server:
        for host in ("127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0"):
            address = f"https://{host}:{server.port}"
            result = await _probe(Connection(address, ca_data=authority.pem), allow=())

            assert result.reason is ProbeReason.ADDRESS_DENIED
            assert "--probe-allow-cidr" in result.message
            assert not result.is_answer
    assert server.connections == 0


async def test_a_name_that_is_rebound(authority, tmp_path):
    """The address that was judged is the one that is connected to, and asked for once: A08."""
    names = _Names("127.0.0.1", "169.254.169.254")
    context = server_context(authority.issue("api.test"), tmp_path)
    async with serving_http(HEALTHY, tls=context) as server:
        connection = Connection(f"https://api.test:{server.port}", ca_data=authority.pem)
        async with _probing(connection, resolver=names) as probe:
            first = await probe.run()
            assert names.asked == ["api.test"]
            assert server.connections == 1
            assert (await probe.run()).is_healthy
            assert names.asked == ["api.test"]
            server.writers[-1].transport.abort()
            await asyncio.sleep(0.01)
            later = await probe.run()

    assert first.is_healthy
    assert later.reason is ProbeReason.ADDRESS_DENIED
    assert names.asked == ["api.test"] * 2
    assert server.connections == 1


async def test_an_unknown_name(authority):
    """``.invalid`` never resolves, and odd names break nothing."""
    for host in ("api.invalid", "a..b", "x" * 64 + ".test"):
        result = await _probe(Connection(f"https://{host}:6443", ca_data=authority.pem))

        assert result.reason is ProbeReason.NAME_NOT_RESOLVED


async def test_proxies_of_the_environment_are_ignored(tls, probe_port, monkeypatch):
    """The credential goes to the address and nowhere else: A05."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serving_http(HEALTHY, tls=tls) as server:
        assert (await probe_port(server.port)).is_healthy


async def test_over_ipv6(authority, tmp_path):
    """A literal address in brackets, with a certificate for it."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on the loopback interface")
    context = server_context(authority.issue("::1"), tmp_path)
    async with serving_http(HEALTHY, tls=context, host="::1") as server:
        result = await _probe(Connection(f"https://[::1]:{server.port}", ca_data=authority.pem))

    assert result.is_healthy
    assert f"\r\nHost: [::1]:{server.port}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_t52_a_chain_that_is_dear_is_not_verified(version, tmp_path):
    """59 certificates with exponents as long as their keys cost milliseconds, and a word."""
    ca, pair = chain(59, lambda number: dear_rsa() if number else ordinary_rsa())
    tls = serving_context(pair, tmp_path)
    tls.maximum_version = version
    async with serving_http(HEALTHY, tls=tls) as server:
        connection = Connection(f"https://127.0.0.1:{server.port}", ca_data=ca, token=TOKEN)
        result = await _probe(connection)
        unverified = await _probe(dataclasses.replace(connection, ca_data=b"", insecure=True))

    for verdict in (result, unverified):
        assert verdict.reason is ProbeReason.TLS_VERIFICATION_FAILED
        assert "8192 bits" in verdict.message
        assert verdict.cpu_seconds < 0.2
    assert server.requests == []


async def test_t52_a_chain_as_long_as_may_be_is_verified(tmp_path):
    """31 certificates of ECDSA are healthy, and their verification is accounted for."""
    ca, pair = chain(31, lambda _: ec.generate_private_key(ec.SECP384R1()))
    async with serving_http(HEALTHY, tls=serving_context(pair, tmp_path)) as server:
        connection = Connection(f"https://127.0.0.1:{server.port}", ca_data=ca, token=TOKEN)
        result = await _probe(connection)

    assert result.is_healthy
    assert 0.005 < result.cpu_seconds < 1


async def test_t52_the_time_of_a_handshake_line_is_not_the_servers(tls, authority, monkeypatch):
    """A cluster whose tenant has used up its share of the processor waits, and is then healthy."""
    dialer = Dialer(AddressPolicy(allow=[ip_network("127.0.0.0/8")]), Resolver())
    dialer._workers._budget.spend("namespace/team", 4.0 + 0.2 * 2.0)
    async with serving_http(HEALTHY, tls=tls) as server:
        connection = Connection(f"https://127.0.0.1:{server.port}", ca_data=authority.pem)
        probe = ClusterProbe(
            connection, tenant="namespace/team", dialer=dialer, timeout_seconds=1.0
        )
        started = time.monotonic()
        result = await probe.run()
        other = ClusterProbe(connection, tenant="namespace/other", dialer=dialer)
        dialer._workers._budget.spend("namespace/team", 1000.0)
        monkeypatch.setattr("clusterimport.probing.attempt.PROBE_WAIT_SECONDS", 0.3)
        untried = await ClusterProbe(connection, tenant="namespace/team", dialer=dialer).run()
        assert (await other.run()).is_healthy
        await probe.aclose()
        await other.aclose()
    dialer.close()

    assert result.is_healthy
    assert 1.9 < time.monotonic() - started < 20
    assert untried.is_untried
    assert "processor time" in untried.message
