"""TLS contexts, seen from a server on the loopback interface."""

import os
import tempfile
from pathlib import Path

import pytest

from clusterimport.kube import tls
from clusterimport.kube.connection import ConnectionSettings, open_connection
from clusterimport.kube.errors import KubeConfigError, TransportError
from clusterimport.kube.tls import CAFile, client_context
from development.apiserver.server import running_apiserver
from tests.fakes.aio.manualclock import ManualClock
from tests.fakes.pki.certificates import Authority, server_context
from tests.fakes.pki.hostilecertificates import encrypted_with_nothing, tiny_authorities

WHAT = {"verb": "get", "resource": "discovery"}


async def reaches(settings: ConnectionSettings) -> str:
    """Say ``ok`` or why the server cannot be reached."""
    async with open_connection(settings) as rest:
        try:
            await rest.request("GET", "/api", **WHAT)
        except TransportError as error:
            return error.reason
    return "ok"


class Fixed:
    """A TLSSource whose context never changes."""

    def __init__(self, context):
        self._context = context

    def context(self):
        return self._context


async def test_a_server_is_verified_against_the_given_ca(tmp_path: Path):
    """The right CA, or not verifying, reaches the server; another CA and the system's do not."""
    ours, other = Authority(), Authority()
    async with running_apiserver(server_context(ours.issue(), tmp_path)) as server:

        def settings(**parts) -> ConnectionSettings:
            return ConnectionSettings(server.url, tls=Fixed(client_context(**parts)))

        assert await reaches(settings(ca_data=ours.pem)) == "ok"
        assert await reaches(settings(ca_data=b"# comment \xc3\xa4\n" + ours.pem)) == "ok"
        assert await reaches(settings(verify=False)) == "ok"
        assert await reaches(settings(ca_data=other.pem)) == "TLSVerificationFailed"
        assert await reaches(settings()) == "TLSVerificationFailed"
        assert await reaches(ConnectionSettings(server.url)) == "TLSVerificationFailed"
        plain = ConnectionSettings(server.url.replace("https", "http"))
        assert await reaches(plain) in {"ConnectionLost", "MalformedAnswer"}
        assert server.requests[0].path == "/api"
        assert len(server.requests) == 3


async def test_the_leaf_itself_may_be_the_ca_data(tmp_path: Path):
    """As in Go, whatever is in the CA data is trusted."""
    leaf = Authority().issue()
    async with running_apiserver(server_context(leaf, tmp_path)) as server:
        tls = Fixed(client_context(ca_data=leaf.certificate))

        assert await reaches(ConnectionSettings(server.url, tls=tls)) == "ok"


async def test_the_name_to_verify_can_be_given(tmp_path: Path):
    """A certificate for another name passes only under that name."""
    ca = Authority()
    async with running_apiserver(server_context(ca.issue("kube.test"), tmp_path)) as server:
        tls = Fixed(client_context(ca_data=ca.pem))

        named = ConnectionSettings(server.url, tls=tls, tls_server_name="kube.test")
        assert await reaches(named) == "ok"
        assert await reaches(ConnectionSettings(server.url, tls=tls)) == "TLSVerificationFailed"


async def test_a_common_name_is_not_a_name(tmp_path: Path):
    """As in Go, a certificate without alternative names is for nobody."""
    ca = Authority()
    pair = ca.issue("kube.test", has_alternative_name=False)
    async with running_apiserver(server_context(pair, tmp_path)) as server:
        tls = Fixed(client_context(ca_data=ca.pem))
        settings = ConnectionSettings(server.url, tls=tls, tls_server_name="kube.test")

        assert await reaches(settings) == "TLSVerificationFailed"


async def test_a_client_certificate_is_presented(tmp_path: Path):
    """A server that demands one is reached with it, and not without."""
    ca = Authority()
    pair = ca.issue("client")
    context = server_context(ca.issue(), tmp_path, client_ca=ca.pem)
    async with running_apiserver(context) as server:

        def settings(**parts) -> ConnectionSettings:
            return ConnectionSettings(
                server.url, tls=Fixed(client_context(ca_data=ca.pem, **parts))
            )

        having = settings(certificate_data=pair.certificate, key_data=pair.key)
        assert await reaches(having) == "ok"
        assert await reaches(settings()) != "ok"


@pytest.mark.parametrize("memory", ["descriptor", "folder", "none"])
def test_t30_keys_leave_no_descriptor_and_no_file(memory, tmp_path: Path, monkeypatch):
    """Building a context with a key opens nothing that stays, whatever the system and Python have.

    Pythons that are built to run on any Linux have no memory files, macOS has no such folder.
    """
    if memory != "descriptor":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    places = [tmp_path / "memory", tmp_path / "disk"]
    for place in places[memory == "none" :]:
        place.mkdir()
    monkeypatch.setattr(tls, "_MEMORY", places[0])
    monkeypatch.setattr(tempfile, "tempdir", str(places[1]))
    pair = Authority().issue()
    before = len(list(Path("/proc/self/fd").iterdir()))

    client_context(certificate_data=pair.certificate, key_data=pair.key)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [found for found in tmp_path.rglob("*") if found not in places] == []


def test_what_is_wrong_is_named_without_its_content():
    """Bad CAs and pairs that do not match are KubeConfigErrors that quote nothing."""
    one, two = Authority().issue(), Authority().issue()
    for parts, problem in (
        ({"ca_data": b"canary"}, "CA data"),
        ({"certificate_data": one.certificate}, "needs its key"),
        ({"key_data": one.key}, "a key its certificate"),
        ({"certificate_data": one.certificate, "key_data": two.key}, "belongs to another"),
        ({"certificate_data": b"canary", "key_data": b"canary"}, "client certificate holds no PEM"),
    ):
        with pytest.raises(KubeConfigError, match=problem) as caught:
            client_context(**parts)
        assert "canary" not in f"{caught.value} {caught.value.__cause__!r}"


def test_t52_an_encrypted_key_is_refused_and_not_decrypted():
    """Not even one whose password is empty: its maker says how often the password is hashed."""
    pair = Authority().issue("client")
    with pytest.raises(KubeConfigError, match="encrypted"):
        client_context(
            certificate_data=pair.certificate, key_data=encrypted_with_nothing(pair), verify=False
        )


def test_t52_encrypted_ca_data_is_refused():
    """OpenSSL would ask for its password on the terminal, and Go passes it over."""
    mark = b"-----BEGIN CERTIFICATE-----\n"
    pem = Authority().pem.replace(mark, mark + b"Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,00\n\n")
    with pytest.raises(KubeConfigError, match="headers"):
        client_context(ca_data=pem)


def test_t52_all_certificates_of_a_bundle_are_loaded():
    """Whatever stands between them, and however many; a name that Go does not know is no one's."""
    tiny = tiny_authorities(100)
    old = Authority("old").pem.replace(b"BEGIN CERT", b"BEGIN X509 CERT")
    old = old.replace(b"END CERT", b"END X509 CERT")
    key = Authority().issue().key
    text = b"# a bundle\n" + old + key + tiny + b"\ntext\n"
    context = client_context(ca_data=text)

    assert context.cert_store_stats()["x509"] == 100
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    assert client_context(ca_data=broken + tiny + broken).cert_store_stats()["x509"] == 100
    with pytest.raises(KubeConfigError, match="damaged, or cut off"):
        client_context(ca_data=broken)
    with pytest.raises(KubeConfigError, match="holds PRIVATE KEY where clients look for CERTIF"):
        client_context(ca_data=key)


async def test_a_rotated_ca_file_is_followed(tmp_path: Path):
    """After a minute new connections trust the new CA only; a broken file changes nothing."""
    old, new, clock = Authority(), Authority(), ManualClock()
    file = tmp_path / "ca.crt"
    file.write_bytes(old.pem)
    tls = CAFile(file, clock=clock)
    first = tls.context()
    async with running_apiserver(server_context(new.issue(), tmp_path)) as server:
        settings = ConnectionSettings(server.url, tls=tls)
        assert await reaches(settings) == "TLSVerificationFailed"
        clock.advance(60)
        assert tls.context() is first
        file.write_bytes(new.pem)
        clock.advance(59)
        assert tls.context() is first
        clock.advance(1)
        assert await reaches(settings) == "ok"
        second = tls.context()
        for spoil in (lambda: file.write_bytes(b"half"), file.unlink):
            spoil()
            clock.advance(60)
            assert tls.context() is second
