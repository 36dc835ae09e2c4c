"""Certificates and keys that are small, in order, and the same at each run; they open nothing."""

import datetime as dt
from functools import cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.fakes.pki.certificates import Pair

_START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_END = dt.datetime(2049, 1, 1, tzinfo=dt.UTC)


@cache
def authority(name: str = "ca") -> bytes:
    """Return a CA's certificate in PEM; equal names make equal bytes."""
    key = _key(name)
    usage = x509.BasicConstraints(ca=True, path_length=None)
    return _signed(_builder(name, name, key).add_extension(usage, critical=True), key)


@cache
def client(name: str = "client", *, end: dt.datetime = _END) -> Pair:
    """Return a client's certificate and its key in PEM."""
    key = _key(name)
    certificate = _signed(_builder(name, "ca", key, end), _key("ca"))
    return Pair(certificate, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def _builder(
    subject: str, issuer: str, key: Ed25519PrivateKey, end: dt.datetime = _END
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_START)
        .not_valid_after(end)
    )


def _signed(builder: x509.CertificateBuilder, key: Ed25519PrivateKey) -> bytes:
    return builder.sign(key, None).public_bytes(Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


CA = authority()
CERTIFICATE = client().certificate
KEY = client().key
