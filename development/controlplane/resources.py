"""Paths of objects, from apiVersion and kind by the server's own discovery."""

import json
from typing import NamedTuple

from development.controlplane.rest import Connection


class UnknownKindError(LookupError):
    """The server serves no such kind (yet)."""


class Resource(NamedTuple):
    """One kind as the server serves it."""

    root: str
    """`/api/v1` or `/apis/<group>/<version>`."""

    plural: str
    is_namespaced: bool

    def path(self, name: str = "", namespace: str = "", subresource: str = "") -> str:
        """Return the path of an object, or of the collection if `name` is empty.

        Without a namespace the collection of a namespaced kind is that of all namespaces.
        """
        parts = [self.root]
        if namespace and self.is_namespaced:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)


class Resources:
    """Cache of discovery; a miss asks the server again, so a new CRD is found by itself."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Only ever replaced or extended as a whole entry: safe to read from any thread.
        self._known: dict[tuple[str, str], Resource] = {}

    def find(self, api_version: str, kind: str) -> Resource:
        """Return the resource of a kind.

        Raises UnknownKindError, or ApiFailure 404 if the whole group and version is unknown.
        """
        key = (api_version, kind)
        if key not in self._known:
            self._learn(api_version)
        if key not in self._known:
            raise UnknownKindError(f"the server serves no {kind} of {api_version}")
        return self._known[key]

    def forget(self) -> None:
        """Forget everything: for a test that changes a CRD's names or scope."""
        self._known = {}

    def _learn(self, api_version: str) -> None:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        for entry in json.loads(self._connection.request("GET", root))["resources"]:
            if "/" not in entry["name"]:  # else a subresource
                resource = Resource(root, entry["name"], entry["namespaced"])
                self._known[api_version, entry["kind"]] = resource
