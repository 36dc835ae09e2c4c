"""Where a probe goes and what it sends there, from the address and the credential of a cluster."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit

import httpcore

import clusterimport
from clusterimport.model.connection import Connection
from clusterimport.probing.errors import InvalidAddress, InvalidToken

USER_AGENT = f"clusterimport/{clusterimport.__version__}"


class ProbeTarget(NamedTuple):
    """An address in parts; the credential is not one of them, so that a repr is harmless."""

    host: str
    """ASCII name, or an IP address without brackets."""
    port: int
    path: str
    """Prefix of all paths, percent-encoded, without a slash at its end."""
    server_name: str
    """What the certificate is verified for, and what TLS asks for."""

    @classmethod
    def of(cls, connection: Connection) -> "ProbeTarget":
        """Take the address apart as client-go does, which drops a query.

        Raises:
            InvalidAddress: it is not https, or has no host and port that a client could use.

        """
        try:
            parts = urlsplit(connection.server)
            host = _ascii(parts.hostname or "")
            name = _ascii(connection.tls_server_name) or host
            port = 443 if parts.port is None else parts.port
        except ValueError as error:
            raise InvalidAddress from error
        if parts.scheme != "https" or not host or not port:
            raise InvalidAddress
        # What is encoded already stays so; the rest of these may stand in a path as they are.
        path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._").rstrip("/")
        return cls(host, port, path, name.removesuffix("."))

    def request(self, path: str, connection: Connection) -> httpcore.Request:
        """Return the GET of a path; no body, no compression, no cookie.

        Raises:
            InvalidToken: no header can carry the token.

        """
        name = f"[{self.host}]" if ":" in self.host else self.host
        headers = [
            ("Host", name if self.port == 443 else f"{name}:{self.port}"),
            ("User-Agent", USER_AGENT),
            ("Accept", "application/json, */*"),
            ("Accept-Encoding", "identity"),
        ]
        if connection.token:
            headers.append(("Authorization", f"Bearer {_sendable(connection.token)}"))
        url = httpcore.URL(scheme="https", host=self.host, port=self.port, target=self.path + path)
        return httpcore.Request("GET", url, headers=headers)


def _ascii(host: str) -> str:
    return host if host.isascii() else host.encode("idna").decode("ascii")


def _sendable(token: str) -> str:
    # Looked at here, because the error of the HTTP library would quote it.
    if not (token.isascii() and token.isprintable() and token == token.strip()):
        raise InvalidToken
    return token
