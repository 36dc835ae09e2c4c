"""Servers whose certificate has a key usage that OpenSSL refuses and Go does not look at.

A certificate that may only sign certificates is one of them, as some tools make it for a server.
OpenSSL's mark for such a certificate counts where the certificate itself is trusted. So the
connection gets a context that trusts nothing but it, if a CA of the connection has signed it: names
and time OpenSSL verifies as always.
"""

import datetime as dt
import ssl
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from clusterimport import pki
from clusterimport.kube import errors as kube_errors
from clusterimport.kube import tls

_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""Go takes no signature with an older one."""
_SERVER_USAGES: Final = frozenset(
    (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
)
_ODDITIES: Final = (
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the Python package raises for a certificate that it does not like."""
_MOST_ISSUERS: Final = 4
"""CAs of one name whose signature is looked for; two are usual, while one replaces the other."""


def pinned_context(leaf: bytes, ca_data: bytes) -> ssl.SSLContext | None:
    """Return a context that trusts this certificate alone; None where it is not of that kind.

    ``leaf`` is what a server presents (DER), ``ca_data`` the PEM of those who may have signed it;
    only a CA that has signed it itself is found.
    """
    try:
        read = pki.parse_certificate(leaf)
        if not read.is_server_to_go_only:
            return None
        certificate = x509.load_der_x509_certificate(leaf)
        if not _is_signed(certificate, ca_data):
            return None
        return tls.server_context(leaf)
    except (pki.Malformed, kube_errors.KubeConfigError, *_ODDITIES):
        return None


def _is_signed(certificate: x509.Certificate, ca_data: bytes) -> bool:
    if not isinstance(certificate.signature_hash_algorithm, (*_HASHES, type(None))):
        return False
    tried = 0
    for authority in pki.read_authorities(ca_data):
        issuer = x509.load_der_x509_certificate(authority.data)
        if issuer.subject != certificate.issuer or not _may_sign_servers(issuer):
            continue
        tried += 1
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
            if tried == _MOST_ISSUERS:
                return False
            continue
        return True
    return False


def _may_sign_servers(issuer: x509.Certificate) -> bool:
    """Whether it is a CA, today, without a rule that we would have to apply ourselves."""
    now = dt.datetime.now(dt.UTC)
    if not issuer.not_valid_before_utc <= now <= issuer.not_valid_after_utc:
        return False
    found = {extension.value.__class__: extension.value for extension in issuer.extensions}
    constraints = found.get(x509.BasicConstraints)
    usage, extended = found.get(x509.KeyUsage), found.get(x509.ExtendedKeyUsage)
    if not isinstance(constraints, x509.BasicConstraints) or not constraints.ca:
        return False
    if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
        return False
    if isinstance(extended, x509.ExtendedKeyUsage) and _SERVER_USAGES.isdisjoint(extended):
        return False
    return x509.NameConstraints not in found
