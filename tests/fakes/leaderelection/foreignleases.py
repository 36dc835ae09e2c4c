"""Leases and Deployments of other installations, as a list over all namespaces shows them."""

import asyncio
from typing import Any

import msgspec

from clusterimport.kube import errors
from clusterimport.kube.resources import ListOptions, ListPage
from clusterimport.model.gvr import DEPLOYMENTS, LEASES, GroupVersionResource
from clusterimport.model.meta import Identity
from clusterimport.model.objects import JsonObject

NAME = "clusterpedia-controller-manager"


class ListedType:
    """A client that can list; ``failure`` is raised instead while it is set."""

    def __init__(self, gvr: GroupVersionResource) -> None:
        self.gvr = gvr
        self.objects: dict[str, dict[str, Any]] = {}
        self.failure: errors.KubeError | None = None
        self.asked: list[tuple[float, ListOptions]] = []

    async def list(self, options: ListOptions) -> ListPage:
        self.asked.append((asyncio.get_running_loop().time(), options))
        if self.failure:
            raise self.failure
        items: list[Identity] = [
            JsonObject(
                Identity(self.gvr.api_version, "", namespace, NAME, "", "1"),
                msgspec.json.encode({"metadata": {"name": NAME, "namespace": namespace}, **body}),
            )
            for namespace, body in self.objects.items()
        ]
        return ListPage(items, "1", "", None)


class ForeignLeases:
    """What stands in the namespaces of the server."""

    def __init__(self) -> None:
        self.leases = ListedType(LEASES)
        self.deployments = ListedType(DEPLOYMENTS)
        self._renewed = 0

    def hold(self, namespace: str, holder: str = "pod-1_uuid", *, seconds: object = 15) -> None:
        """Write the lease of a namespace, with another time than any before; "" gives it back."""
        self._renewed += 1
        self.leases.objects[namespace] = {
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": seconds,
                "renewTime": f"2026-01-01T00:00:00.{self._renewed:06d}Z",
            }
        }

    async def keep(self, namespace: str, *, every_seconds: float = 2.0, **more: Any) -> None:
        """Renew a lease until cancelled."""
        while True:
            self.hold(namespace, **more)
            await asyncio.sleep(every_seconds)

    def deploy(
        self, namespace: str, *command: str, args: tuple[str, ...] = (), pods: int = 1
    ) -> None:
        """Have a Deployment whose Pods are available, as Clusterpedia's chart makes it."""
        container = {"name": "manager", "command": list(command), "args": list(args)}
        self.deployments.objects[namespace] = {
            "spec": {"template": {"spec": {"containers": [container]}}},
            "status": {"availableReplicas": pods} if pods else {},
        }
