"""Private keys as Go's TLS reads them: by what they are, whatever their label says."""

from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clusterimport.pki import der
from clusterimport.pki.certificates import CURVES, ECDSA, ED25519, RSA, PublicKey
from clusterimport.pki.der import Reader
from clusterimport.pki.errors import Malformed

_SEED_BYTES: Final = 32
_RSA_EXPONENT: Final = 2**31 - 1
_CLOSE_BITS: Final = 100


class PrivateKey(NamedTuple):
    """A private key in DER, the label that OpenSSL wants for it, and the public key it goes with.

    Never log one.
    """

    label: bytes
    data: bytes
    public: PublicKey

    def __repr__(self) -> str:
        return "PrivateKey(…)"


def parse_private_key(data: bytes) -> PrivateKey:
    """Read a private key in one of the three forms; raises Malformed for what Go does not take."""
    content = Reader(data).inside(der.SEQUENCE)
    version = content.integer()
    if content.comes(der.SEQUENCE):
        return PrivateKey(b"PRIVATE KEY", data, _in_pkcs8(content))
    if content.comes(der.INTEGER):
        return PrivateKey(b"RSA PRIVATE KEY", data, _rsa(data))
    return PrivateKey(b"EC PRIVATE KEY", data, _elliptic(version, content, b""))


def _in_pkcs8(content: Reader) -> PublicKey:
    info = content.inside(der.SEQUENCE)
    algorithm = info.identifier()
    parameters = b"" if info.is_empty else info.rest()
    key = content.content(der.OCTET_STRING)
    if algorithm == RSA:
        return _rsa(key)
    if algorithm == ECDSA:
        named = Reader(parameters)
        curve = named.identifier() if named.comes(der.IDENTIFIER) else b""
        elliptic = Reader(key).inside(der.SEQUENCE)
        return _elliptic(elliptic.integer(), elliptic, curve)
    if algorithm == ED25519 and not parameters:
        seed = Reader(key).content(der.OCTET_STRING)
        if len(seed) == _SEED_BYTES:
            public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
            return PublicKey(ED25519, b"", public.public_bytes_raw())
    raise Malformed


def _elliptic(version: int, content: Reader, curve: bytes) -> PublicKey:
    """Read what follows the version of a key of RFC 5915; ``curve`` counts where it is given."""
    if version != 1:
        raise Malformed
    scalar = content.content(der.OCTET_STRING)
    if content.comes(der.CONSTRUCTED):
        own = content.inside(der.CONSTRUCTED).identifier()
        curve = curve or own
    if content.comes(der.CONSTRUCTED + 1):
        public_bits = content.inside(der.CONSTRUCTED + 1)
        if public_bits.comes(der.BIT_STRING):
            public_bits.bits()
    kind = CURVES.get(curve)
    if kind is None:
        raise Malformed
    size = (kind.key_size + 7) // 8
    # Too many zeros, or too few, are in keys of other programs.
    if any(scalar[: max(len(scalar) - size, 0)]):
        raise Malformed
    try:
        public = ec.derive_private_key(int.from_bytes(scalar), kind).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise Malformed from None
    numbers = public.public_numbers()
    # Written out, since the package that writes it takes 8 ms to import.
    point = b"\x04" + numbers.x.to_bytes(size) + numbers.y.to_bytes(size)
    return PublicKey(ECDSA, curve, point)


def _rsa(data: bytes) -> PublicKey:
    """Read a key of RFC 8017, whose numbers have to fit together; primes are not proved."""
    whole = Reader(data)
    content = whole.inside(der.SEQUENCE)
    if not whole.is_empty or content.integer() > 1:
        raise Malformed
    modulus, exponent, secret, p, q = (content.integer() for _ in range(5))
    hints = [content.integer() for _ in range(3) if content.comes(der.INTEGER)]
    more = content.inside(der.SEQUENCE) if content.comes(der.SEQUENCE) else Reader(b"")
    primes = [p, q]
    while not more.is_empty:
        primes.append(more.inside(der.SEQUENCE).integer())
    if min(modulus, secret, *primes, *hints) <= 0 or secret >= modulus:
        raise Malformed
    if not modulus & 1 or not exponent & 1 or not 2 < exponent <= _RSA_EXPONENT:
        raise Malformed
    if len(primes) == 2:
        _check_rsa(modulus, exponent, secret, (p, q))
        if len(hints) == 3:
            _check_hints(secret, (p, q), hints)
    elif min(primes) == 1:
        raise Malformed
    return PublicKey(RSA, b"", (modulus, exponent))


def _check_rsa(modulus: int, exponent: int, secret: int, primes: tuple[int, int]) -> None:
    p, q = primes
    if max(p, q) >= modulus or min(p, q) < 3 or p * q % modulus:
        raise Malformed
    if any(exponent * secret % (prime - 1) != 1 for prime in primes):
        raise Malformed
    half = modulus.bit_length() // 2
    if abs(p - q).bit_length() <= half - _CLOSE_BITS or secret.bit_length() <= half:
        raise Malformed


def _check_hints(secret: int, primes: tuple[int, int], hints: list[int]) -> None:
    """Check what only makes a signature faster; without one of the three Go ignores the others."""
    p, q = primes
    expected = [secret % (prime - 1) for prime in primes]
    if hints[:2] != expected or hints[2] >= p or hints[2] * q % p != 1:
        raise Malformed
