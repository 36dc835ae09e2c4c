"""What is known of the server's resource types between two looks at it, and why one is missing.

Reading is synchronous and never asks the server; whoever learns of a changed CRD or APIService
calls ``refresh``.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from clusterimport.kube.discovery import (
    DiscoveredResource,
    Discovery,
    GroupVersion,
    discover,
)
from clusterimport.kube.errors import KubeError
from clusterimport.kube.rest import RestClient
from clusterimport.model.gvr import GroupResource, GroupVersionResource
from clusterimport.traces import without_frames

NEEDED_VERBS: Final = frozenset({"get", "list", "watch"})
"""What an informer does with a type."""
_SUGGESTED: Final = 3
"""How many types are suggested at most."""


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
                # One instance for many: it must not gather the traceback of each.
                raise self._last_error.with_traceback(None)

    async def _look(self) -> None:
        self._begun += 1
        number = self._begun
        try:
            discovery = await discover(self._rest)
        except KubeError as error:
            self._last_error = without_frames(error)
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


def explain_missing(
    wanted: GroupResource, versions: Sequence[str], served: Collection[DiscoveredResource]
) -> str:
    """Say why a type cannot be had, and what may have been meant, if anything resembles it."""
    found = [each for each in served if each.gvr.group_resource == wanted]
    if found and versions and not {each.gvr.version for each in found} & set(versions):
        known = ", ".join(each.gvr.version for each in found)
        return f"the server has {wanted} in {known}, and not in {' or '.join(versions)}"
    if found:
        missing = sorted(NEEDED_VERBS.difference(*(each.verbs for each in found)))
        return f"{wanted} cannot be {' and '.join(_DONE[verb] for verb in missing)}"
    within = f" in {' or '.join(versions)}" if versions else ""
    said = f"the server has no {wanted}{within} that can be read and watched"
    meant = list(dict.fromkeys(_resembling(wanted, served)))[:_SUGGESTED]
    if not meant:
        return said
    return f"{said}; did you mean {' or '.join(map(_written, meant))}?"


def _resembling(
    wanted: GroupResource, served: Iterable[DiscoveredResource]
) -> Iterable[GroupResource]:
    """Yield types whose names are near: the same group first."""
    # As in an apiVersion: `x.io/v1` is group and version, `v1` the core group's.
    group = "" if _is_version(wanted.group) else wanted.group.partition("/")[0]
    name = wanted.resource.partition("/")[0].lower()
    named = [each for each in served if name in _names(each)]
    yield from (each.gvr.group_resource for each in named if each.gvr.group == group)
    dotted, _, of_group = name.partition(".")
    yield from (
        each.gvr.group_resource
        for each in served
        if of_group and each.gvr.group == of_group and dotted in _names(each)
    )
    yield from sorted(each.gvr.group_resource for each in named if each.gvr.group != group)


def _names(each: DiscoveredResource) -> set[str]:
    return {each.gvr.resource, each.kind.lower(), *map(str.lower, each.aliases)}


def _is_version(group: str) -> bool:
    return group[:1] == "v" and group[1:2].isdigit() and "." not in group


def _written(type_: GroupResource) -> str:
    group = f"group {type_.group}" if type_.group else 'the core group, `group: ""`'
    return f"{type_.resource} of {group}"


_DONE: Final = {"get": "read", "list": "listed", "watch": "watched"}
