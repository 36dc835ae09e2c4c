"""What of a live object may be printed where nobody has asked for credentials."""

from typing import Any, Final

from clusterimport.model.meta import Object
from clusterimport.model.pediacluster import BYTE_FIELDS

REDACTED: Final = "[redacted]"

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def shown_object(obj: Object, *, show_secrets: bool = False) -> dict[str, Any]:
    """Return one of our objects without what nobody reads, and without credentials."""
    shown = {field: obj[field] for field in obj}
    metadata = dict(shown.get("metadata") or {})
    metadata.pop("managedFields", None)
    annotations = dict(metadata.get("annotations") or {})
    # It repeats the object that was applied by hand, credentials included.
    if annotations.pop(_LAST_APPLIED, None) is not None:
        metadata["annotations"] = annotations
    shown["metadata"] = metadata
    spec = shown.get("spec")
    if isinstance(spec, dict) and not show_secrets:
        shown["spec"] = {
            field: REDACTED if field in BYTE_FIELDS and value else value
            for field, value in spec.items()
        }
    return shown
