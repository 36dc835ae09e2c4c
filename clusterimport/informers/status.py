"""How an informer is doing, as conditions and readiness checks need it."""

from dataclasses import dataclass

from clusterimport.errors import ClusterImportError


@dataclass(frozen=True, slots=True)
class InformerStatus:
    """A snapshot; a new one is made for every change."""

    synced: bool = False
    """The store holds a complete view that is newer than the last change of interests."""
    error: ClusterImportError | None = None
    """Why the last list or watch failed, a KubeError or InformerCrashed; None while all is well."""
    error_since: float | None = None
    """Monotonic time, in seconds, since when it has been failing without a break."""
    type_missing: bool = False
    """The server answers 404 for the collection. Says nothing about objects: none is dropped."""

    def differs_from(self, other: "InformerStatus") -> bool:
        """Whether somebody who was told ``other`` has to be told this."""
        return (
            self.synced != other.synced
            or self.type_missing != other.type_missing
            or _kind(self.error) != _kind(other.error)
        )


def _kind(error: ClusterImportError | None) -> tuple[type[object], str]:
    # The text may hold counters or times that change with every attempt.
    reason = getattr(error, "reason", "")
    return type(error), reason if isinstance(reason, str) else ""
