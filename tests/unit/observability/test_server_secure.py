"""Metrics over TLS, over real loopback connections."""

import asyncio
import gzip
import socket
import ssl
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from clusterimport.aio import background
from clusterimport.limits.counted import Limit
from clusterimport.limits.listener import HTTP_HEAD_BYTES, HTTP_HEAD_SECONDS
from clusterimport.observability.access import MetricsAccess
from clusterimport.observability.errors import ListenError
from clusterimport.observability.exposition import Exposition
from clusterimport.observability.metrics import Metrics
from clusterimport.observability.server import secure_metrics_server
from clusterimport.observability.tlschannel import (
    CertificateFiles,
    NotTLSError,
    SelfSigned,
    TLSChannel,
    _issued,
)
from tests.fakes.aio.jumpingclock import JumpingClock
from tests.fakes.limits.limitmetrics import CountingLimitMetrics

MAY = {"Authorization": "Bearer good"}


class Reviews:
    async def request(self, method, path, *, body, verb, resource):
        if body["kind"] == "TokenReview":
            known = body["spec"]["token"] == "good"
            return {"status": {"authenticated": known, "user": {"username": "prometheus"}}}
        return {"status": {"allowed": True}}


class Site:
    def __init__(self, certificate=None):
        self.clock = JumpingClock()
        self.limits = CountingLimitMetrics()
        metrics = Metrics(clock=self.clock)
        self.server = secure_metrics_server(
            "127.0.0.1",
            0,
            exposition=Exposition(metrics, metrics.openmetrics, clock=self.clock),
            access=MetricsAccess(Reviews(), clock=self.clock),
            certificate=certificate or SelfSigned(clock=self.clock),
            clock=self.clock,
            limits=self.limits,
        )

    async def get(self, path="/metrics", *, method="GET", **fields):
        address = f"https://127.0.0.1:{self.server.port}{path}"
        # It would ask for gzip by itself.
        fields = {"Accept-Encoding": "identity"} | fields
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(method, address, ssl=trusting(), headers=fields) as answer,
        ):
            return answer.status, await answer.read(), answer.headers

    def certificate(self):
        """Return the certificate that is shown now."""
        with (
            socket.create_connection(("127.0.0.1", self.server.port)) as plain,
            trusting().wrap_socket(plain) as shown,
        ):
            data = shown.getpeercert(binary_form=True)
            assert data
            return data

    async def say(self, data, *, end=True):
        """Send bytes and return what comes back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(data)
        if end:
            writer.write_eof()
        answer = await reader.read()
        writer.close()
        return answer


def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def running(certificate=None):
    site = Site(certificate)
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
    async with background(server=site.server.run()):
        await site.server.started.wait()
        yield site
    assert complaints == []


def write(folder: Path, host: str) -> bytes:
    """Put a certificate with its key into a folder; return the certificate, in DER."""
    certificate, key = _issued(host, datetime.now(UTC))
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(key)
    return ssl.PEM_cert_to_DER_cert(certificate.decode())


async def test_metrics_are_for_those_who_may():
    """Without a token 401, with one of nobody's too, with a good one the text."""
    async with running() as site:
        status, body, fields = await site.get()
        assert (status, fields["WWW-Authenticate"]) == (401, "Bearer")
        assert b"clusterimport" not in body
        assert (await site.get(Authorization="Bearer bad"))[0] == 401
        status, body, fields = await site.get(**MAY)
        assert status == 200
        assert b"\nclusterimport_build_info{" in body
        assert fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_it_says_nothing_of_itself():
    """No `Server` field, and no other page."""
    async with running() as site:
        for path, fields in (("/metrics", MAY), ("/metrics", {}), ("/", {}), ("/healthz", {})):
            _, _, answered = await site.get(path, **fields)
            assert "Server" not in answered
        assert (await site.get("/healthz", **MAY))[0] == 404
        assert (await site.get(method="POST", **MAY))[0] == 405
        status, body, _ = await site.get(method="HEAD", **MAY)
        assert (status, body) == (200, b"")


async def test_openmetrics_and_gzip_for_those_who_ask():
    """As Prometheus asks for them; together, and each for itself."""
    wanted = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3"
    async with running() as site:
        _, text, fields = await site.get(Accept=wanted, **MAY)
        assert fields["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        assert text.endswith(b"\n# EOF\n")
        assert text.count(b"# EOF") == 1
        _, packed, fields = await site.get(Accept=wanted, **{"Accept-Encoding": "gzip"}, **MAY)
        assert fields["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed).endswith(b"\n# EOF\n")
        assert len(packed) < len(text) / 3
        _, packed, fields = await site.get(**{"Accept-Encoding": "deflate, gzip;q=0.5"}, **MAY)
        assert gzip.decompress(packed).startswith(b"# HELP")
        _, text, fields = await site.get(**{"Accept-Encoding": "gzip;q=0, identity"}, **MAY)
        assert text.startswith(b"# HELP")
        assert "Content-Encoding" not in fields


async def test_t55_who_speaks_no_tls_is_told_so():
    """A request in the clear is answered in the clear; garbage is not."""
    async with running() as site:
        answer = await site.say(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.endswith(b"HTTPS is spoken here\n")
        assert b"HTTP" not in await site.say(b"\x00\x01garbage" * 100)
        assert (await site.get(**MAY))[0] == 200


async def test_t55_a_handshake_that_does_not_end_is_ended():
    """After the time that a request has, and after the bytes that it may have."""
    async with running() as site:
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
        writer.write(hello)
        while not list(site.server._listener._connections):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        site.clock.seconds += HTTP_HEAD_SECONDS + 1
        # It is reset where the hello was not read yet.
        async with asyncio.timeout(5):
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
        writer.close()
        assert site.limits.reached[Limit.HTTP_HEAD_SECONDS] == 1


def test_t55_a_handshake_has_its_most_bytes():
    """A hello of 128 KiB would be waited for by OpenSSL; after 16 it is none here."""
    channel = TLSChannel(SelfSigned(clock=JumpingClock()).context())
    hello = b"\x16\x03\x01\x40\x00\x01\x01\xf0\x00\x03\x03" + bytes(16384 - 6)
    assert channel.receive(hello[:HTTP_HEAD_BYTES]) == b""
    with pytest.raises(NotTLSError):
        channel.receive(hello[HTTP_HEAD_BYTES:])


async def test_t55_a_request_over_tls_has_its_most_bytes():
    """The bound of a head is the same."""
    async with running() as site:
        status, _, _ = await site.get(X="y" * HTTP_HEAD_BYTES)
        assert status == 431


async def test_a_certificate_by_files_is_followed(tmp_path):
    """A renewed one is shown ten seconds later, without a restart."""
    first = write(tmp_path, "first")
    async with running() as other:
        clock = other.clock
    async with running(CertificateFiles(tmp_path, clock=clock)) as site:
        assert await asyncio.to_thread(site.certificate) == first
        second = write(tmp_path, "second")
        clock.seconds += 11
        assert await asyncio.to_thread(site.certificate) == second


def test_files_are_read_every_ten_seconds(tmp_path):
    """Not for each connection, and whoever opens many."""
    write(tmp_path, "first")
    clock = JumpingClock()
    certificate = CertificateFiles(tmp_path, clock=clock)
    first = certificate.context()
    clock.seconds += 11
    assert certificate.context() is first
    write(tmp_path, "second")
    for seconds in (0, 5, 4.9):
        clock.seconds += seconds
        assert certificate.context() is first
    clock.seconds += 0.2
    assert certificate.context() is not first


def test_the_end_of_an_answer_is_said_within_tls():
    """Else a peer cannot tell it from one that was cut, and the end waits for nobody."""
    channel = TLSChannel(SelfSigned(clock=JumpingClock()).context())
    arrived, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    peer = trusting().wrap_bio(arrived, to_send)
    for _ in range(3):
        with suppress(ssl.SSLWantReadError):
            peer.do_handshake()
        channel.receive(to_send.read())
        arrived.write(channel.due())
    arrived.write(channel.sealed(b"all") + channel.end())
    assert peer.read(10) == b"all"
    assert peer.read(10) == b""  # and no SSLWantReadError


async def test_a_renewed_certificate_that_is_no_good_is_not_taken(tmp_path):
    """The last good one is shown, and it is said once; when it is whole it is taken."""
    first = write(tmp_path, "first")
    clock = JumpingClock()
    certificate = CertificateFiles(tmp_path, clock=clock)
    before = certificate.context()
    key = (tmp_path / "tls.key").read_bytes()
    write(tmp_path, "second")
    new_key = (tmp_path / "tls.key").read_bytes()
    (tmp_path / "tls.key").write_bytes(key)
    with capture_logs() as logs:
        for _ in range(3):
            clock.seconds += 11
            assert certificate.context() is before
        assert [entry["event"] for entry in logs] == ["new certificate not usable"]
        assert "belongs to another certificate" in logs[0]["why"]
        (tmp_path / "tls.key").unlink()
        clock.seconds += 11
        assert certificate.context() is before
        (tmp_path / "tls.key").write_bytes(new_key)
        clock.seconds += 11
        assert certificate.context() is not before
    assert [entry["event"] for entry in logs[1:]] == [
        "certificate not readable",
        "certificate renewed",
    ]
    assert first


@pytest.mark.parametrize("missing", ["tls.crt", "tls.key"])
def test_a_certificate_that_is_not_there_ends_the_start(tmp_path, missing):
    """With the name of the flag and of the file."""
    write(tmp_path, "x")
    (tmp_path / missing).unlink()
    with pytest.raises(ListenError, match=f"--metrics-cert-path: .*{missing}: No such file"):
        CertificateFiles(tmp_path, clock=JumpingClock())


def test_a_certificate_that_is_none_ends_the_start(tmp_path):
    """With what is wrong, and nothing of its content."""
    (tmp_path / "tls.crt").write_text("not a certificate")
    (tmp_path / "tls.key").write_text("secret")
    with pytest.raises(ListenError, match="the server certificate") as told:
        CertificateFiles(tmp_path, clock=JumpingClock())
    assert "secret" not in str(told.value)


async def test_old_tls_is_refused():
    """1.2 is the least."""
    context = trusting()
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with running() as site:

        def shake_hands():
            with (
                socket.create_connection(("127.0.0.1", site.server.port)) as plain,
                pytest.raises((ssl.SSLError, ConnectionError)),
            ):
                context.wrap_socket(plain)

        await asyncio.to_thread(shake_hands)
