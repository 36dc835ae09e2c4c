"""Certificates that are made to cost whoever reads them: many, fat, or with keys that are dear."""

import base64
import hashlib
import math
import secrets
import ssl
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

from tests.fakes.pki.certificates import END, START, Pair

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | dsa.DSAPrivateKey
_PEM: Final = serialization.Encoding.PEM


@cache
def ordinary_rsa(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return a key of RSA as everybody has it; one per size, since making it takes time."""
    return rsa.generate_private_key(65537, bits)


@cache
def dear_rsa(bits: int = 3072) -> rsa.RSAPrivateKey:
    """Return a key whose public exponent is as long as the key.

    OpenSSL takes it up to 3072 bits, and then a verification costs what a signature does.
    """
    numbers = ordinary_rsa(bits).private_numbers()
    p, q = numbers.p, numbers.q
    phi = (p - 1) * (q - 1)
    exponent = 2
    while math.gcd(exponent, phi) != 1:
        exponent = phi // 3 + secrets.randbelow(phi // 2) | 1
    private = pow(exponent, -1, phi)
    made = rsa.RSAPrivateNumbers(
        p,
        q,
        private,
        private % (p - 1),
        private % (q - 1),
        pow(q, -1, p),
        rsa.RSAPublicNumbers(exponent, p * q),
    )
    return made.private_key(unsafe_skip_rsa_key_validation=True)


def chain(
    length: int,
    make_key: Callable[[int], Key],
    *,
    host: str = "127.0.0.1",
    names: int = 0,
) -> tuple[bytes, Pair]:
    """Return a CA's certificate, and a server's pair with ``length`` certificates up to it.

    ``make_key`` makes the key of each by its number; 0 is the CA's. ``names`` are more names of
    the server.
    """
    keys = [make_key(number) for number in range(length + 1)]
    made: list[x509.Certificate] = []
    for number, key in enumerate(keys):
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(f"c{number}"))
            .issuer_name(_name(f"c{max(number - 1, 0)}"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(START)
            .not_valid_after(END)
        )
        if number < length:
            builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        else:
            alternative: list[x509.GeneralName] = [x509.IPAddress(ip_address(host))]
            alternative += [x509.DNSName("a")] * names
            builder = builder.add_extension(
                x509.SubjectAlternativeName(alternative), critical=False
            )
        made.append(_sign(builder, keys[max(number - 1, 0)]))
    presented = b"".join(one.public_bytes(_PEM) for one in reversed(made[1:]))
    return made[0].public_bytes(_PEM), Pair(presented, _private(keys[-1]))


def tiny_authorities(count: int) -> bytes:
    """Return so many different CA certificates, each of some 400 bytes."""
    key = ed25519.Ed25519PrivateKey.generate()
    made = []
    for number in range(count):
        name = _name(f"{number}")
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(number + 1)
            .not_valid_before(START)
            .not_valid_after(END)
        )
        made.append(builder.sign(key, None).public_bytes(_PEM))
    return b"".join(made)


def fat_authority(units: int) -> bytes:
    """Return a CA certificate with a name of so many parts."""
    key = ed25519.Ed25519PrivateKey.generate()
    part = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "a")
    name = x509.Name([part] * units)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START)
        .not_valid_after(END)
    )
    return builder.sign(key, None).public_bytes(_PEM)


def serving_context(pair: Pair, folder: Path) -> ssl.SSLContext:
    """Return a server's context that presents all of a pair."""
    path = folder / "hostile.pem"
    path.write_bytes(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(path)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _sign(builder: x509.CertificateBuilder, key: Key) -> x509.Certificate:
    return builder.sign(
        key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    )


def _private(key: Key) -> bytes:
    form, no = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(_PEM, form, no)


def encrypted_with_nothing(pair: Pair, *, iterations: int = 1) -> bytes:
    """Return the key of a pair, encrypted with an empty password (PKCS #8, PBES2).

    The iterations are how often a reader derives the key from the password.
    """
    plain = serialization.load_pem_private_key(pair.key, None).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    salt, vector = b"s" * 16, b"v" * 16
    derived = hashlib.pbkdf2_hmac("sha256", b"", salt, iterations, 32)
    padding = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(derived), modes.CBC(vector)).encryptor()
    secret = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    count = iterations.to_bytes(5).lstrip(b"\0")
    parameters = _der(0x30, _der(4, salt), _der(2, count), _der(0x30, _HMAC_SHA256, b"\x05\0"))
    scheme = _der(0x30, _der(0x30, _PBKDF2, parameters), _der(0x30, _AES256_CBC, _der(4, vector)))
    text = base64.encodebytes(_der(0x30, _der(0x30, _PBES2, scheme), _der(4, secret)))
    mark = b"ENCRYPTED PRIVATE KEY-----\n"
    return b"-----BEGIN " + mark + text + b"-----END " + mark


_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d0209")
_AES256_CBC: Final = bytes.fromhex("060960864801650304012a")


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body).to_bytes(2)
    length = size[1:] if len(body) < 128 else b"\x82" + size
    return bytes([tag]) + length + body
