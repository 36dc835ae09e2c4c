"""What a probe found out, in words that are the same as long as the fault is the same."""

from dataclasses import dataclass, field
from enum import StrEnum


class ProbeReason(StrEnum):
    """One CamelCase word, fit for a condition and for a metric's label."""

    REACHABLE = "Reachable"
    TLS_VERIFICATION_FAILED = "TLSVerificationFailed"
    TLS_HANDSHAKE_FAILED = "TLSHandshakeFailed"
    UNAUTHORIZED = "Unauthorized"
    FORBIDDEN = "Forbidden"
    CONNECTION_REFUSED = "ConnectionRefused"
    CONNECTION_FAILED = "ConnectionFailed"
    """Reset, no route, closed early."""
    NAME_NOT_RESOLVED = "NameNotResolved"
    ADDRESS_DENIED = "AddressDenied"
    TIMEOUT = "Timeout"
    """No connection in time."""
    SLOW_ANSWER = "SlowAnswer"
    """A connection, and no complete answer in time."""
    SERVER_ERROR = "ServerError"
    """5xx."""
    THROTTLED = "Throttled"
    """429."""
    REDIRECTED = "Redirected"
    ANSWER_TOO_LARGE = "AnswerTooLarge"
    UNEXPECTED_ANSWER = "UnexpectedAnswer"
    """HTML, no version, another code, bytes that are not HTTP."""
    INVALID_CERTIFICATES = "InvalidCertificates"
    """CA data, client certificate or key that cannot be loaded."""
    UNTRIED = "Probing"
    """Nothing was found out, for want of something of our own."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The verdict of one probe.

    ``message`` is chosen from the texts of this package alone: no byte of the answer and none of
    the credential is in it, and nothing that changes while the fault does not, so that a status
    is written once per fault.
    """

    reason: ProbeReason
    message: str
    """For a person, and what to do; printable ASCII, at most 256 characters."""
    version: str = ""
    """``gitVersion`` of a reachable API server."""
    is_answer: bool = False
    """Whether an HTTP answer came: Clusterpedia's ``Unhealthy``, else ``NotReachable``."""
    cpu_seconds: float = field(default=0.0, compare=False)
    """Processor time of the threads that worked for it."""

    @property
    def is_healthy(self) -> bool:
        """Whether the API server is ready and told its version."""
        return self.reason is ProbeReason.REACHABLE

    @property
    def is_untried(self) -> bool:
        """Whether it is no verdict on the cluster at all."""
        return self.reason is ProbeReason.UNTRIED
