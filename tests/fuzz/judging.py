"""What must hold of every line and list, whatever it is; says what does not."""

import json
from typing import Any

from clusterimport.kube.decoding import cut_event, open_object
from clusterimport.kube.errors import KubeError, StreamError
from clusterimport.kube.listing import CutList, cut_list
from clusterimport.kube.metrics import NullRestMetrics
from clusterimport.kube.watch import WatchEvent, WatchStream
from clusterimport.limits.objects import SOURCE_BOUNDS
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Identity
from clusterimport.model.objects import JsonObject, UnusableObject

GVR = GroupVersionResource("lab.example", "v1", "clusters")
GOOD = b'{"type":"ADDED","object":{"apiVersion":"lab.example/v1","kind":"LabCluster",'
GOOD += b'"metadata":{"name":"other-tenant","uid":"1","resourceVersion":"1"}}}'


class _Chunks:
    def __init__(self, *chunks: bytes) -> None:
        self._chunks = list(chunks)

    async def read(self) -> bytes:
        return self._chunks.pop(0) if self._chunks else b""


async def judge_event(line: bytes) -> str:
    """Return what is wrong with how a line is read, empty if nothing is."""
    if b"\n" in line or not line.strip():
        return ""
    stream = WatchStream(_Chunks(line + b"\n", GOOD + b"\n"), GVR, NullRestMetrics())  # type: ignore[arg-type]
    events: list[WatchEvent] = []
    try:
        events.extend([event async for event in stream])
    except KubeError as error:
        return f"the stream ended: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return f"raised {type(error).__name__}"
    if not events or events[-1].object.name != "other-tenant":
        return "the next event was lost"
    cut = await cut_event(line)
    return _judge_object(cut.object) or _compare_event(line, events[:-1])


async def judge_list(body: bytes) -> str:
    """Return what is wrong with how a list is read, empty if nothing is."""
    try:
        cut = await cut_list(body)
    except StreamError:
        return "a list that json reads was refused" if _loads_list(body) is not None else ""
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return f"raised {type(error).__name__}"
    for item in cut.items:
        problem = _judge_object(item)
        if problem:
            return problem
    return _compare_list(body, cut)


def _judge_object(obj: Identity | None) -> str:
    if obj is None:
        return ""
    opened = open_object(obj, SOURCE_BOUNDS)
    if isinstance(opened, UnusableObject):
        return "" if opened.problem.message else "no reason"
    content = opened.compact.content()
    if content != opened.content:
        return "what is kept is not what was opened"
    values, depth = _measure(content)
    if values > SOURCE_BOUNDS.values or depth > SOURCE_BOUNDS.depth:
        return f"{values} values and {depth} levels were let through"
    if "managedFields" in (content.get("metadata") or {}):
        return "managedFields are kept"
    return ""


def _measure(value: Any) -> tuple[int, int]:
    if isinstance(value, dict):
        inner = [_measure(each) for each in value.values()]
    elif isinstance(value, list):
        inner = [_measure(each) for each in value]
    else:
        return 1, 0
    return 1 + sum(n for n, _ in inner), 1 + max((depth for _, depth in inner), default=0)


def _compare_event(line: bytes, events: list[WatchEvent]) -> str:
    known = _loads(line)
    if known is None or not isinstance(known.get("object"), dict):
        return ""
    wanted = _identity(known["object"])
    if wanted is None or wanted[0] != GVR.api_version or known.get("type") == "BOOKMARK":
        return ""
    if known.get("type") not in {"ADDED", "MODIFIED", "DELETED"}:
        return ""
    if len(events) != 1:
        return f"{wanted} was not seen"
    return _compare(wanted, known["object"], events[0].object)


def _compare_list(body: bytes, cut: CutList) -> str:
    items = _loads_list(body)
    if items is None:
        return ""
    default = GVR.api_version
    named = [item for item in items if isinstance(item, dict) and _identity(item, default)]
    if len(named) != len(cut.items):
        return f"{len(named)} items have names, and {len(cut.items)} were seen"
    pairs = zip(named, cut.items, strict=True)
    problems = (_compare(_identity(item, default), item, obj) for item, obj in pairs)
    return next(filter(None, problems), "")


def _compare(wanted: object, known: dict[str, Any], seen: Identity) -> str:
    found = (seen.api_version, seen.namespace, seen.name, seen.uid, seen.resource_version)
    if found != wanted:
        return f"seen as {found}, and is {wanted}"
    if isinstance(seen, JsonObject):
        opened = open_object(seen, SOURCE_BOUNDS)
        if not isinstance(opened, UnusableObject):
            lean = {k: v for k, v in known["metadata"].items() if k != "managedFields"}
            told = {"apiVersion": seen.api_version, "kind": seen.kind}
            if opened.content != {**told, **known, "metadata": lean}:
                return "its content is another"
    return ""


def _identity(obj: dict[str, Any], default: str = "") -> tuple[str, ...] | None:
    """Return what identifies an object; None where that is not all texts, or no name.

    ``default`` is the apiVersion of an object that tells none, as items of lists may.
    """
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict):
        return None
    parts = [obj.get("apiVersion"), obj.get("kind")]
    parts += [metadata.get(name) for name in ("namespace", "name", "uid", "resourceVersion")]
    if not all(part is None or isinstance(part, str) for part in parts) or not parts[3]:
        return None
    return (parts[0] or default, *(part or "" for part in parts[2:]))


def _loads(text: bytes) -> dict[str, Any] | None:
    """Return what json reads, None for what it cannot read, or reads in a way of its own."""
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _loads_list(body: bytes) -> list[Any] | None:
    found = _loads(body)
    if found is None or found.get("kind") != "LabClusterList":
        return None
    items, metadata = found.get("items"), found.get("metadata")
    if found.get("apiVersion") != GVR.api_version or metadata != {"resourceVersion": "7"}:
        return None
    return items if isinstance(items, list) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("twice the same name")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(constant)
