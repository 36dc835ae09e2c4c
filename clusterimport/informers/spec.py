"""What one informer watches and keeps, and how it is doing; equal specs share one informer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from clusterimport.errors import ClusterImportError
from clusterimport.model.gvr import GroupVersionResource


class Keep(StrEnum):
    """What is stored of each object."""

    WHOLE = "whole"
    """A decoded dict: for our own types, which are read all the time."""
    COMPACT = "compact"
    """Its JSON, decoded when somebody looks: for what others write. Bounded per namespace."""
    REFERENCED = "referenced"
    """As ``COMPACT`` while its namespace has room, else as ``IDENTITY``: for what can be read."""
    IDENTITY = "identity"
    """Name and version alone, and the server is asked for no more than metadata."""


class InformerSpec(NamedTuple):
    """A type, narrowed by what the server can narrow it by."""

    gvr: GroupVersionResource
    namespace: str = ""
    """Empty for all namespaces and for cluster-scoped types."""
    label_selector: str = ""
    field_selector: str = ""
    keep: Keep = Keep.WHOLE

    @property
    def metadata_only(self) -> bool:
        """Whether PartialObjectMetadata is asked for."""
        return self.keep is Keep.IDENTITY

    def __str__(self) -> str:
        parts = [str(self.gvr)]
        if self.namespace:
            parts.append(f"namespace={self.namespace}")
        if self.label_selector:
            parts.append(f"labels={self.label_selector}")
        if self.field_selector:
            parts.append(f"fields={self.field_selector}")
        if self.keep in {Keep.IDENTITY, Keep.REFERENCED}:
            parts.append("metadata" if self.metadata_only else "references")
        return ";".join(parts)


@dataclass(frozen=True, slots=True)
class InformerStatus:
    """A snapshot, as conditions and readiness need it; a new one is made for every change."""

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
