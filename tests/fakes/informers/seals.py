"""Finds out whether somebody changed an object that a cache holds, as client-go's detector does."""

import marshal
from typing import Any

from clusterimport.model.meta import Object, ObjectKey

_unsealed: list[str] = []
_present: list["Seals"] = []


class Seals:
    """What each object of a cache looked like when it came; looked at when it goes, and at last."""

    def __init__(self, cache: str) -> None:
        self._cache = cache
        self._seals: dict[ObjectKey, tuple[Object, bytes]] = {}
        _present.append(self)

    def put(self, key: ObjectKey, obj: Object) -> None:
        """Seal an object that the cache holds from now on."""
        self.pop(key)
        if isinstance(obj, dict):
            self._seals[key] = (obj, _seal(obj))

    def pop(self, key: ObjectKey) -> None:
        """Look at an object that the cache holds no longer."""
        obj, seal = self._seals.pop(key, ({}, b""))
        if seal and _seal(obj) != seal:
            _unsealed.append(f"{self._cache} {key}")

    def open(self) -> None:
        """Look at all that are left."""
        for key in list(self._seals):
            self.pop(key)


def changed_objects() -> list[str]:
    """Name the cached objects that were changed since this was asked last."""
    for seals in _present:
        seals.open()
    found = list(_unsealed)
    _present.clear()
    _unsealed.clear()
    return found


def _seal(obj: Any) -> bytes:
    # This version of the format does not depend on how often a text is referred to.
    return marshal.dumps(obj, 2)
