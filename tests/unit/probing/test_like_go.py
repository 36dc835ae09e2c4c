"""Servers and credentials that Go's client takes and OpenSSL's would not, and the reverse."""

import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from clusterimport import pki
from clusterimport.model.connection import Connection
from clusterimport.probing import tlscontexts
from clusterimport.probing.errors import InvalidCertificates
from clusterimport.probing.oddusage import pinned_context
from clusterimport.probing.tlscontexts import TLSContexts
from clusterimport.probing.workers import ProbeThreads
from tests.fakes.pki.certificates import END, START, Authority, Pair, server_context
from tests.fakes.pki.handshakes import HOST, presented, shake
from tests.fakes.pki.hostilecertificates import ordinary_rsa
from tests.fakes.pki.material import CA
from tests.fakes.probing.attempts import attempting


@pytest.fixture(name="contexts", params=["loaded", "chosen"])
def _contexts(request, monkeypatch):
    if request.param == "chosen":
        # As if each CA were one of hundreds: the handshake chooses who is trusted.
        monkeypatch.setattr(tlscontexts, "LOADED_TRUST_BYTES", 0)
    workers = ProbeThreads("test-like-go", size=1)
    yield TLSContexts(workers)
    workers.close()


async def context_for(contexts, **parts):
    async with attempting() as attempt:
        return (await contexts.trust_for(Connection(f"https://{HOST}", **parts), attempt)).context


def self_signed(key, *, usage=None, extended=None):
    """Return a server's certificate that is its own CA."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    )
    if usage:
        names = (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        )  # fmt: skip
        flags = {name: name in usage for name in names}
        builder = builder.add_extension(x509.KeyUsage(**flags), critical=True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return Pair(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def p256():
    return ec.generate_private_key(ec.SECP256R1())


async def test_t11_a_key_of_1024_bits_is_long_enough(contexts, tmp_path):
    """Go refuses shorter ones only."""
    pair = self_signed(ordinary_rsa(1024))
    server = server_context(pair, tmp_path, ciphers="DEFAULT@SECLEVEL=0")

    assert shake(await context_for(contexts, ca_data=pair.certificate), server).version()


@pytest.mark.parametrize("cipher", ["ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA"])
async def test_t11_ciphers_of_old_servers_are_offered(contexts, tmp_path, cipher):
    """With SHA-1 as their message code, as in Go's client; the key exchange has to be ephemeral."""
    pair = self_signed(ordinary_rsa())
    server = server_context(pair, tmp_path)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    server.set_ciphers(cipher)
    context = await context_for(contexts, ca_data=pair.certificate)

    assert shake(context, server).cipher()[0] == cipher
    for offered in context.get_ciphers():
        assert offered["name"].startswith(("ECDHE-", "TLS_"))
        assert offered["aead"] or offered["name"].endswith("-SHA")


async def test_t11_a_certificate_that_may_only_sign_is_a_servers(contexts, tmp_path):
    """Go looks at the extended usage alone; a usage of clients it refuses."""
    pair = self_signed(p256(), usage=["key_cert_sign", "crl_sign"])
    context = await context_for(contexts, ca_data=pair.certificate)
    assert shake(context, server_context(pair, tmp_path)).version()

    wrong = self_signed(p256(), usage=["key_cert_sign"], extended=ExtendedKeyUsageOID.CLIENT_AUTH)
    context = await context_for(contexts, ca_data=wrong.certificate)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(context, server_context(wrong, tmp_path))


async def test_t11_a_certificate_that_may_not_sign_is_no_authority(contexts, tmp_path):
    """What is trusted as a server's is not thereby trusted as a CA."""
    authority = Authority()
    pair = authority.issue(HOST)
    leaf = self_signed(p256(), usage=["crl_sign"])
    context = await context_for(contexts, ca_data=leaf.certificate)

    with pytest.raises(ssl.SSLCertVerificationError):
        shake(context, server_context(pair, tmp_path))


async def test_t11_a_bad_block_does_not_spoil_a_bundle(contexts, tmp_path):
    """Go passes it over, at whatever place."""
    authority = Authority()
    broken = CA.replace(b"MIH", b"MIG")
    for bundle in (broken + authority.pem, authority.pem + broken, CA + broken + authority.pem):
        context = await context_for(contexts, ca_data=bundle)
        assert shake(context, server_context(authority.issue(HOST), tmp_path)).version()


@pytest.mark.parametrize("label", [b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"X PRIVATE KEY"])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("make", [p256, lambda: ordinary_rsa(1024)])
async def test_t11_a_key_is_what_it_is_whatever_its_label(contexts, make, form, label):
    """KubeSphere writes PKCS#1 under PRIVATE KEY, and Go reads it."""
    key = make()
    pair = self_signed(key)
    text = key.private_bytes(Encoding.PEM, form, NoEncryption()).split(b"\n")
    text[0], text[-2] = b"-----BEGIN %b-----" % label, b"-----END %b-----" % label

    assert await context_for(contexts, cert_data=pair.certificate, key_data=b"\n".join(text))


@pytest.mark.parametrize(
    "bundle",
    [b"\xef\xbb\xbf" + CA, CA.replace(b"CERTIFICATE", b"X509 CERTIFICATE")],
)
async def test_t11_what_go_does_not_find_is_not_trusted(contexts, bundle):
    """A byte order mark before the PEM, a label of old."""
    with pytest.raises(InvalidCertificates, match="the CA data"):
        await context_for(contexts, ca_data=bundle)


async def test_t11_a_certificate_that_may_only_sign_is_a_servers_if_a_ca_has_signed_it(
    contexts, tmp_path
):
    """Of the connection's own CA, for its own names; the signature of another one does not help."""
    ca_key, name = p256(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    ca = issued(name, name, ca_key, ca_key, x509.BasicConstraints(ca=True, path_length=None))
    forged_key = p256()
    forged = issued(
        name, name, forged_key, forged_key, x509.BasicConstraints(ca=True, path_length=None)
    )
    key = p256()
    usage = x509.KeyUsage(*(flag == 5 for flag in range(9)))
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
    leaf = issued(own, name, key, ca_key, usage, names)
    pair = Pair(leaf, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = server_context(pair, tmp_path)

    assert shake(await context_for(contexts, ca_data=forged + ca), server).version()
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(await context_for(contexts, ca_data=forged), server)
    other = issued(
        own, name, key, ca_key, usage, x509.SubjectAlternativeName([x509.DNSName("other.test")])
    )
    server = server_context(Pair(other, pair.key), tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="ostname"):
        shake(await context_for(contexts, ca_data=ca), server)


async def test_t11_an_odd_server_is_given_the_clients_certificate(contexts, tmp_path):
    """Whoever verifies it, what is presented is the connection's own."""
    ca_key, key = p256(), p256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    ca = issued(name, name, ca_key, ca_key, CA_EXTENSION)
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    leaf = issued(name, name, key, ca_key, SIGNING, names)
    pair = Pair(leaf, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    clients = Authority("clients")
    own = clients.issue("client")
    context = await context_for(contexts, ca_data=ca, cert_data=own.certificate, key_data=own.key)
    server = server_context(pair, tmp_path, client_ca=clients.pem)

    assert presented(context, server) == der(own.certificate)


def old_certificate(algorithm):
    """Return a client's certificate with a signature of old."""
    key, signer = ordinary_rsa(), ordinary_rsa(2056)
    name, issuer = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("old", "someone")
    )
    certificate = signed_as_of_old(issued(name, issuer, key, signer), signer, algorithm)
    return Pair(certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def signed_as_of_old(pem, signer, algorithm):
    """Sign a certificate again, by RSA and a hash with which the Python package signs none."""
    sha256, old = (
        bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", OLD_SIGNATURES[algorithm])
    )
    data = der(pem).replace(sha256, old)
    signed = x509.load_der_x509_certificate(data)
    signature = signer.sign(signed.tbs_certificate_bytes, padding.PKCS1v15(), algorithm())
    data = data.replace(signed.signature, signature)
    return x509.load_der_x509_certificate(data).public_bytes(Encoding.PEM)


OLD_SIGNATURES = {hashes.SHA1: "05", hashes.MD5: "04"}
"""The last byte of the identifier of their signature by RSA."""


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("algorithm", OLD_SIGNATURES)
@pytest.mark.parametrize("insecure", [False, True])
async def test_t10_a_certificate_with_a_signature_of_old_is_presented(
    contexts, tmp_path, algorithm, insecure, version
):
    """Go's client does not look at how its own is signed; the server says whether it will do."""
    authority = Authority()
    own = old_certificate(algorithm)
    assert pki.read_pair(own.certificate, own.key), "so the import writes it"
    context = await context_for(
        contexts,
        ca_data=b"" if insecure else authority.pem,
        cert_data=own.certificate,
        key_data=own.key,
        insecure=insecure,
    )
    server = server_context(
        authority.issue(HOST), tmp_path, client_ca=own.certificate, ciphers="DEFAULT@SECLEVEL=0"
    )
    server.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    server.maximum_version = version

    assert presented(context, server) == der(own.certificate)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_t10_who_presents_a_signature_of_old_believes_none(contexts, tmp_path, version):
    """A server's signed by SHA-1, or by nobody, or for another name, is refused as ever."""
    ca_key = ordinary_rsa(2056)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    ca = issued(name, name, ca_key, ca_key, CA_EXTENSION)
    own = old_certificate(hashes.SHA1)
    context = await context_for(contexts, ca_data=ca, cert_data=own.certificate, key_data=own.key)

    def served(host, signer, *, is_old=False):
        key = p256()
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        leaf = issued(name, name, key, signer, names)
        leaf = signed_as_of_old(leaf, signer, hashes.SHA1) if is_old else leaf
        pair = Pair(leaf, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        server = server_context(pair, tmp_path, ciphers="DEFAULT@SECLEVEL=0")
        server.maximum_version = version
        return server

    assert shake(context, served(HOST, ca_key)).version()
    stranger = ordinary_rsa()
    for wrong in (
        served(HOST, ca_key, is_old=True),
        served(HOST, stranger),
        served("other.test", ca_key),
    ):
        with pytest.raises(ssl.SSLCertVerificationError):
            shake(context, wrong)


def der(pem):
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def issued(subject, issuer, key, signer, *extensions, end=END):
    """Return a certificate in PEM with these extensions."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START)
        .not_valid_after(end)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)


CA_EXTENSION = x509.BasicConstraints(ca=True, path_length=None)
SIGNING = x509.KeyUsage(*(flag == 5 for flag in range(9)))


@pytest.mark.parametrize(
    ("extensions", "end", "is_pinned"),
    [
        ([CA_EXTENSION], END, True),
        ([CA_EXTENSION, SIGNING], END, True),
        ([CA_EXTENSION, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])], END, True),
        ([], END, False),
        ([x509.BasicConstraints(ca=False, path_length=None)], END, False),
        ([CA_EXTENSION, x509.KeyUsage(*(flag == 0 for flag in range(9)))], END, False),
        ([CA_EXTENSION, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])], END, False),
        ([CA_EXTENSION, x509.NameConstraints([x509.DNSName("a.test")], None)], END, False),
        ([CA_EXTENSION], START + timedelta(days=1), False),
    ],
)
def test_t11_only_a_ca_that_go_would_believe_signs_an_odd_server(extensions, end, is_pinned):
    """One that may sign servers today, without rules for names, which nobody would apply."""
    ca_key, key = p256(), p256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    ca = issued(name, name, ca_key, ca_key, *extensions, end=end)
    names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    leaf = issued(name, name, key, ca_key, SIGNING, names)
    der = x509.load_pem_x509_certificate(leaf).public_bytes(Encoding.DER)

    assert (pinned_context(der, ca) is not None) is is_pinned
    usual = x509.load_pem_x509_certificate(issued(name, name, key, ca_key, names))
    assert pinned_context(usual.public_bytes(Encoding.DER), ca) is None
