"""What is known of the server's resource types, between two looks at it.

Reading is synchronous and never asks the server; whoever learns of a changed CRD or APIService
calls ``refresh``.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from clusterimport.kube.discovery import (
    DiscoveredResource,
    Discovery,
    GroupVersion,
    discover,
)
from clusterimport.kube.errors import KubeError
from clusterimport.kube.rest import RestClient
from clusterimport.model.gvr import GroupResource, GroupVersionResource


class RESTMapper:
    """Maps resource types without a version to those with one.

    A type that vanished is forgotten only when the server said so: as long as a group version
    cannot be read, what was known of it stays.
    """

    def __init__(self, rest: RestClient) -> None:
        self._rest = rest
        self._lock = asyncio.Lock()
        # The number of the look that was begun last, and of the one that ended last.
        self._begun = 0
        self._ended = 0
        self._last_error: KubeError | None = None
        self._resources: tuple[DiscoveredResource, ...] = ()
        self._by_group_resource: dict[GroupResource, tuple[DiscoveredResource, ...]] = {}
        self._by_gvr: dict[GroupVersionResource, DiscoveredResource] = {}
        self._failed: Mapping[GroupVersion, str] = MappingProxyType({})
        self._generation = 0

    @property
    def generation(self) -> int:
        """A number that grows when what is served has changed; 0 before the first look."""
        return self._generation

    @property
    def failed_groups(self) -> Mapping[GroupVersion, str]:
        """Group versions that could not be read at the last look, with the reason."""
        return self._failed

    @property
    def resources(self) -> tuple[DiscoveredResource, ...]:
        """Everything that is known."""
        return self._resources

    def find(self, group_resource: GroupResource) -> tuple[DiscoveredResource, ...]:
        """Return the served versions of a type in the server's order of preference."""
        return self._by_group_resource.get(group_resource, ())

    def get(self, gvr: GroupVersionResource) -> DiscoveredResource | None:
        """Return what is known of one version of a type."""
        return self._by_gvr.get(gvr)

    async def refresh(self) -> None:
        """Look at the server; raises KubeError if it cannot be asked, and keeps what is known.

        Callers that come while a look is under way share the next one: the present one may have
        missed what they heard of.
        """
        begun_before = self._begun
        async with self._lock:
            if self._ended <= begun_before:
                await self._look()
            if self._last_error is not None:
                raise self._last_error

    async def _look(self) -> None:
        self._begun += 1
        number = self._begun
        try:
            discovery = await discover(self._rest)
        except KubeError as error:
            self._last_error = error
        else:
            self._last_error = None
            self._take(discovery)
        # Not reached when cancelled: then the next caller looks itself.
        self._ended = number

    def _take(self, discovery: Discovery) -> None:
        told = {GroupVersion(each.gvr.group, each.gvr.version) for each in discovery.resources}
        missing = discovery.failed.keys() - told
        kept = tuple(
            each
            for each in self._resources
            if GroupVersion(each.gvr.group, each.gvr.version) in missing
        )
        resources = discovery.resources + kept
        if resources != self._resources or dict(self._failed) != dict(discovery.failed):
            self._generation += 1
        self._resources = resources
        self._failed = MappingProxyType(dict(discovery.failed))
        self._by_gvr = {each.gvr: each for each in resources}
        grouped: dict[GroupResource, list[DiscoveredResource]] = {}
        for each in resources:
            grouped.setdefault(each.gvr.group_resource, []).append(each)
        self._by_group_resource = {key: tuple(found) for key, found in grouped.items()}
