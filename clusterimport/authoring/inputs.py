"""Everything that an evaluation looks at: policies, sources, references, and what stands today."""

import base64
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from clusterimport.authoring.documents import Document
from clusterimport.authoring.errors import InvalidInput
from clusterimport.authoring.kinds import Kinds
from clusterimport.limits.objects import SOURCE_BOUNDS
from clusterimport.model.gvr import LIFECYCLES, PEDIACLUSTERS, POLICIES, GroupResource
from clusterimport.model.meta import Object, ObjectKey, name_of, namespace_of, without_bulk
from clusterimport.model.objects import TOO_DEEP, Problem, excess

TEST_GROUP: Final = "test.clusterimport.io"
"""Of the tests that ``clusterimport test`` runs."""
DEFAULT_NAMESPACE: Final = "default"
"""Where kubectl puts an object that names no namespace."""
_NO_LINE_BREAKS: Final = str.maketrans("", "", "\r\n")
"""What Go's decoder of base64 skips."""


class ObjectId(NamedTuple):
    """An object's type, whatever the version, and its key."""

    group_resource: GroupResource
    key: ObjectKey

    def __str__(self) -> str:
        """Return ``resource.group/namespace/name``, as ``status.source`` shows it."""
        return f"{self.group_resource}/{self.key}"


class Inputs:
    """Objects by type and key, in the order in which they were given. Never changed.

    ``observed`` are PediaClusters and PediaClusterLifecycles that stand on the server; those among
    ``documents`` count for nothing. ``unreadable`` says of objects why they could not be read. With
    ``only_policies`` nothing else matters but types: samples of several policies, which may have
    one name, are no mistake then.
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        observed: Iterable[Document] = (),
        unreadable: Mapping[ObjectId, str] | None = None,
        kinds: Kinds | None = None,
        only_policies: bool = False,
    ) -> None:
        given = [document for document in documents if not _is_test(document.obj)]
        self.kinds = kinds or Kinds(document.obj for document in given)
        self.unreadable = unreadable or {}
        self._only_policies = only_policies
        self._objects: dict[GroupResource, dict[ObjectKey, Document]] = {}
        for document in given:
            self._add(self._as_stored(document))
        self.policies = tuple(self.of_type(POLICIES.group_resource).values())
        standing = [(self.id_of(document.obj), document) for document in observed]
        self._pediaclusters = {
            id_.key.name: document
            for id_, document in standing
            if id_.group_resource == PEDIACLUSTERS.group_resource
        }
        self._lifecycles = {
            id_.key.name: document
            for id_, document in standing
            if id_.group_resource == LIFECYCLES.group_resource
        }

    def of_type(self, group_resource: GroupResource) -> Mapping[ObjectKey, Document]:
        """Return all objects of a type."""
        return self._objects.get(group_resource, {})

    def find(self, id_: ObjectId) -> Document | None:
        """Return an object."""
        return self.of_type(id_.group_resource).get(id_.key)

    def types(self) -> tuple[GroupResource, ...]:
        """Return the types of which there are objects."""
        return tuple(self._objects)

    @property
    def kinds_given(self) -> tuple[str, ...]:
        """The kinds of all objects, in their order."""
        found = (
            each.obj["kind"] for objects in self._objects.values() for each in objects.values()
        )
        return tuple(dict.fromkeys(found))

    def pediacluster(self, name: str) -> Document | None:
        """Return the PediaCluster that stands under a name today."""
        return self._pediaclusters.get(name)

    def lifecycle(self, name: str) -> Document | None:
        """Return the PediaClusterLifecycle that stands under a name today."""
        return self._lifecycles.get(name)

    def lifecycles(self) -> list[Object]:
        """Return all PediaClusterLifecycles that stand today."""
        return [document.obj for document in self._lifecycles.values()]

    def id_of(self, obj: Object) -> ObjectId:
        """Return how an object is called here."""
        kind = self.kinds.of(obj)
        namespace = "" if kind.is_namespaced is False else namespace_of(obj)
        return ObjectId(kind.gvr.group_resource, ObjectKey(namespace, name_of(obj)))

    @staticmethod
    def excess_of(obj: Object) -> Problem | None:
        """Return why the controller would read nothing of an object that others wrote."""
        try:
            return excess(msgspec.json.encode(obj), SOURCE_BOUNDS)
        except RecursionError:
            return TOO_DEEP

    def _add(self, document: Document) -> None:
        id_ = self.id_of(document.obj)
        objects = self._objects.setdefault(id_.group_resource, {})
        before = objects.setdefault(id_.key, document)
        is_told = not self._only_policies or id_.group_resource == POLICIES.group_resource
        if before is not document and before.obj != document.obj and is_told:
            raise InvalidInput(
                f"{document.obj['kind']} {id_.key} stands here a second time, and differs from "
                f"{before.place()}; give one of the two",
                place=document.place(),
            )

    def _as_stored(self, document: Document) -> Document:
        """Return an object as ``kubectl apply`` stores it, without what a policy never sees."""
        obj = stored_form(without_bulk(document.obj))
        if self.kinds.of(obj).is_namespaced and not namespace_of(obj):
            obj = {**obj, "metadata": {**obj["metadata"], "namespace": DEFAULT_NAMESPACE}}
        return document if obj is document.obj else Document(obj, document.positions)


def stored_form(obj: Object) -> Object:
    """Return a Secret or ConfigMap as the server writes it, every other object as it is.

    ``stringData`` of a Secret has gone into ``data``, base64 has no line breaks, what is null is
    empty, and a type that is not said is Opaque.
    """
    if obj["apiVersion"] != "v1" or obj["kind"] not in ("Secret", "ConfigMap"):
        return obj
    if obj["kind"] == "ConfigMap":
        return _with_data(obj, _texts(obj.get("data")))
    encoded = {
        key: base64.b64encode(str(value).encode()).decode()
        for key, value in _map(obj.get("stringData")).items()
        if value is not None
    }
    unbroken = {
        key: value.translate(_NO_LINE_BREAKS) if isinstance(value, str) else value
        for key, value in _texts(obj.get("data")).items()
    }
    rest = {name: value for name, value in obj.items() if name != "stringData"}
    return _with_data({**rest, "type": obj.get("type") or "Opaque"}, {**unbroken, **encoded})


def _with_data(obj: Object, data: Object) -> Object:
    """Return the object with these data, or without any."""
    rest = {name: value for name, value in obj.items() if name != "data"}
    return {**rest, "data": data} if data else rest


def _texts(data: object) -> Object:
    return {key: "" if value is None else value for key, value in _map(data).items()}


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _is_test(obj: Object) -> bool:
    """Whether it is a test of policies, which lies beside them and is nothing of a cluster."""
    return str(obj.get("apiVersion")).partition("/")[0] == TEST_GROUP
