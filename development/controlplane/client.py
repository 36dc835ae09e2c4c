"""A synchronous client for tests: raw dicts in, raw dicts out, no opinion of its own.

It shares no code with the controller that is tested. Thread-safe; one connection a thread.
"""

import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol, Self, TypeVar

from development import interrupts
from development.controlplane.identities import Access
from development.controlplane.resources import Resources, UnknownKindError
from development.controlplane.rest import ApiFailure, Body, Connection, Object

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # JSON is YAML
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
FIELD_MANAGER = "tests"
POLL_INTERVAL_SECONDS = 0.05

T = TypeVar("T")
# Outside the class: inside it `list` is the verb.
Objects = list[Object]
Rows = list[dict[str, Any]]


class HasAdminAccess(Protocol):
    """What an AdminClient needs of a control plane."""

    @property
    def admin_access(self) -> Access:
        """The address and the administrator's identity."""


class RestClient:
    """The verbs of the API as one identity. Closing it closes its connections."""

    def __init__(self, access: Access) -> None:
        self._connection = Connection(access)
        self.resources = Resources(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def get(self, path: str, **query: str) -> Object:
        """Return the JSON at a raw path, for example `/version`."""
        return self._json("GET", path, query=query)

    def text(self, path: str) -> str:
        """Return the text at a raw path, for example `/readyz?verbose`."""
        return self._connection.request("GET", path, accept="*/*").decode()

    def read(self, api_version: str, kind: str, name: str, namespace: str = "") -> Object:
        """Return one object."""
        return self._json("GET", self.path(api_version, kind, name, namespace))

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Objects:
        """Return the objects of a kind, of one namespace or of all."""
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        answer = self._json("GET", self.path(api_version, kind, namespace=namespace), query=query)
        items: Objects = answer["items"]
        return items

    def create(self, obj: Mapping[str, Any]) -> Object:
        """Create an object; `metadata.generateName` will do for a name."""
        path = self.path(obj["apiVersion"], obj["kind"], namespace=_namespace(obj))
        return self._json("POST", path, obj)

    def create_text(self, api_version: str, kind: str, namespace: str, body: str) -> None:
        """Create an object from its JSON, which may be one that no encoder writes or reads."""
        path = self.path(api_version, kind, namespace=namespace)
        self._connection.request("POST", path, body.encode())

    def patch_text(
        self, api_version: str, kind: str, name: str, namespace: str, patch: str
    ) -> None:
        """Send such a JSON merge patch."""
        path = self.path(api_version, kind, name, namespace)
        self._connection.request("PATCH", path, patch.encode(), content_type=MERGE_PATCH)

    def send(self, method: str, path: str, body: bytes, content_type: str) -> None:
        """Send a request that was made elsewhere, and read no answer but a refusal."""
        self._connection.request(method, path, body, content_type=content_type)

    def update(self, obj: Mapping[str, Any], *, subresource: str = "") -> Object:
        """Replace an object (PUT), with its resourceVersion as the precondition if it has one."""
        return self._json("PUT", self._path_of(obj, subresource), obj)

    def apply(self, obj: Mapping[str, Any], *, subresource: str = "") -> Object:
        """Apply on the server, taking conflicting fields from other managers."""
        return self._json(
            "PATCH",
            self._path_of(obj, subresource),
            obj,
            query={"fieldManager": FIELD_MANAGER, "force": "true"},
            content_type=APPLY_PATCH,
        )

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        patch: Body,
        *,
        namespace: str = "",
        subresource: str = "",
    ) -> Object:
        """Patch an object: a mapping is a JSON merge patch, a sequence a JSON patch."""
        return self._json(
            "PATCH",
            self.path(api_version, kind, name, namespace, subresource),
            patch,
            content_type=MERGE_PATCH if isinstance(patch, Mapping) else JSON_PATCH,
        )

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "",
        uid: str = "",
    ) -> Object:
        """Delete an object; `propagation` is Background, Foreground or Orphan."""
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if propagation:
            options["propagationPolicy"] = propagation
        if uid:
            options["preconditions"] = {"uid": uid}
        return self._json("DELETE", self.path(api_version, kind, name, namespace), options)

    def token(self, namespace: str, name: str, lifetime_seconds: int) -> str:
        """Return a token of a ServiceAccount, which must exist."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": lifetime_seconds},
        }
        token: str = self._json("POST", path, body)["status"]["token"]
        return token

    def table(self, path: str, *, wide: bool = False) -> Rows:
        """Return the server's own rendering of a path, a row as {column: cell}, as kubectl does.

        Columns of a priority above 0 come with `wide` only.
        """
        answer = self._json("GET", path, accept=TABLE)
        columns = answer["columnDefinitions"]
        return [
            {
                column["name"]: cell
                for column, cell in zip(columns, row["cells"], strict=True)
                if wide or column["priority"] == 0
            }
            for row in answer["rows"]
        ]

    def install_crd(self, crd: Mapping[str, Any], *, timeout_seconds: float = 10.0) -> None:
        """Apply a CustomResourceDefinition and wait until every served version is usable.

        That is: in discovery, and it can be listed; the server does the two apart.
        """
        self.apply(crd)
        spec = crd["spec"]
        for version in spec["versions"]:
            if version["served"]:
                api_version = f"{spec['group']}/{version['name']}"
                wait_for(
                    partial(self._is_served, api_version, spec["names"]["kind"]),
                    timeout_seconds=timeout_seconds,
                    what=f"{spec['names']['kind']} of {api_version} is served",
                )

    def path(
        self,
        api_version: str,
        kind: str,
        name: str = "",
        namespace: str = "",
        subresource: str = "",
    ) -> str:
        """Return the path of an object or, without a name, of the collection."""
        return self.resources.find(api_version, kind).path(name, namespace, subresource)

    def _is_served(self, api_version: str, kind: str) -> bool:
        self.get(self.path(api_version, kind), limit="1")
        return True

    def _path_of(self, obj: Mapping[str, Any], subresource: str) -> str:
        name = obj["metadata"]["name"]
        return self.path(obj["apiVersion"], obj["kind"], name, _namespace(obj), subresource)

    def _json(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, str] | None = None,
        **headers: str,
    ) -> Object:
        wanted = {name: value for name, value in (query or {}).items() if value}
        answer = self._connection.request(method, path, body, query=wanted, **headers)
        decoded: Object = json.loads(answer)
        return decoded


class AdminClient(RestClient):
    """A client to whom everything is allowed."""

    def __init__(self, control_plane: HasAdminAccess) -> None:
        super().__init__(control_plane.admin_access)


def wait_for(
    predicate: Callable[[], T | None],
    *,
    timeout_seconds: float = 10.0,
    what: str = "",
) -> T:
    """Call `predicate` until its answer is true, and return that answer.

    "Not found" (404, or a kind that is not served) means not yet, and so does "too many requests"
    (429: a type whose CRD has changed is being started anew); other errors are raised at once.
    Raises TimeoutError with `what` and the last answer.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        interrupts.check()
        last: object
        try:
            answer = predicate()
        except UnknownKindError as error:
            last = error
        except ApiFailure as failure:
            if failure.code not in {HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS}:
                raise
            last = failure
        else:
            if answer:
                return answer
            last = answer
        if time.monotonic() >= deadline:
            waited = what or "the expected state"
            raise TimeoutError(f"not within {timeout_seconds:g} s: {waited}; last answer: {last!r}")
        time.sleep(POLL_INTERVAL_SECONDS)


def _namespace(obj: Mapping[str, Any]) -> str:
    namespace: str = obj["metadata"].get("namespace", "")
    return namespace
