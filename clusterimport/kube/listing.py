"""Decoding of a list, in portions, so that a big one does not block the event loop."""

import asyncio
from typing import Any, NamedTuple

import msgspec

from clusterimport.kube.errors import StreamError
from clusterimport.model.meta import Object

PORTION_BYTES = 1024 * 1024
"""Decoded between two yields: about 10 ms on a slow core, a fifth of what a loop may block."""


class DecodedList(NamedTuple):
    """What a list says."""

    items: list[Object]
    resource_version: str
    continue_token: str
    remaining: int | None


class _Metadata(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_token: str = msgspec.field(default="", name="continue")
    remaining_item_count: int | None = None


class _List(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)
    items: list[msgspec.Raw] | None = None


_LIST = msgspec.json.Decoder(_List)
_ITEM = msgspec.json.Decoder(dict[str, Any])


async def decode_list(body: bytes) -> DecodedList:
    """Decode the body of a list; raises StreamError for anything that is not a complete one.

    An answer without a resourceVersion is not a list of Kubernetes; taking it for an empty one
    would look like the deletion of everything.
    """
    try:
        envelope = _LIST.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Not chained: the exception of the decoder holds the bytes.
        raise StreamError("the answer is not a list in JSON") from None
    if not envelope.kind.endswith("List") or not envelope.metadata.resource_version:
        raise StreamError("the answer is not a list of Kubernetes")
    kind = envelope.kind.removesuffix("List")
    items: list[Object] = []
    pending_bytes = 0
    for raw in envelope.items or ():
        items.append(_decode_item(raw, envelope.api_version, kind))
        pending_bytes += len(memoryview(raw))
        if pending_bytes >= PORTION_BYTES:
            pending_bytes = 0
            await asyncio.sleep(0)
    return DecodedList(
        items=items,
        resource_version=envelope.metadata.resource_version,
        continue_token=envelope.metadata.continue_token,
        remaining=envelope.metadata.remaining_item_count,
    )


def _decode_item(raw: msgspec.Raw, api_version: str, kind: str) -> Object:
    try:
        item = _ITEM.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise StreamError("an item of the list is not a JSON object") from None
    if kind:
        # Left out by the server for built-in types, present for custom ones and in watches.
        item.setdefault("apiVersion", api_version)
        item.setdefault("kind", kind)
    return item
