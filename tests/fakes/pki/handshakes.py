"""Handshakes of TLS in memory, between two contexts."""

import contextlib
import ssl
from typing import Final

HOST: Final = "api.test"
"""What the client takes the server for."""


def shake(client_context: ssl.SSLContext, server: ssl.SSLContext) -> ssl.SSLObject:
    """Do a handshake; raise what the client raises, and return its end."""
    return _shake(client_context, server)[0]


def presented(client_context: ssl.SSLContext, server: ssl.SSLContext) -> bytes | None:
    """Return what a server is given as the client's certificate, DER."""
    return _shake(client_context, server)[1].getpeercert(binary_form=True)


def _shake(
    client_context: ssl.SSLContext, server: ssl.SSLContext
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    ends = [ssl.MemoryBIO() for _ in range(4)]
    client = client_context.wrap_bio(ends[0], ends[1], server_hostname=HOST)
    serving = server.wrap_bio(ends[2], ends[3], server_side=True)
    for _ in range(6):
        for end, source, target in ((client, ends[1], ends[2]), (serving, ends[3], ends[0])):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
            target.write(source.read())
    return client, serving
