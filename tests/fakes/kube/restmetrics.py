"""Metrics of the kube layer, written down."""

from typing import Any


class RecordingRestMetrics:
    """Keeps every call as ``(method, value or None, labels)``."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float | None, dict[str, Any]]] = []

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the labels of every call of one method."""
        return [labels for method, _, labels in self.calls if method == name]

    def request_finished(self, **labels: str) -> None:
        self.calls.append(("request_finished", None, labels))

    def request_duration(self, seconds: float, **labels: str) -> None:
        self.calls.append(("request_duration", seconds, labels))

    def request_size(self, size_bytes: int, **labels: str) -> None:
        self.calls.append(("request_size", size_bytes, labels))

    def response_size(self, size_bytes: int, **labels: str) -> None:
        self.calls.append(("response_size", size_bytes, labels))

    def request_retried(self, **labels: str) -> None:
        self.calls.append(("request_retried", None, labels))

    def rate_limited(self, seconds: float, **labels: str) -> None:
        self.calls.append(("rate_limited", seconds, labels))

    def watch_event_skipped(self, **labels: str) -> None:
        self.calls.append(("watch_event_skipped", None, labels))
