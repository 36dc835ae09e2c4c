"""Opens an object that arrived: without its bulk, within bounds, and only if it can be decoded.

What could take too much is refused before it is decoded, by counts of bytes that cost a fraction
of decoding. So what comes out can be kept as it is, and decoded whenever somebody looks.
"""

from typing import Any, NamedTuple

import msgspec

from clusterimport.kube.cutting import NOT_JSON, UNREADABLE
from clusterimport.limits.objects import Bounds
from clusterimport.model.excess import TOO_DEEP, excess
from clusterimport.model.identity import Identity
from clusterimport.model.meta import LAST_APPLIED
from clusterimport.model.objects import JsonObject, UnusableObject


class OpenedObject(NamedTuple):
    """An object both ways."""

    compact: JsonObject
    """To be kept; its ``content`` can be had at any time."""
    content: dict[str, Any]
    """Not to be kept."""


def open_object(obj: Identity, bounds: Bounds) -> OpenedObject | UnusableObject:
    """Return the lean form of an object as it was received, or why it is of no use.

    ``managedFields`` and the last-applied annotation are a third of an object and nobody reads
    them; the annotation of a Secret holds the Secret again.
    """
    if not isinstance(obj, JsonObject):
        return obj if isinstance(obj, UnusableObject) else UnusableObject(obj, NOT_JSON)
    try:
        compact = JsonObject(obj, _lean(obj))
        problem = excess(compact.json, bounds)
        if problem is None:
            return OpenedObject(compact, compact.content())
    except RecursionError:
        problem = TOO_DEEP
    except UNREADABLE:
        problem = NOT_JSON
    return UnusableObject(obj, problem)


def _lean(obj: JsonObject) -> bytes:
    parts = _PARTS.decode(obj.json)
    metadata = _PARTS.decode(parts["metadata"])
    metadata.pop("managedFields", None)
    annotations = metadata.get("annotations")
    if annotations is not None and _LAST_APPLIED_BYTES in bytes(annotations):
        kept = _PARTS.decode(annotations)
        kept.pop(LAST_APPLIED, None)
        metadata["annotations"] = _raw(kept)
    if "apiVersion" not in parts:
        # As in the items of a list of a built-in type.
        parts = {"apiVersion": _raw(obj.api_version), "kind": _raw(obj.kind), **parts}
    parts["metadata"] = _raw(metadata)
    # A copy of just the size: the encoder gives back a buffer that was made larger step by step.
    _ENCODER.encode_into(parts, _BUFFER)
    return bytes(_BUFFER)


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(value))


_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()
_BUFFER = bytearray()
_LAST_APPLIED_BYTES = b"last-applied-configuration"
