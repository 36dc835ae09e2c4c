"""Certificates and keys of every kind, and in every form that they have."""

import base64
import datetime as dt
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

_START: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
_END: Final = dt.datetime(2049, 1, 1, tzinfo=dt.UTC)


def pem(label: str, data: bytes, *, headers: str = "") -> bytes:
    """Return a PEM block."""
    body = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{headers}{body}-----END {label}-----\n".encode()


@cache
def private_key(kind: str) -> object:
    """Return a key of a kind."""
    match kind:
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "rsa-1024":
            return rsa.generate_private_key(65537, 1024)
        case "dsa":
            return dsa.generate_private_key(1024)
        case "ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case "ed448":
            return ed448.Ed448PrivateKey.generate()
        case _:
            curves = {
                "p224": ec.SECP224R1(),
                "p256": ec.SECP256R1(),
                "p384": ec.SECP384R1(),
                "p521": ec.SECP521R1(),
                "k256": ec.SECP256K1(),
            }
            return ec.generate_private_key(curves[kind])


@cache
def certificate(kind: str, *, is_rich: bool = False, version: int = 3) -> bytes:
    """Return a certificate (DER) for the key of a kind, signed by that of a CA."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"of {kind}")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key(kind).public_key())  # type: ignore[attr-defined]
        .serial_number(17)
        .not_valid_before(_START)
        .not_valid_after(_END)
    )
    if is_rich:
        for extension, is_critical in _extensions():
            builder = builder.add_extension(extension, critical=is_critical)
    signed = builder.sign(private_key("p256"), hashes.SHA256())  # type: ignore[arg-type]
    return signed.public_bytes(Encoding.DER)


def _extensions() -> Iterator[tuple[x509.ExtensionType, bool]]:
    yield x509.BasicConstraints(ca=True, path_length=1), True
    yield (
        x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=True,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        ),
        True,
    )
    yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False
    yield (
        x509.SubjectAlternativeName(
            [
                x509.DNSName("api.test"),
                x509.IPAddress(ip_address("192.0.2.1")),
                x509.IPAddress(ip_address("2001:db8::1")),
                x509.RFC822Name("a@b.test"),
                x509.UniformResourceIdentifier("https://a.test/b"),
            ]
        ),
        False,
    )
    yield x509.SubjectKeyIdentifier(b"k" * 20), False
    yield x509.AuthorityKeyIdentifier(b"k" * 20, None, None), False
    yield (
        x509.NameConstraints(
            permitted_subtrees=[x509.DNSName("test"), x509.IPAddress(ip_network("192.0.2.0/24"))],
            excluded_subtrees=[x509.DNSName("evil.test")],
        ),
        True,
    )
    yield (
        x509.CRLDistributionPoints(
            [
                x509.DistributionPoint(
                    [x509.UniformResourceIdentifier("http://crl.test")], None, None, None
                )
            ]
        ),
        False,
    )
    yield (
        x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier("2.5.29.32.0"), None)]),
        False,
    )
    yield (
        x509.AuthorityInformationAccess(
            [
                x509.AccessDescription(
                    x509.oid.AuthorityInformationAccessOID.OCSP,
                    x509.UniformResourceIdentifier("http://ocsp.test"),
                )
            ]
        ),
        False,
    )


def key_forms(kind: str) -> dict[str, bytes]:
    """Return a key (DER) in each of the forms that it has."""
    key = private_key(kind)
    forms = {"PRIVATE KEY": PrivateFormat.PKCS8}
    if kind.startswith("rsa"):
        forms["RSA PRIVATE KEY"] = PrivateFormat.TraditionalOpenSSL
    elif kind[0] in "pk":
        forms["EC PRIVATE KEY"] = PrivateFormat.TraditionalOpenSSL
    elif kind == "dsa":
        forms["DSA PRIVATE KEY"] = PrivateFormat.TraditionalOpenSSL
    return {
        label: key.private_bytes(Encoding.DER, form, NoEncryption())  # type: ignore[attr-defined]
        for label, form in forms.items()
    }
