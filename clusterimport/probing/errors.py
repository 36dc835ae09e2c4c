"""What can go wrong inside a probe; ``ClusterProbe.run`` turns all of it into a result.

ClusterImportError
 └─ ProbeError
     ├─ AddressDenied       the policy leaves no address of the server's name
     ├─ NameNotResolved     the name has no address, or is no name
     ├─ InvalidAddress      the server's address leads to no https request
     ├─ InvalidCertificates the CA, the client certificate or its key cannot be loaded
     ├─ InvalidToken        no header can carry the token
     ├─ InvalidServerName   a name that no certificate can be verified for
     ├─ ServerCertificates  more, larger or other certificates than a server may present
     ├─ AnswerTooLarge      more bytes than anyone reads
     └─ Lacking             this process could not try: nothing is known of the cluster
"""
# The names are those of the results.
# ruff: noqa: N818

from enum import StrEnum

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


class ProbeAnswerTooLarge(ProbeError):
    """The server sent more than an answer to a probe can have."""


class ServerCertificates(ProbeError):
    """The server presents what nobody should verify."""


class Lack(StrEnum):
    """What of our own was missing, as a condition's message goes on after "for want of"."""

    CPU = "processor time or threads for TLS with the clusters of its namespace or policy"
    NAMES = "threads for the names of the clusters of its namespace or policy"
    THREADS = "threads that the system would let it start (see the limit of process ids)"
    DESCRIPTORS = "file descriptors (raise the limit of open files, ulimit -n)"
    SYSTEM_MEMORY = "memory (raise the limit of its container)"
    TIME = "time: it was held up itself, perhaps by a limit of its processors"


class Lacking(ProbeError):
    """Something of our own was missing; nothing is known of the cluster.

    Args:
        lack: what it was.

    """

    def __init__(self, lack: Lack) -> None:
        super().__init__(lack.value)
        self.lack = lack
