"""Probes of servers whose certificates, handshakes or lack of TLS are wrong, over real TLS."""

import dataclasses
import datetime as dt
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from ipaddress import ip_network

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
from tests.fakes.probing.loopback import serving, serving_http
from tests.fakes.probing.realprobes import REMOTE, TOKEN, probe_once
from tests.fakes.probing.scripted import HEALTHY, http


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


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_t52_a_chain_that_is_dear_is_not_verified(version, tmp_path):
    """59 certificates with exponents as long as their keys cost milliseconds, and a word."""
    ca, pair = chain(59, lambda number: dear_rsa() if number else ordinary_rsa())
    tls = serving_context(pair, tmp_path)
    tls.maximum_version = version
    async with serving_http(HEALTHY, tls=tls) as server:
        connection = Connection(f"https://127.0.0.1:{server.port}", ca_data=ca, token=TOKEN)
        result = await probe_once(connection)
        unverified = await probe_once(dataclasses.replace(connection, ca_data=b"", insecure=True))

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
        result = await probe_once(connection)

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
