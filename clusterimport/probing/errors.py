"""What can go wrong inside a probe; ``ClusterProbe.run`` turns all of it into a result.

ClusterImportError
 └─ ProbeError
     ├─ AddressDenied       the policy leaves no address of the server's name
     ├─ NameNotResolved     the name has no address, or is no name
     ├─ InvalidAddress      the server's address leads to no https request
     ├─ InvalidCertificates the CA, the client certificate or its key cannot be loaded
     ├─ InvalidToken        no header can carry the token
     ├─ InvalidServerName   a name that no certificate can be verified for
     └─ AnswerTooLarge      more bytes than anyone reads
"""
# The names are those of the results.
# ruff: noqa: N818

from clusterimport import errors


class ProbeError(errors.ClusterImportError):
    """Anything that this package raises on purpose; nothing of it leaves the package."""


class AddressDenied(ProbeError):
    """Every address of the server is one that probes do not connect to."""


class NameNotResolved(ProbeError):
    """The server's name leads to no address."""


class InvalidAddress(ProbeError):
    """The address is none that a client could use."""


class InvalidToken(ProbeError):
    """The token holds characters that HTTP forbids."""


class InvalidCertificates(ProbeError):
    """Certificates or a key that OpenSSL does not take; the text says which, for a person."""


class InvalidServerName(ProbeError):
    """TLS cannot ask for this name."""


class AnswerTooLarge(ProbeError):
    """The server sent more than an answer to a probe can have."""
