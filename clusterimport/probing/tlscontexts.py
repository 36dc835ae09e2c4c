"""TLS contexts of clusters: made off the event loop, and shared where they hold no secret.

A context lives as long as a connection that was made with it. It trusts a few CA certificates, or
nobody: where a cluster has many, the handshake chooses among them.
"""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from clusterimport import pki
from clusterimport.kube import errors as kube_errors
from clusterimport.kube import tls
from clusterimport.limits.probes import (
    LOADED_TRUST_BYTES,
    PEM_BYTES,
    PRESENTED_CHAIN_BYTES,
    PRIVATE_KEY_BYTES,
)
from clusterimport.model.connection import Connection
from clusterimport.model.tenant import Tenant
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.certificates import weigh_pem
from clusterimport.probing.errors import InvalidCertificates
from clusterimport.probing.guardedtls import ChooseVerifier, guard
from clusterimport.probing.oddusage import pinned_context
from clusterimport.probing.selection import select_authorities
from clusterimport.probing.workers import ProbeThreads

_SMALL_BYTES: Final = 16 * 1024
"""Most of PEM that is looked through on the event loop, in less than a millisecond."""

_CIPHERS: Final = (
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
    "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"
)
"""What Go's client offers. Finite-field Diffie-Hellman is not among it: the server chooses its
numbers, and with 10 000 bits a handshake takes seconds."""

_VERIFYING: Final = f"@SECLEVEL=1:{_CIPHERS}"
"""With keys of 1024 bits and more, and no signature by SHA-1, as in Go."""

_PRESENTING_ANY: Final = f"@SECLEVEL=0:{_CIPHERS}"
"""Go presents its own certificate whatever it is signed by, SHA-1 and MD5 too, and leaves the
judgement to the server."""


class Trust(NamedTuple):
    """A context, and what it weighs."""

    context: ssl.SSLContext
    weight: int
    """Estimated bytes of its certificates; what only a handshake chooses is none of them."""


class TLSContexts:
    """Makes the context of a connection, or finds one of the same tenant that is equal."""

    def __init__(self, workers: ProbeThreads) -> None:
        self._workers = workers
        self._shared: WeakValueDictionary[tuple[Tenant, bytes, bool], ssl.SSLContext] = (
            WeakValueDictionary()
        )
        # That of the system's CAs, which takes 25 ms to make; the same for everybody.
        self._system: ssl.SSLContext | None = None

    async def trust_for(self, connection: Connection, attempt: Attempt) -> Trust:
        """Return a context that trusts and presents what the connection says.

        Raises:
            InvalidCertificates: it cannot be loaded; the text says which part, and nothing of it.
            Lacking: there is no time to make it.

        """
        for limit, part in (
            (PEM_BYTES, connection.ca_data),
            (PEM_BYTES, connection.cert_data),
            (PRIVATE_KEY_BYTES, connection.key_data),
        ):
            if len(part) > limit:
                raise InvalidCertificates(
                    f"a certificate or key is larger than {limit // 1024} KiB"
                )
        ca_data = b"" if connection.insecure else connection.ca_data
        trusted = await self._weigh(attempt, ca_data)
        chain = await self._weigh(attempt, connection.cert_data)
        if chain > PRESENTED_CHAIN_BYTES:
            raise InvalidCertificates("a client certificate has too many others behind it")
        if trusted > LOADED_TRUST_BYTES:
            make, weight = _make_choosing, chain
        else:
            make, weight = _make, trusted + chain
        if connection.cert_data or connection.key_data:
            return Trust(await self._workers.run(attempt, make, connection), weight)
        if not ca_data and not connection.insecure:
            if self._system is None:
                self._system = await self._workers.run(attempt, make, connection)
            return Trust(self._system, weight)
        # Keyed by the text itself and not by a digest: it is the connection's own object.
        key = (attempt.tenant, ca_data, connection.insecure)
        context = self._shared.get(key)
        if context is None:
            context = await self._workers.run(attempt, make, connection)
            self._shared[key] = context
        return Trust(context, weight)

    async def _weigh(self, attempt: Attempt, text: bytes) -> int:
        if len(text) <= _SMALL_BYTES:
            return weigh_pem(text)
        return await self._workers.run(attempt, weigh_pem, text)


def _make(connection: Connection) -> ssl.SSLContext:
    """Return a context that trusts all that the connection says."""
    ca_data = b"" if connection.insecure else connection.ca_data
    verifier = None
    try:
        try:
            context = _verifying(connection)
        except tls.ClientCertificateError:
            context = _presenting(connection, _PRESENTING_ANY)
            verifier = None if connection.insecure else _trusting(connection.ca_data)
    except kube_errors.KubeConfigError as error:
        raise InvalidCertificates(str(error)) from error

    def choose(chain: Sequence[bytes]) -> ssl.SSLContext | None:
        return pinned_context(chain[0], ca_data) or verifier

    return _finished(context, choose if ca_data or verifier else None)


def _make_choosing(connection: Connection) -> ssl.SSLContext:
    """Return a context that trusts nobody before a server has presented something."""
    ca_data = connection.ca_data
    try:
        pki.check_authorities(ca_data)
        try:
            context = _presenting(connection, _VERIFYING)
        except tls.ClientCertificateError:
            context = _presenting(connection, _PRESENTING_ANY)
    except pki.Unusable as unusable:
        raise InvalidCertificates(f"the CA data {unusable.problem}") from None
    except kube_errors.KubeConfigError as error:
        raise InvalidCertificates(str(error)) from error

    def choose(chain: Sequence[bytes]) -> ssl.SSLContext | None:
        selected = select_authorities(ca_data, chain)
        # Without any the connection's own context verifies, which trusts nobody.
        if selected:
            with suppress(kube_errors.KubeConfigError):
                return pinned_context(chain[0], selected) or _trusting(selected)
        return None

    return _finished(context, choose)


def _finished(context: ssl.SSLContext, choose: ChooseVerifier | None) -> ssl.SSLContext:
    context.set_alpn_protocols(["http/1.1"])
    # Go's TLS refuses renegotiation too; a server could have it done for as long as it likes.
    context.options |= ssl.OP_NO_RENEGOTIATION
    guard(context, choose)
    return context


def _verifying(connection: Connection) -> ssl.SSLContext:
    """Return a context that trusts, and presents, what the connection says."""
    return tls.client_context(
        ca_data=connection.ca_data,
        certificate_data=connection.cert_data,
        key_data=connection.key_data,
        verify=not connection.insecure,
        ciphers=_VERIFYING,
    )


def _trusting(ca_data: bytes) -> ssl.SSLContext:
    """Return a context that trusts these, and presents nothing."""
    return tls.client_context(ca_data=ca_data, ciphers=_VERIFYING)


def _presenting(connection: Connection, ciphers: str) -> ssl.SSLContext:
    """Return a context that presents, and trusts no server: another one verifies."""
    context = tls.client_context(
        certificate_data=connection.cert_data,
        key_data=connection.key_data,
        verify=False,
        ciphers=ciphers,
    )
    if not connection.insecure:
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
    return context
