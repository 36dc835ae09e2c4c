"""Which certificates of a large bundle a server is verified by."""

import random
import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clusterimport import pki
from clusterimport.limits.probes import SELECTED_TRUST_BYTES
from clusterimport.model.connection import Connection
from clusterimport.probing import tlscontexts
from clusterimport.probing.certificates import weigh_pem
from clusterimport.probing.selection import select_authorities
from clusterimport.probing.tlscontexts import TLSContexts
from clusterimport.probing.workers import ProbeThreads
from tests.fakes.pki.certificates import END, START, Pair, server_context
from tests.fakes.pki.handshakes import HOST, shake
from tests.fakes.pki.hostilecertificates import fat_authority, tiny_authorities
from tests.fakes.probing.attempts import attempting

IS_CA = x509.BasicConstraints(ca=True, path_length=None)
DAY = timedelta(days=1)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Certified:
    """A key, and certificates of it: PEM and DER."""

    def __init__(self, subject, issuer=None, *, end=END, extension=IS_CA):
        self.subject = subject
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.pem = self.signed_by(issuer or self, end=end, extension=extension)
        self.der = ssl.PEM_cert_to_DER_cert(self.pem.decode())

    def signed_by(self, issuer, *, end=END, extension=IS_CA):
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(self.subject))
            .issuer_name(name(issuer.subject))
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(START)
            .not_valid_after(end)
            .add_extension(extension, critical=False)
        )
        signed = builder.sign(issuer.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def server_of(issuer, subject="server"):
    return Certified(subject, issuer, extension=x509.SubjectAlternativeName([x509.DNSName(HOST)]))


def selected(bundle, *chain):
    """Return what is selected, as DER."""
    text = select_authorities(bundle, [one.der for one in chain])
    return [block.data for block in pki.read_blocks(text)]


def test_t51_who_may_have_signed_is_selected_and_nobody_else():
    """Issuers by their names, up to the root, the nearest first, whatever stands between them."""
    root = Certified("root")
    middle = Certified("middle", root)
    server = server_of(middle)
    bundle = tiny_authorities(300) + root.pem + b"no certificate\n" + middle.pem

    assert selected(bundle, server) == [middle.der, root.der]
    assert selected(bundle, server_of(root), middle) == [root.der, middle.der]
    assert selected(bundle, server_of(Certified("stranger"))) == []
    assert selected(bundle + server.pem, server) == [middle.der, server.der, root.der]


def test_t51_all_of_one_name_are_selected():
    """While a CA is replaced there are two; a hundred of them are no more than a bound allows."""
    server = server_of(Certified("ca"))
    two = [Certified("ca") for _ in range(2)]
    assert selected(two[0].pem + two[1].pem, server) == [one.der for one in two]

    hundreds = Certified("ca").pem * 300
    chosen = select_authorities(hundreds, [server.der])
    assert SELECTED_TRUST_BYTES * 0.9 < weigh_pem(chosen) <= SELECTED_TRUST_BYTES


def test_t51_what_a_client_would_not_look_at_is_not_selected():
    """A label of old, headers, a certificate that is cut off."""
    ca = Certified("ca")
    server = server_of(ca)
    old = ca.pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE")
    headed = ca.pem.replace(b"CERTIFICATE-----\n", b"CERTIFICATE-----\na: b\n\n", 1)
    short = ssl.DER_cert_to_PEM_cert(ca.der[:40]).encode()

    assert selected(old + headed + short, server) == []


def test_t51_one_that_is_fat_is_selected_all_the_same():
    """Go verifies by it, too; it is in memory for one handshake."""
    fat = fat_authority(500)
    der = ssl.PEM_cert_to_DER_cert(fat.decode())
    assert weigh_pem(fat) > SELECTED_TRUST_BYTES

    assert [block.data for block in pki.read_blocks(select_authorities(fat, [der]))] == [der]


@pytest.fixture(name="workers")
def _workers():
    workers = ProbeThreads("test-selection", size=1)
    yield workers
    workers.close()


async def _verdict(workers, bundle, server):
    """Return what a handshake comes to: nothing, or OpenSSL's number for what is wrong."""
    async with attempting() as attempt:
        connection = Connection(f"https://{HOST}", ca_data=bundle)
        context = (await TLSContexts(workers).trust_for(connection, attempt)).context
    try:
        assert shake(context, server).version()
    except ssl.SSLCertVerificationError as error:
        return error.verify_code
    return None


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
async def test_t51_a_choice_leads_to_the_verdict_of_all(workers, tmp_path, monkeypatch, seed):
    """Roots and intermediates at random, of equal names, expired, presented or in the bundle."""
    dice = random.Random(seed)
    verdicts = set()
    for _ in range(12):
        makers = [Certified("root"), Certified("root"), Certified("other")]
        for _ in range(4):
            issuer = dice.choice(makers)
            end = START + DAY if dice.random() < 0.15 else END
            makers.append(Certified(dice.choice(("middle", "low", "root")), issuer, end=end))
        leaf = server_of(dice.choice(makers), dice.choice(("server", "root")))
        known = [one.pem for one in (*makers, leaf) if dice.random() < 0.5] or [makers[0].pem]
        given = [one.pem for one in makers if dice.random() < 0.3]
        bundle = b"".join(dice.sample(known, len(known)))
        key = leaf.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        server = server_context(Pair(leaf.pem + b"".join(given), key), tmp_path)
        server.maximum_version = dice.choice((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
        monkeypatch.setattr(tlscontexts, "LOADED_TRUST_BYTES", 1 << 20)
        by_all = await _verdict(workers, bundle, server)
        monkeypatch.setattr(tlscontexts, "LOADED_TRUST_BYTES", 0)
        assert await _verdict(workers, bundle, server) == by_all
        verdicts.add(by_all)
    assert None in verdicts
    assert len(verdicts) > 1
