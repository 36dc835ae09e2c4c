"""How a cluster is reached: what remains of a PediaCluster's credentials when they were judged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connection:
    """An address and one cluster's own credentials; they are sent nowhere but to that address."""

    server: str
    """URL that begins with ``https://``."""
    tls_server_name: str = ""
    """Name to verify the certificate for, in place of the URL's host."""
    ca_data: bytes = b""
    """PEM; empty trusts the system's CAs, unless ``insecure``."""
    cert_data: bytes = b""
    """PEM chain of the client certificate; empty without one."""
    key_data: bytes = b""
    """PEM key of the client certificate."""
    token: str = ""
    """Bearer token; empty without one."""
    insecure: bool = False
    """Whether the server's certificate is not verified, which somebody had to allow."""

    def __repr__(self) -> str:
        return "Connection(…)"
