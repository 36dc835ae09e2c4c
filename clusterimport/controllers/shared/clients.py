"""The clients of a leadership term: every answer is compared with what the caches say."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from clusterimport.controllers.shared.turnstiles import Access, Turnstiles
from clusterimport.kube import errors
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.rest import RestClient
from clusterimport.model import meta
from clusterimport.model.gvr import (
    LIFECYCLES,
    PEDIACLUSTERS,
    POLICIES,
    GroupResource,
    GroupVersionResource,
)
from clusterimport.model.identity import Identity
from clusterimport.model.keys import ObjectKey
from clusterimport.model.meta import Object

T = TypeVar("T")


class Views(Protocol):
    """What is told of live answers about objects: the caches that should know the same."""

    def found(self, resource: GroupResource, key: ObjectKey, uid: str) -> None:
        """Take note that an object is there."""

    def not_found(self, resource: GroupResource, key: ObjectKey) -> None:
        """Take note that an object is not there."""

    def conflicted(self, resource: GroupResource, key: ObjectKey) -> None:
        """Take note that a write was for another state of an object than the server has."""


class LiveClient(ResourceClient):
    """A client whose reads and writes of single objects pass the turnstiles, and tell the views.

    A list is a view of its own, and is compared with nothing.
    """

    def __init__(
        self,
        rest: RestClient,
        gvr: GroupVersionResource,
        *,
        views: Views,
        turnstiles: Turnstiles,
    ) -> None:
        super().__init__(rest, gvr)
        self._views = views
        self._turnstiles = turnstiles

    async def get(self, name: str, *, namespace: str = "", metadata_only: bool = False) -> Object:
        """As ``ResourceClient.get``."""
        request = super().get
        obj = await self._ask(
            "get",
            ObjectKey(namespace, name),
            lambda: request(name, namespace=namespace, metadata_only=metadata_only),
        )
        self._views.found(self.gvr.group_resource, ObjectKey(namespace, name), meta.uid_of(obj))
        return obj

    async def read(self, name: str, *, namespace: str = "") -> Identity:
        """As ``ResourceClient.read``."""
        request = super().read
        key = ObjectKey(namespace, name)
        found = await self._ask("get", key, lambda: request(name, namespace=namespace))
        self._views.found(self.gvr.group_resource, key, found.uid)
        return found

    async def create(self, obj: Object, *, namespace: str = "") -> Object:
        """As ``ResourceClient.create``."""
        request = super().create
        key = ObjectKey(namespace, meta.name_of(obj))
        return await self._ask("create", key, lambda: request(obj, namespace=namespace))

    async def update(self, obj: Object, *, namespace: str = "", subresource: str = "") -> Object:
        """As ``ResourceClient.update``."""
        request = super().update
        return await self._ask(
            "update",
            ObjectKey(namespace, meta.name_of(obj)),
            lambda: request(obj, namespace=namespace, subresource=subresource),
            subresource,
        )

    async def patch(
        self,
        name: str,
        patch: Any,
        *,
        namespace: str = "",
        subresource: str = "",
    ) -> Object:
        """As ``ResourceClient.patch``."""
        request = super().patch
        return await self._ask(
            "patch",
            ObjectKey(namespace, name),
            lambda: request(
                name,
                patch,
                namespace=namespace,
                subresource=subresource,
            ),
            subresource,
        )

    async def delete(
        self,
        name: str,
        *,
        namespace: str = "",
        uid: str = "",
        resource_version: str = "",
        propagation_policy: str = "",
    ) -> Object:
        """As ``ResourceClient.delete``."""
        request = super().delete
        return await self._ask(
            "delete",
            ObjectKey(namespace, name),
            lambda: request(
                name,
                namespace=namespace,
                uid=uid,
                resource_version=resource_version,
                propagation_policy=propagation_policy,
            ),
        )

    async def _ask(
        self,
        verb: str,
        key: ObjectKey,
        request: Callable[[], Awaitable[T]],
        subresource: str = "",
    ) -> T:
        access = Access(verb, self.gvr.group_resource, subresource, key.namespace)
        try:
            with self._turnstiles.passing(access, key.name):
                return await request()
        except errors.NotFound as error:
            if not errors.is_type_missing(error):
                self._views.not_found(self.gvr.group_resource, key)
            raise
        except errors.Conflict:
            self._views.conflicted(self.gvr.group_resource, key)
            raise


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients whose writes pass the gate of the lease."""

    rest: RestClient
    policies: ResourceClient
    lifecycles: ResourceClient
    pediaclusters: ResourceClient
    views: Views
    turnstiles: Turnstiles

    def of(self, gvr: GroupVersionResource) -> ResourceClient:
        """Return a client for any type."""
        return LiveClient(self.rest, gvr, views=self.views, turnstiles=self.turnstiles)


def make_clients(rest: RestClient, *, views: Views, turnstiles: Turnstiles) -> Clients:
    """Make the clients of a term."""

    def make(gvr: GroupVersionResource) -> ResourceClient:
        return LiveClient(rest, gvr, views=views, turnstiles=turnstiles)

    return Clients(rest, make(POLICIES), make(LIFECYCLES), make(PEDIACLUSTERS), views, turnstiles)
