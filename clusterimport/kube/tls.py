"""TLS contexts from certificate data, and their renewal when a CA file is rotated.

What counts of the data is what counts for Go (`pki`); OpenSSL gets that in its own form. Keys are
given to it through an anonymous file in memory, since Python's ssl module reads certificate chains
only from paths: no key touches a disk.
"""

import base64
import os
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from clusterimport import pki
from clusterimport.aio import Clock
from clusterimport.kube.errors import KubeConfigError

_MEMORY = Path("/dev/shm")  # noqa: S108 - files of a mode and a name of their own
_CERTIFICATES_AT_ONCE = 32

_SERVER_TRUST = bytes.fromhex("300c300a06082b06010505070301")
"""OpenSSL's X509_CERT_AUX with the one purpose of a server."""

RECHECK_SECONDS = 60.0
"""How long a rotated CA file may stay unnoticed."""


class ClientCertificateError(KubeConfigError):
    """OpenSSL does not take a client certificate or key at the strength that it is to keep."""


class TLSSource(Protocol):
    """Where the context of the next connection comes from."""

    def context(self) -> ssl.SSLContext:
        """Return the context; another object only if it differs, since pools are keyed by it."""


class CAFile:
    """A context that trusts exactly the CAs of a file, and follows the file.

    Connections that stand are left alone; new ones verify against the new CAs. While the file
    cannot be read or parsed, the last good context is used.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._data = _read(path)
        self._context = client_context(ca_data=self._data)
        self._checked_at = clock.monotonic()

    def context(self) -> ssl.SSLContext:
        """Return the context of the file as it was at most a minute ago."""
        if self._clock.monotonic() - self._checked_at >= RECHECK_SECONDS:
            self._recheck()
        return self._context

    def _recheck(self) -> None:
        self._checked_at = self._clock.monotonic()
        try:
            data = _read(self._path)
            if data != self._data:
                self._context = client_context(ca_data=data)
                self._data = data
        except KubeConfigError:
            return


def client_context(
    *,
    ca_data: bytes = b"",
    certificate_data: bytes = b"",
    key_data: bytes = b"",
    verify: bool = True,
    ciphers: str = "",
) -> ssl.SSLContext:
    """Build a client's context from PEM bytes.

    Without ``ca_data`` the system's CAs are trusted. ``verify=False`` accepts every certificate
    and is for those who were allowed to say so. ``ciphers``, in OpenSSL's words, are Python's own
    where there are none. Raises KubeConfigError with a text that names
    the part that is wrong and nothing of its content.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ciphers:
        # Before anything is loaded: they say which keys are too short.
        context.set_ciphers(ciphers)
    # As Go verifies, which issued and checks most of these certificates: names come from the
    # SAN only, and whatever is in the CA data is trusted, be it an intermediate or the leaf.
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_data:
        _trust(context, ca_data)
    else:
        context.load_default_certs()
    if certificate_data or key_data:
        _load_client_certificate(context, certificate_data, key_data)
    return context


def server_context(certificate: bytes) -> ssl.SSLContext:
    """Build a client's context that trusts one server's certificate (DER), whatever its usage.

    Raises KubeConfigError if OpenSSL does not take it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    with _memory_file(_trusted_as_server(certificate)) as path:
        try:
            context.load_verify_locations(cafile=path)
        except ssl.SSLError as error:
            raise KubeConfigError("OpenSSL takes no such certificate") from error
    return context


def _trust(context: ssl.SSLContext, ca_data: bytes) -> None:
    """Trust the certificates of a bundle; what OpenSSL does not take of them is passed over.

    While a part is loaded no other thread runs: a hundred certificates take ten milliseconds.
    """
    servers: list[pki.Certificate] = []
    authorities: list[pki.Certificate] = []
    for certificate in pki.read_authorities(ca_data):
        (servers if certificate.is_server_to_go_only else authorities).append(certificate)
    for start in range(0, len(authorities), _CERTIFICATES_AT_ONCE):
        part = authorities[start : start + _CERTIFICATES_AT_ONCE]
        if not _load(context, part):
            for certificate in part:
                _load(context, [certificate])
    if servers:
        text = b"".join(_trusted_as_server(each.data) for each in servers)
        with _memory_file(text) as path, suppress(ssl.SSLError):
            context.load_verify_locations(cafile=path)
    if not context.cert_store_stats()["x509"]:
        try:
            pki.check_authorities(ca_data)
        except pki.Unusable as unusable:
            raise KubeConfigError(f"the CA data {unusable.problem}") from None
        raise KubeConfigError("the CA data holds no certificate that OpenSSL takes")


def _load(context: ssl.SSLContext, certificates: Sequence[pki.Certificate]) -> bool:
    try:
        context.load_verify_locations(cadata=b"".join(each.data for each in certificates))
    except (ssl.SSLError, ValueError):
        return False
    return True


def _trusted_as_server(certificate: bytes) -> bytes:
    """Return a certificate with OpenSSL's mark that it may be a server's, whatever its usage says.

    In a chain below it, it still has to be a CA.
    """
    data = base64.encodebytes(certificate + _SERVER_TRUST)
    return b"-----BEGIN TRUSTED CERTIFICATE-----\n%b-----END TRUSTED CERTIFICATE-----\n" % data


def _load_client_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    if not certificate or not key:
        raise KubeConfigError("a client certificate needs its key, and a key its certificate")
    load_certificate(context, certificate, key, whose="client")


def load_certificate(
    context: ssl.SSLContext, certificate: bytes, key: bytes, *, whose: str = "server"
) -> None:
    """Give a context the certificate that it shows, with its key, both as PEM.

    Raises KubeConfigError with a text that names the part that is wrong and nothing of it.
    """
    try:
        pair = pki.read_pair(certificate, key)
    except pki.Unusable as unusable:
        part = f"the {whose}'s key" if unusable.is_key else f"the {whose} certificate"
        raise KubeConfigError(f"{part} {unusable.problem}") from None
    with _memory_file(pair.certificates) as certificate_path, _memory_file(pair.key) as key_path:
        try:
            # Without a callback OpenSSL would ask on the terminal for the key's password; with an
            # empty one it would derive a key from it as often as the file says, for hours.
            context.load_cert_chain(certificate_path, key_path, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            message = f"OpenSSL takes no such {whose} certificate or key"
            raise ClientCertificateError(message) from error


def _no_password() -> str:
    raise ValueError("the key is encrypted")


@contextmanager
def _memory_file(data: bytes) -> Iterator[str]:
    """Give OpenSSL, which reads only files, the path of one that is gone afterwards."""
    if not hasattr(os, "memfd_create"):
        # As on macOS, and in Pythons that were built to run on any Linux.
        with tempfile.NamedTemporaryFile(dir=_MEMORY if _MEMORY.is_dir() else None) as file:
            file.write(data)
            file.flush()
            yield file.name
        return
    descriptor = os.memfd_create("pem", os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KubeConfigError(f"{path}: CA not readable: {error.strerror}") from error
