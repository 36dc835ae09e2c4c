"""Cutting a list into its items, in portions, so that a big one does not block the event loop."""

import asyncio
from typing import NamedTuple

import msgspec

from clusterimport.kube.decoding import UNREADABLE, cut_item
from clusterimport.kube.errors import StreamError
from clusterimport.kube.jsoncut import Level
from clusterimport.model.meta import Identity

PORTION_BYTES = 1024 * 1024
"""Cut between two yields: a few milliseconds on a slow core."""


class CutList(NamedTuple):
    """What a list says."""

    items: list[Identity]
    """Undecoded, with the type that the server leaves out of items of built-in types."""
    resource_version: str
    continue_token: str
    remaining: int | None
    nameless: int
    """Items that cannot be named, and are left out."""


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
_HEAD_METADATA = msgspec.json.Decoder(_Metadata)


async def cut_list(body: bytes) -> CutList:
    """Cut the body of a list; raises StreamError for anything that is not a complete one.

    An answer without a resourceVersion is not a list of Kubernetes; taking it for an empty one
    would look like the deletion of everything. An item that cannot be read is one such item.
    """
    try:
        envelope = _LIST.decode(body)
    except UNREADABLE:
        envelope = await _scanned(body)
    if not envelope.kind.endswith("List") or not envelope.metadata.resource_version:
        raise StreamError("the answer is not a list of Kubernetes")
    kind = envelope.kind.removesuffix("List")
    items: list[Identity] = []
    nameless = pending_bytes = 0
    for raw in envelope.items or ():
        # A copy, because a Raw keeps all of the body.
        item = bytes(raw)
        cut = await cut_item(item, envelope.api_version, kind)
        if cut is not None and cut.name:
            items.append(cut)
        else:
            nameless += 1
        pending_bytes += len(item)
        if pending_bytes >= PORTION_BYTES:
            pending_bytes = 0
            await asyncio.sleep(0)
    return CutList(
        items=items,
        resource_version=envelope.metadata.resource_version,
        continue_token=envelope.metadata.continue_token,
        remaining=envelope.metadata.remaining_item_count,
        nameless=nameless,
    )


async def _scanned(body: bytes) -> _List:
    """Cut a list that the decoder cannot read, most likely because one item is nested deeply."""
    found = _List()
    level = Level(body, 0)
    while level.advance():
        if level.name == "items" and body.startswith(b"[", level.start):
            inner = Level(body, level.start)
            found.items = await _scanned_items(inner)
            level.leave(inner)
            continue
        await _paced(level)
        if level.name == "items" and level.value != b"null":
            raise _no_list()
        if level.name == "apiVersion":
            found.api_version = level.string
        elif level.name == "kind":
            found.kind = level.string
        elif level.name == "metadata":
            found.metadata = _metadata(level.value)
    if not level.is_complete or body[level.end :].strip():
        raise _no_list()
    return found


async def _scanned_items(level: Level) -> list[msgspec.Raw]:
    items: list[msgspec.Raw] = []
    while level.advance():
        await _paced(level)
        items.append(msgspec.Raw(level.value))
    return items


def _metadata(value: bytes) -> _Metadata:
    try:
        return _HEAD_METADATA.decode(value)
    except UNREADABLE:
        raise _no_list() from None


async def _paced(level: Level) -> None:
    for _ in level.pass_by():
        await asyncio.sleep(0)


def _no_list() -> StreamError:
    # Not chained to the decoder's exception, which holds the bytes.
    return StreamError("the answer is not a list in JSON")
