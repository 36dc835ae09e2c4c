"""TLS contexts from certificate data, and their renewal when a CA file is rotated.

Keys are given to OpenSSL through an anonymous file in memory, since Python's ssl module reads
certificate chains only from paths: no key touches a disk.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from clusterimport.aio import Clock
from clusterimport.kube.errors import KubeConfigError

_BEGIN = "-----BEGIN "
_CERTIFICATES_AT_ONCE = 32

RECHECK_SECONDS = 60.0
"""How long a rotated CA file may stay unnoticed."""


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
) -> ssl.SSLContext:
    """Build a client's context from PEM bytes.

    Without ``ca_data`` the system's CAs are trusted. ``verify=False`` accepts every certificate
    and is for those who were allowed to say so. Raises KubeConfigError with a text that names
    the part that is wrong and nothing of its content.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # As Go verifies, which issued and checks most of these certificates: names come from the
    # SAN only, and whatever is in the CA data is trusted, be it an intermediate or the leaf.
    context.hostname_checks_common_name = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_data:
        if b"Proc-Type" in ca_data:
            # For an encrypted certificate OpenSSL would ask on the terminal.
            raise KubeConfigError("the CA data is encrypted")
        try:
            for part in _parts(ca_data.decode("ascii", errors="ignore")):
                context.load_verify_locations(cadata=part)
        except (ssl.SSLError, ValueError) as error:
            raise KubeConfigError("the CA data holds no PEM certificate") from error
    else:
        context.load_default_certs()
    if certificate_data or key_data:
        _load_client_certificate(context, certificate_data, key_data)
    return context


def _parts(pem: str) -> Iterator[str]:
    """Cut a PEM into parts of some certificates.

    While a part is loaded no other thread runs: a hundred certificates take ten milliseconds.
    """
    blocks = [block for block in pem.split(_BEGIN)[1:] if "CERTIFICATE-----" in block]
    if not blocks:
        yield pem  # for OpenSSL to refuse
    for start in range(0, len(blocks), _CERTIFICATES_AT_ONCE):
        yield _BEGIN + _BEGIN.join(blocks[start : start + _CERTIFICATES_AT_ONCE])


def _load_client_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    if not certificate or not key:
        raise KubeConfigError("a client certificate needs its key, and a key its certificate")
    with _memory_file(certificate) as certificate_path, _memory_file(key) as key_path:
        try:
            # Without a callback OpenSSL would ask on the terminal for the key's password; with an
            # empty one it would derive a key from it as often as the file says, for hours.
            context.load_cert_chain(certificate_path, key_path, password=_no_password)
        except (ssl.SSLError, ValueError) as error:
            raise KubeConfigError(
                "the client certificate and key are not a matching, unencrypted PEM pair"
            ) from error


def _no_password() -> str:
    raise ValueError("the key is encrypted")


@contextmanager
def _memory_file(data: bytes) -> Iterator[str]:
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
