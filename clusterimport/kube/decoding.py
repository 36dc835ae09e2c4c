"""Decodes what the server sent, no further than somebody needs it.

What arrives is cut to identity and bytes: that takes about a microsecond per kilobyte and allocates
nothing of the content. What cannot be read so (nested too deeply, not quite JSON) goes a slow way,
which finds the identity in any text; managedFields are cut away there, since nobody reads them and
they may be what is too deep.

Whoever looks at an object opens it: without its bulk, within bounds, and only if it can be decoded.
What could take too much is refused before it is decoded, by counts of bytes that cost a fraction of
decoding. So what comes out can be kept as it is, and decoded whenever somebody looks.
"""

import asyncio
from typing import Any, NamedTuple

import msgspec

from clusterimport.kube.jsoncut import Level, Pauses
from clusterimport.limits.counted import Limit
from clusterimport.limits.objects import Bounds
from clusterimport.model.meta import LAST_APPLIED, Identity
from clusterimport.model.objects import TOO_DEEP, JsonObject, Problem, UnusableObject, excess

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that the decoder raises for bytes that it cannot read."""

NOT_JSON = Problem(
    "NotReadable", "its JSON has something that cannot be read", Limit.OBJECT_ENCODING
)


class CutEvent(NamedTuple):
    """A line of a watch; ``object`` is None where none can be named."""

    type: str
    object: Identity | None


class OpenedObject(NamedTuple):
    """An object both ways."""

    compact: JsonObject
    """To be kept; its ``content`` can be had at any time."""
    content: dict[str, Any]
    """Not to be kept."""


async def cut_event(line: bytes) -> CutEvent:
    """Cut a line of a watch; an empty type where not even that can be found."""
    try:
        return _fast_event(line)
    except UNREADABLE as error:
        scan = _Scan(line)
        await _paced(scan.event())
        return scan.cut_event(_problem(error))


async def cut_item(item: bytes, api_version: str = "", kind: str = "") -> Identity | None:
    """Cut an object; None where it cannot be named.

    The type is that of the list, which the server leaves out of items of built-in types.
    """
    try:
        return _fast_object(item, api_version, kind)
    except UNREADABLE as error:
        scan = _Scan(item, api_version, kind)
        await _paced(scan.object(0))
        return scan.cut_object(_problem(error))


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


class _Metadata(msgspec.Struct, rename="camel"):
    name: str | None = ""
    namespace: str | None = ""
    uid: str | None = ""
    resource_version: str | None = ""


class _Head(msgspec.Struct, rename="camel"):
    metadata: _Metadata
    api_version: str | None = ""
    kind: str | None = ""


class _Envelope(msgspec.Struct):
    type: str
    object: msgspec.Raw = msgspec.Raw(b"null")


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_HEAD = msgspec.json.Decoder(_Head)


def _fast_event(line: bytes) -> CutEvent:
    envelope = _ENVELOPE.decode(line)
    if envelope.type == "ERROR":
        return CutEvent("ERROR", JsonObject(_NOBODY, bytes(envelope.object)))
    return CutEvent(envelope.type, _fast_object(bytes(envelope.object)))


def _fast_object(body: bytes, api_version: str = "", kind: str = "") -> JsonObject:
    head = _HEAD.decode(body)
    metadata = head.metadata
    identity = Identity(
        head.api_version or api_version,
        head.kind or kind,
        metadata.namespace or "",
        metadata.name or "",
        metadata.uid or "",
        metadata.resource_version or "",
    )
    return JsonObject(identity, body)


_NOBODY = Identity("", "", "", "", "", "")


class _Scan:
    """What the slow way finds in a text: the first of equal names counts."""

    def __init__(self, text: bytes, api_version: str = "", kind: str = "") -> None:
        self._text = text
        self._type = ""
        self._head = {"apiVersion": api_version, "kind": kind}
        self._metadata = dict.fromkeys(("namespace", "name", "uid", "resourceVersion"), "")
        self._has_odd_metadata = False
        # The text without managedFields, if it has any.
        self._lean: bytes | None = None

    def event(self) -> Pauses:
        level = Level(self._text, 0)
        start = -1
        while level.advance():
            if level.name == "object":
                start = level.start
                if self._type:
                    # The server writes the type first, so nothing of interest follows.
                    break
            yield from level.pass_by()
            if level.name == "type":
                self._type = level.string
        if start >= 0:
            yield from self.object(start)

    def object(self, start: int) -> Pauses:
        level = Level(self._text, start)
        missing = {"apiVersion", "kind", "metadata"}
        while missing and level.advance():
            if level.name == "metadata":
                inner = Level(self._text, level.start)
                yield from self._metadata_in(inner)
                level.leave(inner)
            else:
                yield from level.pass_by()
            if level.name in self._head:
                self._head[level.name] = level.string or self._head[level.name]
            missing.discard(level.name)

    def _metadata_in(self, level: Level) -> Pauses:
        while level.advance():
            yield from level.pass_by()
            if level.name in self._metadata:
                self._metadata[level.name] = level.string
                self._has_odd_metadata |= level.value[:1] != b'"' and level.value != b"null"
            elif level.name == "managedFields":
                self._lean = level.without()

    def cut_event(self, problem: Problem) -> CutEvent:
        if self._lean is not None:
            try:
                return _fast_event(self._lean)
            except UNREADABLE as error:
                problem = _problem(error)
        return CutEvent(self._type, self._unusable(problem))

    def cut_object(self, problem: Problem) -> Identity | None:
        if self._lean is not None:
            try:
                return _fast_object(self._lean, **self._list_type())
            except UNREADABLE as error:
                problem = _problem(error)
        return self._unusable(problem)

    def _list_type(self) -> dict[str, str]:
        return {"api_version": self._head["apiVersion"], "kind": self._head["kind"]}

    def _unusable(self, problem: Problem) -> UnusableObject | None:
        if not self._metadata["name"] or self._has_odd_metadata:
            return None
        return UnusableObject(
            Identity(
                self._head["apiVersion"],
                self._head["kind"],
                self._metadata["namespace"],
                self._metadata["name"],
                self._metadata["uid"],
                self._metadata["resourceVersion"],
            ),
            problem,
        )


def _problem(error: Exception) -> Problem:
    return TOO_DEEP if isinstance(error, RecursionError) else NOT_JSON


async def _paced(work: Pauses) -> None:
    for _ in work:
        await asyncio.sleep(0)


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
