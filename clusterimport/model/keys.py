"""The identity of an object within its type, as queues, caches and indexes use it."""

from typing import NamedTuple

from clusterimport.model.meta import Object, name_of, namespace_of


class ObjectKey(NamedTuple):
    """Namespace (empty for cluster-scoped objects) and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def key_of(obj: Object) -> ObjectKey:
    """Return the key of a raw object; raises KeyError for something without a name."""
    return ObjectKey(namespace_of(obj), name_of(obj))
