"""A client certificate with its key."""

import base64
from typing import Final, NamedTuple

from clusterimport.limits.probes import PEM_BYTES, PRIVATE_KEY_BYTES
from clusterimport.pki.certificates import (
    CERTIFICATE,
    ECDSA,
    ED25519,
    RSA,
    PublicKey,
    parse_certificate,
)
from clusterimport.pki.errors import Malformed, Unusable
from clusterimport.pki.keys import PrivateKey, parse_private_key
from clusterimport.pki.pem import PemBlock, read_blocks
from clusterimport.pki.reasons import explain_text

KEY: Final = b"PRIVATE KEY"
"""What the label of a key is, or ends in behind a space."""

_LEAST_RSA_BITS: Final = 1024
"""Go signs with no shorter key."""
_SIGNING: Final = frozenset((RSA, ECDSA, ED25519))


class ClientPair(NamedTuple):
    """A client certificate and its key, each as a PEM text that OpenSSL reads. Never log one."""

    certificates: bytes
    key: bytes

    def __repr__(self) -> str:
        return "ClientPair(…)"


def read_pair(certificates: bytes, key: bytes) -> ClientPair:
    """Read a chain of certificates and the key of the first one; raises Unusable."""
    chain: list[bytes] = []
    if len(certificates) <= PEM_BYTES:
        chain += [each.data for each in read_blocks(certificates) if each.label == CERTIFICATE]
    if not chain:
        raise Unusable(explain_text(certificates, CERTIFICATE, PEM_BYTES))
    block = None
    if len(key) <= PRIVATE_KEY_BYTES:
        block = next(filter(_is_key, read_blocks(key)), None)
    if block is None:
        raise Unusable(explain_text(key, KEY, PRIVATE_KEY_BYTES), is_key=True)
    public = _public_key(chain[0])
    private = _private_key(block)
    if public != private.public:
        raise Unusable("belongs to another certificate", is_key=True)
    # Go sends what else there is without a look; nobody could verify anything by what is damaged.
    whole = [chain[0], *filter(_is_certificate, chain[1:])]
    chain_text = b"".join(_written(CERTIFICATE, data) for data in whole)
    return ClientPair(chain_text, _written(private.label, private.data))


def _is_certificate(data: bytes) -> bool:
    try:
        parse_certificate(data)
    except Malformed:
        return False
    return True


def _is_key(block: PemBlock) -> bool:
    return block.label == KEY or block.label.endswith(b" " + KEY)


def _public_key(data: bytes) -> PublicKey:
    try:
        public = parse_certificate(data).key
    except Malformed:
        raise Unusable("begins with a certificate that is damaged or cut off") from None
    if public is None or public.algorithm not in _SIGNING:
        raise Unusable("has a key of a kind with which no client authenticates")
    if public.algorithm == RSA:
        assert isinstance(public.value, tuple)
        if public.value[0].bit_length() < _LEAST_RSA_BITS:
            raise Unusable(f"has an RSA key of less than {_LEAST_RSA_BITS} bits")
    return public


def _private_key(block: PemBlock) -> PrivateKey:
    if block.has_headers or block.label.endswith(b"ENCRYPTED " + KEY):
        # Go would find no key in what is encrypted, and what is not has no headers.
        problem = "holds a key that is encrypted; clients take none with a password"
    else:
        problem = "holds a key that is damaged, cut off, or of a kind that clients do not read"
    try:
        return parse_private_key(block.data)
    except Malformed:
        raise Unusable(problem, is_key=True) from None


def _written(label: bytes, data: bytes) -> bytes:
    """Return a PEM block."""
    text = base64.encodebytes(data)
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label, text, label)
