"""The metadata of raw API objects: what names one, what is said of it, and which one is newer.

Pure accessors: objects stay the plain dicts that the decoder made, or are not decoded at all
(``model.objects``). They live in caches that many tasks read, so nothing here, and nobody else,
changes one in place.

Within one type resource versions are integers that grow (KEP-5504). A server that sends anything
else is believed for equality only: nothing is then called older.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

Object = Mapping[str, Any]
"""A raw API object, or any part of one, as decoded from JSON. Read-only."""

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""Annotation in which ``kubectl apply`` keeps the whole object that it was given."""


class ObjectKey(NamedTuple):
    """An object within its type, as queues, caches and indexes know it.

    The namespace is empty for cluster-scoped objects.
    """

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Identity(Mapping[str, Any]):
    """Which object, and in which version; nothing else of it is known."""

    __slots__ = ("api_version", "kind", "name", "namespace", "resource_version", "uid")

    def __init__(
        self,
        api_version: str,
        kind: str,
        namespace: str,
        name: str,
        uid: str,
        resource_version: str,
    ) -> None:
        self.api_version = api_version
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.resource_version = resource_version

    @property
    def size(self) -> int:
        """The bytes of content that are kept."""
        return 0

    def content(self) -> dict[str, Any]:
        """Return the object as a decoder would have made it, as far as it is known; a new dict."""
        metadata = {
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
            "resourceVersion": self.resource_version,
        }
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "metadata": {name: value for name, value in metadata.items() if value},
        }

    def __getitem__(self, field: str) -> Any:
        return self.content()[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self.content())

    def __len__(self) -> int:
        return len(self.content())

    def __repr__(self) -> str:
        # Without content, which may hold credentials.
        return f"<{type(self).__name__} {self.kind} {self.namespace}/{self.name}>"


class OwnerReference(NamedTuple):
    """One entry of ``metadata.ownerReferences``."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    block_owner_deletion: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form; false flags are left out, as client-go's typed objects do."""
        body: dict[str, Any] = {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": self.name,
            "uid": self.uid,
        }
        if self.controller:
            body["controller"] = True
        if self.block_owner_deletion:
            body["blockOwnerDeletion"] = True
        return body


def metadata_of(obj: Object) -> Object:
    """Return ``metadata``, empty where it is absent."""
    return obj.get("metadata") or {}


def without_bulk(obj: Object) -> Object:
    """Return an object as sources and references are kept: nobody reads what is left out.

    The last-applied annotation of a Secret is the Secret once more.
    """
    metadata = metadata_of(obj)
    annotations = metadata.get("annotations") or {}
    if "managedFields" not in metadata and LAST_APPLIED not in annotations:
        return obj
    lean = {name: value for name, value in metadata.items() if name != "managedFields"}
    if LAST_APPLIED in annotations:
        lean["annotations"] = {
            name: value for name, value in annotations.items() if name != LAST_APPLIED
        }
    return {**obj, "metadata": lean}


def name_of(obj: Object) -> str:
    """Return the name; raises KeyError for something that has none."""
    return obj.name if isinstance(obj, Identity) else str(obj["metadata"]["name"])


def api_version_of(obj: Object) -> str:
    """Return the apiVersion, empty where it is absent."""
    return obj.api_version if isinstance(obj, Identity) else str(obj.get("apiVersion") or "")


def kind_of(obj: Object) -> str:
    """Return the kind, empty where it is absent."""
    return obj.kind if isinstance(obj, Identity) else str(obj.get("kind") or "")


def namespace_of(obj: Object) -> str:
    """Return the namespace, empty for a cluster-scoped object."""
    if isinstance(obj, Identity):
        return obj.namespace
    return str(metadata_of(obj).get("namespace") or "")


def uid_of(obj: Object) -> str:
    """Return the uid, empty where the server has not set one."""
    if isinstance(obj, Identity):
        return obj.uid
    return str(metadata_of(obj).get("uid") or "")


def resource_version_of(obj: Object) -> str:
    """Return the resourceVersion, empty where there is none."""
    if isinstance(obj, Identity):
        return obj.resource_version
    return str(metadata_of(obj).get("resourceVersion") or "")


def generation_of(obj: Object) -> int:
    """Return the generation, 0 where the type has none."""
    return int(metadata_of(obj).get("generation") or 0)


def labels_of(obj: Object) -> Mapping[str, str]:
    """Return the labels."""
    return metadata_of(obj).get("labels") or {}


def annotations_of(obj: Object) -> Mapping[str, str]:
    """Return the annotations."""
    return metadata_of(obj).get("annotations") or {}


def finalizers_of(obj: Object) -> Sequence[str]:
    """Return the finalizers."""
    return metadata_of(obj).get("finalizers") or ()


def is_deleting(obj: Object) -> bool:
    """Whether the object waits only for its finalizers."""
    return bool(metadata_of(obj).get("deletionTimestamp"))


def creation_timestamp_of(obj: Object) -> str:
    """Return the creation time in RFC 3339 with seconds, empty where there is none."""
    return str(metadata_of(obj).get("creationTimestamp") or "")


def owner_references_of(obj: Object) -> tuple[OwnerReference, ...]:
    """Return the owner references in the server's order."""
    return tuple(map(_owner, metadata_of(obj).get("ownerReferences") or ()))


def controller_of(obj: Object) -> OwnerReference | None:
    """Return the one owner that is the controller, if there is one."""
    for raw in metadata_of(obj).get("ownerReferences") or ():
        if raw.get("controller"):
            return _owner(raw)
    return None


def _owner(raw: Object) -> OwnerReference:
    return OwnerReference(
        api_version=str(raw.get("apiVersion", "")),
        kind=str(raw.get("kind", "")),
        name=str(raw.get("name", "")),
        uid=str(raw.get("uid", "")),
        controller=bool(raw.get("controller")),
        block_owner_deletion=bool(raw.get("blockOwnerDeletion")),
    )


def as_integer(version: str) -> int | None:
    """Return the version as a number, or None where it is not decimal."""
    return int(version) if version.isascii() and version.isdecimal() else None


def is_older(version: str, other: str) -> bool:
    """Whether ``version`` is certainly older than ``other``."""
    mine, theirs = as_integer(version), as_integer(other)
    return mine is not None and theirs is not None and mine < theirs


def at_least(version: str, other: str) -> bool:
    """Whether ``version`` is not older, by KEP-5504's rule for versions of one type."""
    mine, theirs = as_integer(version), as_integer(other)
    return mine >= theirs if mine is not None and theirs is not None else version == other


def newest(known: str, heard: str) -> str:
    """Return the version to go on from, after ``heard`` came behind ``known``."""
    return known if not heard or is_older(heard, known) else heard
