"""What certificates of others may cost: counted and weighed before OpenSSL works on them.

Go, which most of these servers and their clients are written in, refuses the same keys: what
passes here takes a fraction of a millisecond per certificate.
"""

from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from clusterimport import pki
from clusterimport.limits.probes import (
    CERTIFICATE_BYTES,
    RSA_EXPONENT,
    RSA_KEY_BITS,
    SERVER_CERTIFICATE_BYTES,
    SERVER_CERTIFICATES,
)

_PARSED_BYTES: Final = 2048
"""What OpenSSL keeps of a usual certificate beside its bytes, rounded up (measured)."""
_USUAL_LISTS_BYTES: Final = 256
"""Bytes (DER) of the names and extensions of a usual CA certificate."""
_LISTS_FACTOR: Final = 40
"""Bytes in memory per byte of those beyond, at most (measured: 38 for names of one letter)."""
_VERSION: Final = 0xA0
"""Tag of the version, which certificates of version 1 do not have."""
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


def weigh_pem(*texts: bytes) -> int:
    """Return the estimated bytes in memory of the certificates of some PEM texts.

    Those that are too large to be loaded are not counted.
    """
    return sum(
        weigh(block.data)
        for text in texts
        for block in pki.read_blocks(text)
        if len(block.data) <= CERTIFICATE_BYTES
    )


def weigh(certificate: bytes) -> int:
    """Return the estimated bytes in memory of a certificate (DER) that was verified.

    What counts are the lists in it, of names above all: each element becomes some structures.
    """
    size = len(certificate)
    try:
        issuer, subject, rest = _lists(certificate)
    except (ValueError, IndexError):
        lists = size
    else:
        lists = issuer + subject + rest
    return _PARSED_BYTES + size + max(lists - _USUAL_LISTS_BYTES, 0) * _LISTS_FACTOR


def weigh_presented(message: bytes, *, has_extensions: bool) -> int | None:
    """Return the estimated bytes in memory of what a server presents; None if it may not.

    ``message`` is the body of a Certificate message of TLS; ``has_extensions``: as in TLS 1.3.
    """
    if len(message) > SERVER_CERTIFICATE_BYTES:
        return None
    try:
        certificates = list(_split(message, has_extensions=has_extensions))
        if len(certificates) > SERVER_CERTIFICATES or not all(
            _is_usual_key(_public_key(certificate)) for certificate in certificates
        ):
            return None
        return sum(map(weigh, certificates))
    except (ValueError, UnsupportedAlgorithm, IndexError):
        return None


def presented(message: bytes, *, has_extensions: bool) -> list[bytes]:
    """Return the certificates (DER) of a message that was weighed, the server's own first."""
    return list(_split(message, has_extensions=has_extensions))


def issuer_and_subject(certificate: bytes) -> tuple[bytes, bytes]:
    """Return both names of a certificate (DER), as they stand in it.

    Raises ValueError or IndexError where it is none.
    """
    _, _, issuer, _, subject, _ = _parts(certificate)
    return certificate[slice(*issuer)], certificate[slice(*subject)]


def _is_usual_key(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size <= RSA_KEY_BITS and key.public_numbers().e <= RSA_EXPONENT
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, _CURVES)
    return isinstance(key, ed25519.Ed25519PublicKey)


def _split(message: bytes, *, has_extensions: bool) -> Iterator[bytes]:
    """Return the certificates of a Certificate message (RFC 8446, 4.4.2; RFC 5246, 7.4.2)."""
    at = 0
    if has_extensions:
        at = 1 + message[0]  # the context of a request
    at += 3
    while at < len(message):
        end = at + 3 + int.from_bytes(message[at : at + 3])
        if end > len(message):
            raise ValueError
        yield message[at + 3 : end]
        at = end
        if has_extensions:
            at += 2 + int.from_bytes(message[at : at + 2])


def _public_key(certificate: bytes) -> object:
    """Return the key of a certificate (DER), of which nothing else is parsed."""
    *_, (begin, end) = _parts(certificate)
    return load_der_public_key(certificate[begin:end])


def _lists(certificate: bytes) -> tuple[int, int, int]:
    """Return the sizes of the issuer, the subject, and what stands behind the key."""
    _, _, issuer, _, subject, key = _parts(certificate)
    return issuer[1] - issuer[0], subject[1] - subject[0], len(certificate) - key[1]


def _parts(certificate: bytes) -> list[tuple[int, int]]:
    """Return begin and end of serial number, signature, issuer, validity, subject and key."""
    start, _ = _element(certificate, 0)
    at, _ = _element(certificate, start)  # tbsCertificate
    if certificate[at] == _VERSION:
        _, at = _element(certificate, at)
    parts = []
    for _ in range(6):
        begin, (_, at) = at, _element(certificate, at)
        parts.append((begin, at))
    return parts


def _element(data: bytes, at: int) -> tuple[int, int]:
    """Return where the content of a DER element begins and ends."""
    length = data[at + 1]
    begin = at + 2
    if length & 0x80:
        size = length & 0x7F
        if not 0 < size <= 4:
            raise ValueError
        length = int.from_bytes(data[begin : begin + size])
        begin += size
    end = begin + length
    if end > len(data):
        raise ValueError
    return begin, end
