"""What one informer watches and keeps; equal specs share one informer."""

from enum import StrEnum
from typing import NamedTuple

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
