"""What one informer watches; equal specs share one informer."""

from typing import NamedTuple

from clusterimport.model.gvr import GroupVersionResource


class InformerSpec(NamedTuple):
    """A type, narrowed by what the server can narrow it by."""

    gvr: GroupVersionResource
    namespace: str = ""
    """Empty for all namespaces and for cluster-scoped types."""
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False
    """Ask for PartialObjectMetadata: names, labels, owners and versions, without content."""

    def __str__(self) -> str:
        parts = [str(self.gvr)]
        if self.namespace:
            parts.append(f"namespace={self.namespace}")
        if self.label_selector:
            parts.append(f"labels={self.label_selector}")
        if self.field_selector:
            parts.append(f"fields={self.field_selector}")
        if self.metadata_only:
            parts.append("metadata")
        return ";".join(parts)
