"""TLS contexts of clusters: made off the event loop, and shared where they hold no secret.

The system's CAs take a megabyte per context, and dozens of clusters behind one proxy use them or
the same private CA. A context is freed with the last probe that uses it.
"""

import ssl
from typing import Final
from weakref import WeakValueDictionary

from clusterimport.kube import errors as kube_errors
from clusterimport.kube import tls
from clusterimport.model.connection import Connection
from clusterimport.probing.errors import InvalidCertificates
from clusterimport.probing.workers import Workers

MAX_PEM_BYTES: Final = 256 * 1024
"""Most bytes of one PEM text: some hundred certificates, and a few milliseconds to load."""


class TLSContexts:
    """Makes the context of a connection, or finds one that is equal."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._shared: WeakValueDictionary[tuple[bytes, bool], ssl.SSLContext] = (
            WeakValueDictionary()
        )

    async def context_for(self, connection: Connection) -> ssl.SSLContext:
        """Return a context that trusts and presents what the connection says.

        Raises:
            InvalidCertificates: it cannot be loaded; the text says which part, and nothing of it.

        """
        if connection.cert_data or connection.key_data:
            return await self._workers.run(_make, connection)
        # Keyed by the text itself and not by a digest: it is the connection's own object.
        key = (b"" if connection.insecure else connection.ca_data, connection.insecure)
        context = self._shared.get(key)
        if context is None:
            context = await self._workers.run(_make, connection)
            self._shared[key] = context
        return context


def _make(connection: Connection) -> ssl.SSLContext:
    parts = (connection.ca_data, connection.cert_data, connection.key_data)
    if max(map(len, parts)) > MAX_PEM_BYTES:
        raise InvalidCertificates("a certificate or key is larger than 256 KiB")
    try:
        context = tls.client_context(
            ca_data=connection.ca_data,
            certificate_data=connection.cert_data,
            key_data=connection.key_data,
            verify=not connection.insecure,
        )
    except kube_errors.KubeConfigError as error:
        raise InvalidCertificates(str(error)) from error
    context.set_alpn_protocols(["http/1.1"])
    # Go's TLS refuses renegotiation too; a server could have it done for as long as it likes.
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context
