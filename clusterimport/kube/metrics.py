"""What this package tells about itself; the names are client-go's, so that dashboards fit.

``verb`` is the HTTP method and ``host`` the server's ``host:port``, as in client-go's
``rest_client_*`` families; ``code`` is ``<error>`` where no answer came.
"""

from typing import Protocol


class RestMetrics(Protocol):
    """Observer of requests and watch streams."""

    def request_finished(self, *, code: str, method: str, host: str) -> None:
        """Count one answer: ``rest_client_requests_total``."""

    def request_duration(self, seconds: float, *, verb: str, host: str) -> None:
        """Observe the time to the whole answer: ``rest_client_request_duration_seconds``."""

    def request_size(self, size_bytes: int, *, verb: str, host: str) -> None:
        """Observe a body that was sent: ``rest_client_request_size_bytes``."""

    def response_size(self, size_bytes: int, *, verb: str, host: str) -> None:
        """Observe a body that was received: ``rest_client_response_size_bytes``."""

    def request_retried(self, *, code: str, verb: str, host: str) -> None:
        """Count a repetition inside the client: ``rest_client_request_retries_total``."""

    def rate_limited(self, seconds: float, *, verb: str, host: str) -> None:
        """Observe a wait on our side: ``rest_client_rate_limiter_duration_seconds``."""

    def watch_event_skipped(self, *, resource: str, reason: str) -> None:
        """Count an event that was not understood and changed nothing."""


class NullRestMetrics:
    """Observes nothing."""

    def request_finished(self, *, code: str, method: str, host: str) -> None:
        """Do nothing."""

    def request_duration(self, seconds: float, *, verb: str, host: str) -> None:
        """Do nothing."""

    def request_size(self, size_bytes: int, *, verb: str, host: str) -> None:
        """Do nothing."""

    def response_size(self, size_bytes: int, *, verb: str, host: str) -> None:
        """Do nothing."""

    def request_retried(self, *, code: str, verb: str, host: str) -> None:
        """Do nothing."""

    def rate_limited(self, seconds: float, *, verb: str, host: str) -> None:
        """Do nothing."""

    def watch_event_skipped(self, *, resource: str, reason: str) -> None:
        """Do nothing."""
