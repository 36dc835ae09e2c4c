"""The storage rules of an API server, without HTTP: versions, preconditions, finalizers, history.

Only what our clients rely on. Whoever needs admission, defaulting or real RBAC needs the real
server (tests/integration).
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clusterimport.model.gvr import GroupVersionResource

Key = tuple[str, str]
Listener = Callable[["Change"], None]


class Refused(Exception):  # noqa: N818 (an answer, not a failure)
    """What the server answers instead of doing it."""

    def __init__(self, code: int, reason: str, message: str, name: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.name = name


@dataclass(frozen=True)
class Change:
    """One entry of the history."""

    version: int
    type: str
    gvr: GroupVersionResource
    object: dict[str, Any]


@dataclass
class ServedType:
    """A resource type and the objects that are stored of it."""

    gvr: GroupVersionResource
    kind: str
    namespaced: bool = True
    objects: dict[Key, dict[str, Any]] = field(default_factory=dict)
    is_silent: bool = False
    """Whether what serves it does not answer discovery."""


class ObjectStore:
    """Objects of all served types under one growing resource version."""

    def __init__(self) -> None:
        self.version = 100
        self.compacted = 0
        self.types: dict[GroupVersionResource, ServedType] = {}
        self.history: list[Change] = []
        self.listeners: list[Listener] = []
        self._uids = 0

    def serve(self, gvr: GroupVersionResource, kind: str, *, namespaced: bool = True) -> None:
        """Have a type, without objects."""
        self.types[gvr] = ServedType(gvr, kind, namespaced)

    def compact(self) -> None:
        """Forget the history, so that older versions are 410 Gone."""
        self.compacted = self.version

    def matching(
        self, gvr: GroupVersionResource, namespace: str, label_selector: str, field_selector: str
    ) -> Iterator[dict[str, Any]]:
        """Yield the objects that a list with these selectors has, by namespace and name."""
        for obj in sorted(self.types[gvr].objects.values(), key=_key):
            if matches(obj, namespace, label_selector, field_selector):
                yield obj

    def get(self, gvr: GroupVersionResource, namespace: str, name: str) -> dict[str, Any]:
        """Return an object, or raise Refused."""
        found = self.types[gvr].objects.get((namespace, name))
        if found is None:
            message = f'{gvr.group_resource} "{name}" not found'
            raise Refused(404, "NotFound", message, name)
        return found

    def create(
        self, gvr: GroupVersionResource, namespace: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Store a new object with a uid, and return it; or raise Refused."""
        obj = copy.deepcopy(dict(body))
        metadata = obj.setdefault("metadata", {})
        if namespace:
            metadata["namespace"] = namespace
        name = metadata["name"]
        if (metadata.get("namespace", ""), name) in self.types[gvr].objects:
            message = f'{gvr.group_resource} "{name}" already exists'
            raise Refused(409, "AlreadyExists", message, name)
        self._uids += 1
        metadata["uid"] = f"uid-{self._uids}"
        metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
        metadata["generation"] = 1
        return self._store(gvr, obj, "ADDED")

    def update(
        self,
        gvr: GroupVersionResource,
        namespace: str,
        name: str,
        body: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> dict[str, Any]:
        """Replace an object or its status, and return it; or raise Refused."""
        old = self.get(gvr, namespace, name)
        wanted = body.get("metadata", {})
        if wanted.get("resourceVersion", "") not in {"", old["metadata"]["resourceVersion"]}:
            raise Refused(409, "Conflict", "the object has been modified", name)
        if wanted.get("uid", "") not in {"", old["metadata"]["uid"]}:
            raise Refused(422, "Invalid", "metadata.uid: field is immutable", name)
        new = copy.deepcopy(old)
        if subresource == "status":
            new["status"] = copy.deepcopy(body.get("status"))
        else:
            metadata = {**old["metadata"], **wanted, "uid": old["metadata"]["uid"]}
            new = {**copy.deepcopy(dict(body)), "metadata": metadata}
            for cleared in ("finalizers", "ownerReferences", "labels", "annotations"):
                if cleared not in wanted:
                    new["metadata"].pop(cleared, None)
        if {**new, "metadata": None} == {**old, "metadata": None} and _same_metadata(new, old):
            return old
        if new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] = old["metadata"]["generation"] + 1
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            return self._drop(gvr, new)
        return self._store(gvr, new, "MODIFIED")

    def delete(
        self,
        gvr: GroupVersionResource,
        namespace: str,
        name: str,
        preconditions: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Delete an object, or mark it while it has finalizers; return it as it was last."""
        old = self.get(gvr, namespace, name)
        for each, value in (preconditions or {}).items():
            if old["metadata"][each] != value:
                raise Refused(409, "Conflict", f"Precondition failed: {each}", name)
        new = copy.deepcopy(old)
        if new["metadata"].get("finalizers"):
            new["metadata"].setdefault("deletionTimestamp", "2026-01-01T00:00:01Z")
            return self._store(gvr, new, "MODIFIED")
        return self._drop(gvr, new)

    def _store(self, gvr: GroupVersionResource, obj: dict[str, Any], change: str) -> dict[str, Any]:
        self.version += 1
        obj["apiVersion"] = gvr.api_version
        obj["kind"] = self.types[gvr].kind
        obj["metadata"]["resourceVersion"] = str(self.version)
        self.types[gvr].objects[_key(obj)] = obj
        self._tell(Change(self.version, change, gvr, obj))
        return obj

    def _drop(self, gvr: GroupVersionResource, obj: dict[str, Any]) -> dict[str, Any]:
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        del self.types[gvr].objects[_key(obj)]
        self._tell(Change(self.version, "DELETED", gvr, obj))
        return obj

    def _tell(self, change: Change) -> None:
        self.history.append(change)
        for listener in list(self.listeners):
            listener(change)


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = copy.deepcopy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def matches(
    obj: Mapping[str, Any], namespace: str, label_selector: str, field_selector: str
) -> bool:
    """Equality selectors only, and ``key`` for "the label exists"."""
    metadata = obj["metadata"]
    if namespace and metadata.get("namespace") != namespace:
        return False
    labels = metadata.get("labels") or {}
    for term in filter(None, label_selector.split(",")):
        name, is_equality, value = term.partition("=")
        if name not in labels or (is_equality and labels[name] != value.lstrip("=")):
            return False
    for term in filter(None, field_selector.split(",")):
        path, _, value = term.partition("=")
        found: Any = obj
        for step in path.split("."):
            found = found.get(step, "") if isinstance(found, Mapping) else ""
        if found != value.lstrip("="):
            return False
    return True


def _same_metadata(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    names = ("labels", "annotations", "finalizers", "ownerReferences")
    return all(
        (new["metadata"].get(name) or None) == (old["metadata"].get(name) or None) for name in names
    )


def _key(obj: Mapping[str, Any]) -> Key:
    return (obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
