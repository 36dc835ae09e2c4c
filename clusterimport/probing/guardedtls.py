"""A look at the certificates of a server before OpenSSL verifies them.

OpenSSL has no bound on the size or the exponent of keys in a chain, and Python's ssl module none
on its length. What it has is a callback for each message of a handshake, after the message was
decrypted and before it is processed. From there the connection gets another context, which trusts
nobody: OpenSSL then fails to find an anchor before it verifies any signature. Where another context
than that which presents the client's certificate is to verify, it has the connection until the next
message.
"""

import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final

from clusterimport.probing.certificates import presented, weigh_presented

ChooseVerifier = Callable[[Sequence[bytes]], ssl.SSLContext | None]
"""From what a server presents (DER, its own first) to the context that is to verify it; None for
that of the connection. Raises nothing."""

_HANDSHAKE: Final = 22
"""Number of the content type of handshakes; records have others."""
_CERTIFICATE: Final = 11
"""Number of the message with the certificates (RFC 8446, 4)."""
_HEADER_BYTES: Final = 4
_NO_COMPRESSED_CERTIFICATES: Final = 1 << 33
"""OpenSSL's SSL_OP_NO_RX_CERTIFICATE_COMPRESSION; the callback would see packed ones. Older
versions than 3.2 know neither."""
_TRUSTS_NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class GuardedTLS(ssl.SSLObject):
    """A connection that remembers what the server presented."""

    is_refused = False
    """Whether the certificates were such that nobody verified them."""
    presented_weight = 0
    """Estimated bytes in memory of the certificates."""
    presenting: ssl.SSLContext | None = None
    """The connection's own context, while another one verifies the server."""


class _GuardedContext(ssl.SSLContext):
    """A context that knows who is to verify servers."""

    choose_verifier: ChooseVerifier | None = None


def guard(context: ssl.SSLContext, choose_verifier: ChooseVerifier | None = None) -> None:
    """Have the servers of all connections of a context looked at, and verified by that choice."""
    context.__class__ = _GuardedContext
    assert isinstance(context, _GuardedContext)
    context.choose_verifier = choose_verifier
    context.sslobject_class = GuardedTLS
    context.options |= _NO_COMPRESSED_CERTIFICATES
    _watch(context)


def _watch(context: ssl.SSLContext) -> None:
    # The module's own setter wraps the callback in conversions to enums, for every record.
    descriptor: Any = ssl.SSLContext.__base__.__dict__["_msg_callback"]
    descriptor.__set__(context, _look)


def _look(
    tls: GuardedTLS, direction: str, version: int, content: int, message: int, data: bytes
) -> None:
    """Look at one message or record, in the thread of the handshake."""
    if direction != "read" or content != _HANDSHAKE:
        return
    if message != _CERTIFICATE:
        # Those of the server are verified; what the client presents comes behind that.
        if tls.presenting is not None:
            tls.context, tls.presenting = tls.presenting, None
        return
    has_extensions = version == ssl.TLSVersion.TLSv1_3
    weight = weigh_presented(data[_HEADER_BYTES:], has_extensions=has_extensions)
    if weight is None:
        tls.is_refused = True
        tls.context = _TRUSTS_NOBODY
        return
    tls.presented_weight = weight
    context = tls.context
    if not isinstance(context, _GuardedContext) or context.choose_verifier is None:
        return
    chain = presented(data[_HEADER_BYTES:], has_extensions=has_extensions)
    verifier = context.choose_verifier(chain) if chain else None
    if verifier is not None:
        _watch(verifier)
        tls.context, tls.presenting = verifier, context
