"""Which bytes are a certificate to Go's crypto/x509, and which ones of a CA bundle a client trusts.

A translation of x509.ParseCertificate, since no other parser draws the line at the same places: not
OpenSSL's, which takes a key of any curve, nor that of the Python package, which takes a serial
number below zero. What of an extension only its verification would look at is not looked at: the
grammar of the addresses in names, and of name constraints.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from clusterimport.limits.probes import CERTIFICATE_BYTES, PEM_BYTES, RSA_EXPONENT
from clusterimport.pki import der, extensions
from clusterimport.pki.der import Reader
from clusterimport.pki.errors import Malformed, Unusable
from clusterimport.pki.pem import read_blocks
from clusterimport.pki.reasons import explain_text

RSA: Final = bytes.fromhex("2a864886f70d010101")
ECDSA: Final = bytes.fromhex("2a8648ce3d0201")
ED25519: Final = bytes.fromhex("2b6570")
_DSA: Final = bytes.fromhex("2a8648ce380401")
_X25519: Final = bytes.fromhex("2b656e")

CURVES: Final[Mapping[bytes, ec.EllipticCurve]] = {
    bytes.fromhex("2b81040021"): ec.SECP224R1(),
    bytes.fromhex("2a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("2b81040022"): ec.SECP384R1(),
    bytes.fromhex("2b81040023"): ec.SECP521R1(),
}
"""The elliptic curves that Go has, by the content of their object identifiers."""

_KEY_BYTES_25519: Final = 32
_MAX_EXPONENT: Final = 2**63 - 1

CERTIFICATE: Final = b"CERTIFICATE"
"""The one label that Go takes; OpenSSL knows three."""


class PublicKey(NamedTuple):
    """A public key in the one form in which equal keys are equal."""

    algorithm: bytes
    """Content of the object identifier, as `RSA`."""
    curve: bytes
    """Of an elliptic curve, the content of its object identifier."""
    value: tuple[int, int] | bytes
    """Modulus and exponent of RSA, else the bytes of the point."""


class Certificate(NamedTuple):
    """What was read of a certificate."""

    data: bytes
    """All of it, in DER."""
    key: PublicKey | None
    """None for an algorithm that Go does not know."""
    extensions: Mapping[bytes, bytes]
    """Their values by the content of their object identifiers."""

    @property
    def is_server_to_go_only(self) -> bool:
        """Whether it names a server and is of no key usage by which OpenSSL would take it for one.

        Go looks at the extended usage alone.
        """
        usage = self.extensions.get(extensions.KEY_USAGE)
        if usage is None or extensions.ALTERNATIVE_NAMES not in self.extensions:
            return False
        bits = Reader(usage).bits()
        if bits and bits[0] & extensions.TLS_USAGES:
            return False
        extended = self.extensions.get(extensions.EXTENDED_KEY_USAGE)
        return extended is None or extensions.allows_server(Reader(extended))


def parse_certificate(data: bytes) -> Certificate:
    """Read a certificate in DER; raises Malformed for what Go does not take."""
    whole = Reader(data)
    outer = whole.inside(der.SEQUENCE)
    if not whole.is_empty:
        raise Malformed
    body = outer.inside(der.SEQUENCE)
    version = 1
    if body.comes(der.CONSTRUCTED):
        explicit = body.inside(der.CONSTRUCTED)
        version = explicit.integer() + 1
        if not explicit.is_empty or not 1 <= version <= 3:
            raise Malformed
    if body.integer() < 0:
        raise Malformed
    algorithm = body.content(der.SEQUENCE)
    if outer.content(der.SEQUENCE) != algorithm:
        raise Malformed
    _read_algorithm(Reader(algorithm))
    extensions.read_name(body.inside(der.SEQUENCE))
    validity = body.inside(der.SEQUENCE)
    validity.time()
    validity.time()
    extensions.read_name(body.inside(der.SEQUENCE))
    key = _read_key(body.inside(der.SEQUENCE))
    found: Mapping[bytes, bytes] = {}
    if version > 1:
        for tag in (der.CONTEXT + 1, der.CONTEXT + 2):
            if body.comes(tag):
                body.of(tag)
    if version == 3 and body.comes(der.CONSTRUCTED + 3):
        found = extensions.read_extensions(body.inside(der.CONSTRUCTED + 3).inside(der.SEQUENCE))
    outer.bits()
    return Certificate(data, key, found)


def read_authorities(pem: bytes) -> Iterator[Certificate]:
    """Yield what a client trusts by a CA bundle, of which anything else is passed over.

    So are certificates by whose key nobody verifies anything: Go has a bound on its exponent, and
    we have one on a certificate's size.
    """
    for data in read_candidates(pem):
        try:
            certificate = parse_certificate(data)
        except Malformed:
            continue
        key = certificate.key
        if key is not None and key.algorithm == RSA:
            assert isinstance(key.value, tuple)
            if key.value[1] > RSA_EXPONENT:
                continue
        yield certificate


def read_candidates(pem: bytes) -> Iterator[bytes]:
    """Yield (DER) what a CA bundle says are certificates, of which nothing is parsed."""
    if len(pem) > PEM_BYTES:
        return
    for label, has_headers, data in read_blocks(pem):
        if label == CERTIFICATE and not has_headers and len(data) <= CERTIFICATE_BYTES:
            yield data


def check_authorities(pem: bytes) -> None:
    """Look whether a client trusts anybody by a CA bundle; raises Unusable.

    Reads no further than to the first certificate that is in order.
    """
    if next(read_authorities(pem), None) is None:
        raise Unusable(explain_text(pem, CERTIFICATE, PEM_BYTES))


def _read_algorithm(reader: Reader) -> tuple[bytes, bytes]:
    """Return the identifier of an algorithm, and its parameters as they stand."""
    algorithm = reader.identifier()
    parameters = b""
    if not reader.is_empty:
        element = reader.any()
        parameters = reader.reopened(element).rest()
    return algorithm, parameters


def _read_key(info: Reader) -> PublicKey | None:
    algorithm, parameters = _read_algorithm(info.inside(der.SEQUENCE))
    value = info.bits()
    read = _KEYS.get(algorithm)
    return read(parameters, value) if read else None


def _read_rsa(parameters: bytes, value: bytes) -> PublicKey:
    if parameters != bytes((der.NULL, 0)):
        raise Malformed
    numbers = Reader(value).inside(der.SEQUENCE)
    modulus, exponent = numbers.integer(), numbers.integer()
    if modulus <= 0 or not 0 < exponent <= _MAX_EXPONENT:
        raise Malformed
    return PublicKey(RSA, b"", (modulus, exponent))


def _read_ecdsa(parameters: bytes, value: bytes) -> PublicKey:
    curve = Reader(parameters).identifier()
    if curve not in CURVES or value[:1] != b"\x04":
        raise Malformed
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVES[curve], value)
    except (ValueError, UnsupportedAlgorithm):
        raise Malformed from None
    return PublicKey(ECDSA, curve, value)


def _read_25519(algorithm: bytes) -> Callable[[bytes, bytes], PublicKey]:
    def read(parameters: bytes, value: bytes) -> PublicKey:
        if parameters or len(value) != _KEY_BYTES_25519:
            raise Malformed
        return PublicKey(algorithm, b"", value)

    return read


def _read_dsa(parameters: bytes, value: bytes) -> PublicKey:
    numbers = Reader(parameters).inside(der.SEQUENCE)
    if min(numbers.integer(), numbers.integer(), numbers.integer()) <= 0:
        raise Malformed
    if Reader(value).integer() <= 0:
        raise Malformed
    return PublicKey(_DSA, b"", value)


_KEYS: Final[Mapping[bytes, Callable[[bytes, bytes], PublicKey]]] = {
    RSA: _read_rsa,
    ECDSA: _read_ecdsa,
    ED25519: _read_25519(ED25519),
    _X25519: _read_25519(_X25519),
    _DSA: _read_dsa,
}
