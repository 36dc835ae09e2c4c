"""TLS on a connection whose bytes somebody else reads and writes, and the server's certificate.

Nothing here waits: a handshake goes on with whatever has arrived, so that a peer which never ends
one costs what a peer does that never ends its request.
"""

import socket
import ssl
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import structlog

from clusterimport.aio import Clock
from clusterimport.kube import tls
from clusterimport.kube.errors import KubeConfigError
from clusterimport.limits.listener import HTTP_HEAD_BYTES
from clusterimport.observability.errors import ListenError

log = structlog.get_logger(__name__)

RECHECK_SECONDS: Final = 10.0
"""How long renewed files may stay unnoticed; the kubelet takes a minute to write them."""
SELF_SIGNED_DAYS: Final = 365
"""How long a certificate of our own is good; it is made anew after half of it."""
_NOTHING: Final = b""
_READ_BYTES: Final = 16 * 1024


class NotTLSError(Exception):
    """What arrived is no TLS, or not of ours; ``is_http``: it is a request without TLS."""

    def __init__(self, *, is_http: bool) -> None:
        super().__init__()
        self.is_http = is_http


class ServingCertificate(Protocol):
    """Where the context of the next connection comes from."""

    def context(self) -> ssl.SSLContext:
        """Return the context of the certificate as it is now."""


class TLSChannel:
    """The server's side of one connection; bytes in, bytes out."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._arrived, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._to_send, server_side=True)
        self._is_open = False
        self._handshake_bytes = 0

    def receive(self, data: bytes) -> bytes:
        """Take what has arrived; return what it says, nothing while more has to come.

        Raises:
            NotTLSError: there is nothing to be read, now or later.

        """
        self._arrived.write(data)
        try:
            if not self._is_open:
                self._handshake_bytes += len(data)
                if self._handshake_bytes > HTTP_HEAD_BYTES:
                    raise NotTLSError(is_http=False)
                self._tls.do_handshake()
                self._is_open = True
            return self._tls.read(_READ_BYTES)
        except ssl.SSLWantReadError:
            return _NOTHING
        except ssl.SSLError as error:
            raise NotTLSError(is_http=error.reason == "HTTP_REQUEST") from None

    def sealed(self, data: bytes) -> bytes:
        """Return the bytes that say this to the peer."""
        self._tls.write(data)
        return self._to_send.read()

    def due(self) -> bytes:
        """Return what the handshake has to send."""
        return self._to_send.read()

    def end(self) -> bytes:
        """Return the bytes that say that this was all."""
        with suppress(ssl.SSLError):
            # It wants to wait until the peer has said so, too.
            self._tls.unwrap()
        return self._to_send.read()


class CertificateFiles:
    """``tls.crt`` and ``tls.key`` of a folder, such as a mounted Secret, as they are now."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        """Read them; raises ListenError with the reason."""
        self._folder = folder
        self._clock = clock
        try:
            self._data = self._read()
            self._context = _context(*self._data)
        except (OSError, KubeConfigError) as error:
            raise ListenError(f"--metrics-cert-path: {_why(error, folder)}") from error
        self._checked_at = clock.monotonic()

    def context(self) -> ssl.SSLContext:
        """Return that of the files; while they are not good, the last one that was."""
        if self._clock.monotonic() - self._checked_at >= RECHECK_SECONDS:
            self._checked_at = self._clock.monotonic()
            try:
                self._follow(self._read())
            except OSError as error:
                log.warning("certificate not readable", why=_why(error, self._folder))
        return self._context

    def _follow(self, data: tuple[bytes, bytes]) -> None:
        if data == self._data:
            return
        # Also where it is of no use, which is said once.
        self._data = data
        try:
            self._context = _context(*data)
        except KubeConfigError as error:
            log.warning("new certificate not usable", why=_why(error, self._folder))
        else:
            log.info("certificate renewed", folder=str(self._folder))

    def _read(self) -> tuple[bytes, bytes]:
        return (self._folder / "tls.crt").read_bytes(), (self._folder / "tls.key").read_bytes()


class SelfSigned:
    """A certificate that nobody has issued, for who trusts the network or the token alone."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._make()

    def context(self) -> ssl.SSLContext:
        """Return that of the present one."""
        age = timedelta(seconds=self._clock.monotonic() - self._made_at)
        if age > timedelta(days=SELF_SIGNED_DAYS / 2):
            self._make()
        return self._context

    def _make(self) -> None:
        self._made_at = self._clock.monotonic()
        self._context = _context(*_issued(socket.gethostname(), self._clock.now()))


def _context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Make a server's context; raises KubeConfigError where the two do not belong together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # One request a connection: what would make a second one cheap is not worth its bytes.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    tls.load_certificate(context, certificate, key)
    return context


def _issued(host: str, now: datetime) -> tuple[bytes, bytes]:
    """Return certificate and key in PEM."""
    # Loaded only where it is wanted: it is a megabyte of modules.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    # An hour before: clocks differ.
    begin = now - timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return certificate.public_bytes(pem), key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _why(error: OSError | KubeConfigError, folder: Path) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or folder}: {error.strerror}"
    return f"{folder}: {error}"
