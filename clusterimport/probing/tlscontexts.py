"""TLS contexts of clusters: made off the event loop, and shared where they hold no secret.

A context lives as long as a connection that was made with it. One with many CA certificates takes
a megabyte or two, so that those in use at a time are bounded together, and a kept connection
counts with its context.
"""

import ssl
from collections.abc import Callable
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from clusterimport.kube import errors as kube_errors
from clusterimport.kube import tls
from clusterimport.limits.probes import (
    CONTEXT_BYTES,
    HEAVY_TRUST_BYTES,
    PEM_BYTES,
    PRIVATE_KEY_BYTES,
)
from clusterimport.model.connection import Connection
from clusterimport.model.tenant import Tenant
from clusterimport.probing.attempt import Attempt
from clusterimport.probing.certificates import weigh_pem
from clusterimport.probing.errors import InvalidCertificates, Lack
from clusterimport.probing.guardedtls import guard
from clusterimport.probing.shares import Shares
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
    """Estimated bytes of its certificates."""


class TLSContexts:
    """Makes the context of a connection, or finds one of the same tenant that is equal."""

    def __init__(
        self, workers: ProbeThreads, *, on_wait: Callable[[], None] = lambda: None
    ) -> None:
        self._workers = workers
        self._heavy = Shares(CONTEXT_BYTES, on_wait=on_wait)
        self._shared: WeakValueDictionary[tuple[Tenant, bytes, bool], ssl.SSLContext] = (
            WeakValueDictionary()
        )
        # That of the system's CAs, which takes 25 ms to make; the same for everybody.
        self._system: ssl.SSLContext | None = None

    async def trust_for(self, connection: Connection, attempt: Attempt) -> Trust:
        """Return a context that trusts and presents what the connection says.

        Raises:
            InvalidCertificates: it cannot be loaded; the text says which part, and nothing of it.
            Lacking: there is no room for it, or no time to make it.

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
        weight = await self._weigh(attempt, ca_data, connection.cert_data)
        if weight > HEAVY_TRUST_BYTES:
            async with attempt.waiting_for_us(Lack.MEMORY):
                ticket = await self._heavy.acquire(
                    attempt.tenant, amount=weight, rank=int(attempt.is_first)
                )
            attempt.at_end(lambda: self._heavy.give_back(ticket))
        if connection.cert_data or connection.key_data:
            return Trust(await self._workers.run(attempt, _make, connection), weight)
        return Trust(await self._find(ca_data, connection, attempt), weight)

    async def _weigh(self, attempt: Attempt, *texts: bytes) -> int:
        if sum(map(len, texts)) <= _SMALL_BYTES:
            return weigh_pem(*texts)
        return await self._workers.run(attempt, weigh_pem, *texts)

    async def _find(
        self, ca_data: bytes, connection: Connection, attempt: Attempt
    ) -> ssl.SSLContext:
        if not ca_data and not connection.insecure:
            if self._system is None:
                self._system = await self._workers.run(attempt, _make, connection)
            return self._system
        # Keyed by the text itself and not by a digest: it is the connection's own object.
        key = (attempt.tenant, ca_data, connection.insecure)
        context = self._shared.get(key)
        if context is None:
            context = await self._workers.run(attempt, _make, connection)
            self._shared[key] = context
        return context


def _make(connection: Connection) -> ssl.SSLContext:
    ca_data = b"" if connection.insecure else connection.ca_data
    verifier = None
    try:
        try:
            context = _verifying(connection, presents=True)
        except tls.ClientCertificateError:
            context = _presenting(connection)
            verifier = None if connection.insecure else _verifying(connection, presents=False)
    except kube_errors.KubeConfigError as error:
        raise InvalidCertificates(str(error)) from error
    context.set_alpn_protocols(["http/1.1"])
    # Go's TLS refuses renegotiation too; a server could have it done for as long as it likes.
    context.options |= ssl.OP_NO_RENEGOTIATION
    guard(context, ca_data, verifier=verifier)
    return context


def _verifying(connection: Connection, *, presents: bool) -> ssl.SSLContext:
    """Return a context that trusts what the connection says; without its client certificate too."""
    return tls.client_context(
        ca_data=connection.ca_data,
        certificate_data=connection.cert_data if presents else b"",
        key_data=connection.key_data if presents else b"",
        verify=not connection.insecure,
        ciphers=_VERIFYING,
    )


def _presenting(connection: Connection) -> ssl.SSLContext:
    """Return a context for any client certificate, which trusts no server: another one verifies."""
    context = tls.client_context(
        certificate_data=connection.cert_data,
        key_data=connection.key_data,
        verify=False,
        ciphers=_PRESENTING_ANY,
    )
    if not connection.insecure:
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
    return context
