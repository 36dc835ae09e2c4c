"""The certificates of a CA bundle that a client would trust."""

from collections.abc import Iterator
from typing import Final

from clusterimport.limits.probes import CERTIFICATE_BYTES, PEM_BYTES, RSA_EXPONENT
from clusterimport.pki.certificates import RSA, Certificate, parse_certificate
from clusterimport.pki.errors import Malformed, Unusable
from clusterimport.pki.pem import read_blocks
from clusterimport.pki.reasons import explain_text

CERTIFICATE: Final = b"CERTIFICATE"
"""The one label that Go takes; OpenSSL knows three."""


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
