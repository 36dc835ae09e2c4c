"""What servers may present, looked at before anybody verifies it."""

import contextlib
import ssl

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519

from clusterimport.kube.tls import client_context
from clusterimport.limits.probes import SERVER_CERTIFICATES
from clusterimport.probing.guardedtls import GuardedTLS, guard
from tests.fakes.pki.hostilecertificates import chain, dear_rsa, ordinary_rsa, serving_context

HOST = "127.0.0.1"
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def p256(_: int) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def brainpool() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.BrainpoolP512R1())


class _Handshake:
    """A handshake in memory, and what it came to."""

    def __init__(self, ca, pair, folder, *, version=None, verify: bool = True) -> None:
        context = client_context(verify=False)
        if verify:
            # By any CA, also one that would not be loaded from a credential.
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=ca.decode())
        if version:
            context.maximum_version = version
        guard(context)
        ends = [ssl.MemoryBIO() for _ in range(4)]
        client = context.wrap_bio(ends[0], ends[1], server_hostname=HOST)
        assert isinstance(client, GuardedTLS)
        server = serving_context(pair, folder).wrap_bio(ends[2], ends[3], server_side=True)
        self.client = client
        self.error: ssl.SSLError | None = None
        for _ in range(8):
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                self.error = error
            if self.error or (client.version() and not ends[1].pending):
                return
            ends[2].write(ends[1].read())
            with contextlib.suppress(ssl.SSLWantReadError):
                server.do_handshake()
            ends[0].write(ends[3].read())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "make_key",
    [
        p256,
        lambda _: ordinary_rsa(),
        lambda _: ec.generate_private_key(ec.SECP384R1()),
        lambda _: ec.generate_private_key(ec.SECP521R1()),
        lambda _: ed25519.Ed25519PrivateKey.generate(),
    ],
)
def test_t52_what_servers_usually_present_is_verified(make_key, version, tmp_path):
    """Keys that Go takes pass, with a chain that is longer than most."""
    done = _Handshake(*chain(5, make_key), tmp_path, version=version)

    assert done.error is None
    assert not done.client.is_refused
    assert 4 * 2500 < done.client.presented_weight < 5 * 16_000


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(
    ("length", "make_key"),
    [
        (59, lambda _: dear_rsa(1024)),
        (SERVER_CERTIFICATES + 1, p256),
        (2, lambda _: dear_rsa(2048)),
        (2, lambda number: dear_rsa(2048) if number == 1 else ordinary_rsa()),
        (2, lambda number: dear_rsa(2048) if number == 2 else p256(number)),
        (2, lambda number: brainpool() if number == 1 else p256(number)),
        (2, lambda number: dsa.generate_private_key(1024) if number == 1 else p256(number)),
    ],
)
def test_t52_dear_certificates_are_refused_unverified(length, make_key, verify, version, tmp_path):
    """Too many, or a key that Go refuses, wherever it stands: no signature is looked at."""
    ca, pair = chain(length, make_key)
    done = _Handshake(ca, pair, tmp_path, version=version, verify=verify)

    assert done.client.is_refused
    assert (done.error is not None) == verify


def test_t52_rsa_of_8192_bits_is_the_most(monkeypatch, tmp_path):
    """As in Go: what is larger is refused, what is as large is not."""
    monkeypatch.setattr("clusterimport.probing.certificates.RSA_KEY_BITS", 2048)
    assert not _Handshake(*chain(2, lambda _: ordinary_rsa()), tmp_path).client.is_refused
    large = chain(2, lambda _: ordinary_rsa(3072))
    assert _Handshake(*large, tmp_path).client.is_refused


def test_t52_many_names_are_refused_by_their_bytes(tmp_path):
    """Ten thousand names of one letter are one certificate, and megabytes once parsed."""
    done = _Handshake(*chain(1, p256, names=11_000), tmp_path)

    assert done.client.is_refused
