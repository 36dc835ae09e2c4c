"""What informers tell about themselves; ``observability`` turns it into Prometheus families.

The figures are those of client-go's reflector metrics, plus how long a stream has been silent.
``name`` is the text of the spec: types and selectors of policies, never a source.
"""

from typing import Protocol


class InformerMetrics(Protocol):
    """Receives the figures of all informers of one program."""

    def informer_started(self, name: str) -> None:
        """Create every series of an informer at zero."""

    def informer_stopped(self, name: str) -> None:
        """Drop the series of an informer that nobody uses any more."""

    def informer_crashed(self, name: str) -> None:
        """Count a reflector that ended by a bug and is started again."""

    def listed(self, name: str, seconds: float, items: int) -> None:
        """Count a complete list or WatchList, its duration and its objects."""

    def watch_started(self, name: str) -> None:
        """Count a watch request."""

    def watch_ended(self, name: str, seconds: float, items: int) -> None:
        """Observe how long a watch lasted and how many events it brought."""

    def short_watch(self, name: str) -> None:
        """Count a watch that ended at once without an event."""

    def dead_watch(self, name: str) -> None:
        """Count a watch that was given up because it was silent while the type moved on."""

    def contradicted(self, name: str) -> None:
        """Count a list that was made because live answers contradicted the cache."""

    def request_failed(self, name: str, operation: str, reason: str) -> None:
        """Count a failed ``list``, ``watchlist``, ``watch`` or ``check`` by class of error."""

    def event_ignored(self, name: str, why: str) -> None:
        """Count what changed nothing: ``stale``, ``duplicate``, ``malformed`` or ``unknown``."""

    def handler_failed(self, name: str) -> None:
        """Count a handler or predicate that raised, which is a bug."""

    def last_resource_version(self, name: str, version: int) -> None:
        """Set how far the informer has come."""

    def last_heard(self, name: str, monotonic_seconds: float) -> None:
        """Remember when the server last sent anything; staleness is the time since then."""

    def objects(self, name: str, kept: int, seen: int, size_bytes: int) -> None:
        """Set how many objects are kept, how many the server has, and what those kept take."""


class NullInformerMetrics:
    """Keeps nothing."""

    def informer_started(self, name: str) -> None:
        """Do nothing."""

    def informer_stopped(self, name: str) -> None:
        """Do nothing."""

    def informer_crashed(self, name: str) -> None:
        """Do nothing."""

    def listed(self, name: str, seconds: float, items: int) -> None:
        """Do nothing."""

    def watch_started(self, name: str) -> None:
        """Do nothing."""

    def watch_ended(self, name: str, seconds: float, items: int) -> None:
        """Do nothing."""

    def short_watch(self, name: str) -> None:
        """Do nothing."""

    def dead_watch(self, name: str) -> None:
        """Do nothing."""

    def contradicted(self, name: str) -> None:
        """Do nothing."""

    def request_failed(self, name: str, operation: str, reason: str) -> None:
        """Do nothing."""

    def event_ignored(self, name: str, why: str) -> None:
        """Do nothing."""

    def handler_failed(self, name: str) -> None:
        """Do nothing."""

    def last_resource_version(self, name: str, version: int) -> None:
        """Do nothing."""

    def last_heard(self, name: str, monotonic_seconds: float) -> None:
        """Do nothing."""

    def objects(self, name: str, kept: int, seen: int, size_bytes: int) -> None:
        """Do nothing."""
