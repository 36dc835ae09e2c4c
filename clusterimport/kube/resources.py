"""Requests for the objects of one resource type.

Every call is one request without any retry of its own: whether and when to try again is decided
by the queue or the reflector that called, which also obeys ``retry_after_seconds``.
"""

from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from clusterimport.kube import paths
from clusterimport.kube.decoding import cut_item
from clusterimport.kube.errors import StreamError
from clusterimport.kube.listing import cut_list
from clusterimport.kube.rest import RestClient
from clusterimport.kube.watch import WatchOptions, WatchStream, open_watch
from clusterimport.limits.objects import LIST_BYTES, LIST_PAGE_BYTES
from clusterimport.model.gvr import GroupResource, GroupVersionResource
from clusterimport.model.meta import Identity, Object, ObjectKey, name_of, uid_of

MERGE_PATCH = "application/merge-patch+json"

JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What a list is asked for; the defaults ask for everything at once."""

    namespace: str = ""
    """Empty for all namespaces and for cluster-scoped types."""
    label_selector: str = ""
    """Applied by the server."""
    field_selector: str = ""
    """Applied by the server."""
    resource_version: str = ""
    """Empty for the most recent; ``0`` for what the server has at hand, however old."""
    resource_version_match: str = ""
    """How ``resource_version`` is meant, such as ``NotOlderThan``."""
    limit: int = 0
    """Objects of a page; 0 asks for all."""
    continue_token: str = ""
    """Of the page before."""
    metadata_only: bool = False
    """Ask for PartialObjectMetadata."""
    timeout_seconds: float = 60.0
    """For the whole answer."""

    def query(self) -> dict[str, str]:
        """Return the parameters of the request."""
        query = {
            "labelSelector": self.label_selector,
            "fieldSelector": self.field_selector,
            "resourceVersion": self.resource_version,
            "resourceVersionMatch": self.resource_version_match,
            "limit": str(self.limit) if self.limit else "",
            "continue": self.continue_token,
        }
        return {name: value for name, value in query.items() if value}


ALL_AT_ONCE: Final = ListOptions()


class ListPage(NamedTuple):
    """One page of a list, or all of it where ``continue_token`` is empty."""

    items: list[Identity]
    """Undecoded."""
    resource_version: str
    continue_token: str
    remaining: int | None
    """How many objects follow, if the server tells; it may be an estimate."""


class Access(NamedTuple):
    """What a right is for, as the authorizer sees it; the object's name left out."""

    verb: str
    resource: GroupResource
    subresource: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        subresource = f"/{self.subresource}" if self.subresource else ""
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}{subresource}{where}"


class RequestHook(Protocol):
    """What stands around the requests about single objects.

    A list or a watch is a view of its own, and passes none.
    """

    def passing(self, access: Access, name: str) -> AbstractContextManager[None]:
        """Send one request inside; may refuse it, and sees what it raises."""

    def found(self, resource: GroupResource, key: ObjectKey, uid: str) -> None:
        """Take note that an object was read."""


class _NoHook:
    def passing(self, access: Access, name: str) -> AbstractContextManager[None]:
        del access, name
        return nullcontext()

    def found(self, resource: GroupResource, key: ObjectKey, uid: str) -> None:
        """Take no note."""


NO_HOOK: Final = _NoHook()


class ResourceClient:
    """Reads and writes the objects of one resource type.

    Every method raises the classes of ``kube.errors`` only. ``namespace`` is empty for
    cluster-scoped types and for lists over all namespaces. Objects that come back belong to the
    caller; nothing is cached here.
    """

    def __init__(
        self, rest: RestClient, gvr: GroupVersionResource, *, hook: RequestHook = NO_HOOK
    ) -> None:
        self._rest = rest
        self._hook = hook
        self.gvr = gvr
        self._resource = str(gvr.group_resource)

    async def get(self, name: str, *, namespace: str = "", metadata_only: bool = False) -> Object:
        """Read one object; raises NotFound (see ``errors.is_type_missing``)."""
        with self._passing("get", namespace, name):
            answer = await self._rest.request(
                "GET",
                self._path(namespace, name),
                accept=METADATA if metadata_only else JSON,
                verb="get",
                resource=self._resource,
            )
            found = _checked(answer, name)
        self._hook.found(self.gvr.group_resource, ObjectKey(namespace, name), uid_of(found))
        return found

    async def read(self, name: str, *, namespace: str = "") -> Identity:
        """Read one object and decode nothing of it; raises as ``get`` does.

        For what tenants write, which ``open_object`` then judges: an UnusableObject is one already.
        """
        with self._passing("get", namespace, name):
            body = await self._rest.request_bytes(
                "GET", self._path(namespace, name), verb="get", resource=self._resource
            )
            cut = await cut_item(body)
            if cut is None or cut.name != name:
                raise _not_the_object()
        self._hook.found(self.gvr.group_resource, ObjectKey(namespace, name), cut.uid)
        return cut

    async def list(self, options: ListOptions = ALL_AT_ONCE) -> ListPage:
        """Read a page of a list.

        Items get the ``apiVersion`` and ``kind`` that the server leaves out of built-in types, so
        that an object looks the same from a list and from a watch. One that cannot be read is an
        UnusableObject; one that cannot even be named is counted and left out. Raises Expired for
        an old ``continue_token`` or ``resource_version``, AnswerTooLarge for a page that had
        better be a smaller one.
        """
        body = await self._rest.request_bytes(
            "GET",
            self._path(options.namespace),
            query=options.query(),
            accept=METADATA_LIST if options.metadata_only else JSON,
            timeout_seconds=options.timeout_seconds,
            max_bytes=LIST_PAGE_BYTES if options.limit else LIST_BYTES,
            verb="list",
            resource=self._resource,
        )
        cut = await cut_list(body)
        for _ in range(cut.nameless):
            self._rest.metrics.watch_event_skipped(resource=self._resource, reason="object")
        return ListPage(cut.items, cut.resource_version, cut.continue_token, cut.remaining)

    def watch(self, options: WatchOptions) -> AbstractAsyncContextManager[WatchStream]:
        """Open a watch; entering raises ApiError or TransportError, and so does the stream."""
        return open_watch(self._rest, self.gvr, self._path(options.namespace), options)

    async def create(self, obj: Object, *, namespace: str = "") -> Object:
        """Create an object; raises AlreadyExists, Invalid, Forbidden."""
        name = obj["metadata"].get("name", "")
        with self._passing("create", namespace, name):
            answer = await self._rest.request(
                "POST", self._path(namespace), body=obj, verb="create", resource=self._resource
            )
            return _checked(answer, name)

    async def update(self, obj: Object, *, namespace: str = "", subresource: str = "") -> Object:
        """Replace an object; raises Conflict if it is not at the object's resourceVersion."""
        with self._passing("update", namespace, name_of(obj), subresource):
            answer = await self._rest.request(
                "PUT",
                self._path(namespace, name_of(obj), subresource),
                body=obj,
                verb="update",
                resource=self._resource,
            )
            return _checked(answer, name_of(obj))

    async def patch(
        self,
        name: str,
        patch: Any,
        *,
        namespace: str = "",
        subresource: str = "",
    ) -> Object:
        """Change parts of an object by a merge patch.

        One with a resourceVersion raises Conflict if stale.
        """
        with self._passing("patch", namespace, name, subresource):
            answer = await self._rest.request(
                "PATCH",
                self._path(namespace, name, subresource),
                body=patch,
                content_type=MERGE_PATCH,
                verb="patch",
                resource=self._resource,
            )
            return _checked(answer, name)

    async def delete(
        self,
        name: str,
        *,
        namespace: str = "",
        uid: str = "",
        resource_version: str = "",
        propagation_policy: str = "",
    ) -> Object:
        """Delete an object if it still is the one meant.

        Returns the server's answer: a Status, or the object while finalizers hold it. Raises
        Conflict if uid or resourceVersion differ, NotFound if it is gone.
        """
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if uid or resource_version:
            body["preconditions"] = {key: value for key, value in preconditions.items() if value}
        if propagation_policy:
            body["propagationPolicy"] = propagation_policy
        with self._passing("delete", namespace, name):
            return await self._rest.request(
                "DELETE",
                self._path(namespace, name),
                body=body,
                verb="delete",
                resource=self._resource,
            )

    def _passing(
        self, verb: str, namespace: str, name: str, subresource: str = ""
    ) -> AbstractContextManager[None]:
        access = Access(verb, self.gvr.group_resource, subresource, namespace)
        return self._hook.passing(access, name)

    def _path(self, namespace: str = "", name: str | None = None, subresource: str = "") -> str:
        return paths.resource_path(self.gvr, namespace, name, subresource)


def _checked(answer: Object, name: str) -> Object:
    """Refuse an answer that is not the object: a proxy may have given it in the server's place.

    Callers remember what was answered to a write as the newest state of the object.
    """
    metadata = answer.get("metadata")
    found = metadata.get("name") if isinstance(metadata, dict) else None
    # A name that the server was to generate is not known before.
    if not isinstance(found, str) or found != (name or found):
        raise _not_the_object()
    return answer


def _not_the_object() -> StreamError:
    return StreamError("the answer is not the object that was asked for")
