"""Which resource types a server serves, in its order of preference.

One request each to ``/api`` and ``/apis`` where the server knows aggregated discovery, otherwise
one per group version. A group whose server is down is recorded and does not hide the others.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from clusterimport.kube.errors import KubeError, StreamError
from clusterimport.kube.paths import quote_segment
from clusterimport.kube.rest import RestClient
from clusterimport.limits.requests import DISCOVERY_REQUESTS
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Object

AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json"
)


class GroupVersion(NamedTuple):
    """One version of an API group; the core group is the empty string."""

    group: str
    version: str

    def __str__(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


class DiscoveredResource(NamedTuple):
    """A resource type that the server serves; subresources are left out."""

    gvr: GroupVersionResource
    kind: str
    namespaced: bool
    verbs: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    """What people may call it besides: its singular and its short names."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """One look at a server."""

    resources: tuple[DiscoveredResource, ...]
    """Versions of a group stand in the server's order of preference."""
    failed: Mapping[GroupVersion, str]
    """Group versions that are announced and could not be read, with the reason."""


async def discover(rest: RestClient) -> Discovery:
    """Look at everything the server serves; raises KubeError only if it tells nothing at all."""
    resources: list[DiscoveredResource] = []
    failed: dict[GroupVersion, str] = {}
    for path in ("/api", "/apis"):
        body = await rest.request("GET", path, accept=AGGREGATED, verb="get", resource="discovery")
        if body.get("kind") == "APIGroupDiscoveryList":
            found = _aggregated(body)
        else:
            found = await _one_by_one(rest, _announced(body))
        resources += found.resources
        failed.update(found.failed)
    return Discovery(tuple(resources), failed)


def _aggregated(body: Object) -> Discovery:
    resources: list[DiscoveredResource] = []
    failed: dict[GroupVersion, str] = {}
    for group in _objects(body, "items"):
        name = str((group.get("metadata") or {}).get("name") or "")
        for version in _objects(group, "versions"):
            group_version = GroupVersion(name, str(version.get("version") or ""))
            if version.get("freshness") == "Stale":
                failed[group_version] = "Stale"
            resources += [
                DiscoveredResource(
                    gvr=GroupVersionResource(*group_version, str(item.get("resource") or "")),
                    kind=str((item.get("responseKind") or {}).get("kind") or ""),
                    namespaced=item.get("scope") == "Namespaced",
                    verbs=tuple(item.get("verbs") or ()),
                    aliases=_aliases(item, "singularResource"),
                )
                for item in _objects(version, "resources")
                # A parent that is announced only for its subresources has no kind of its own.
                if item.get("resource") and (item.get("responseKind") or {}).get("kind")
            ]
    return Discovery(tuple(resources), failed)


def _announced(body: Object) -> list[GroupVersion]:
    if body.get("kind") == "APIVersions":
        return [GroupVersion("", str(version)) for version in body.get("versions") or ()]
    if body.get("kind") != "APIGroupList":
        raise StreamError("get discovery: the answer is no list of API groups")
    announced: list[GroupVersion] = []
    for group in _objects(body, "groups"):
        name = str(group.get("name") or "")
        preferred = (group.get("preferredVersion") or {}).get("version")
        versions = [str(item.get("version") or "") for item in _objects(group, "versions")]
        versions.sort(key=lambda version: version != preferred)
        announced += [GroupVersion(name, version) for version in versions]
    return announced


async def _one_by_one(rest: RestClient, announced: Iterable[GroupVersion]) -> Discovery:
    slots = asyncio.Semaphore(DISCOVERY_REQUESTS)
    found: dict[GroupVersion, list[DiscoveredResource]] = {}
    failed: dict[GroupVersion, str] = {}

    async def ask(group_version: GroupVersion) -> None:
        try:
            async with slots:
                found[group_version] = await _group_version(rest, group_version)
        except KubeError as error:
            failed[group_version] = type(error).__name__

    wanted = list(announced)
    async with asyncio.TaskGroup() as group:
        for group_version in wanted:
            group.create_task(ask(group_version), name=f"discover {group_version}")
    return Discovery(tuple(resource for each in wanted for resource in found.get(each, ())), failed)


async def _group_version(rest: RestClient, group_version: GroupVersion) -> list[DiscoveredResource]:
    group, version = group_version
    root = f"/apis/{quote_segment(group, 'group')}" if group else "/api"
    body = await rest.request(
        "GET", f"{root}/{quote_segment(version, 'version')}", verb="get", resource="discovery"
    )
    if body.get("kind") != "APIResourceList":
        raise StreamError("get discovery: the answer is no list of resources")
    return [
        DiscoveredResource(
            gvr=GroupVersionResource(group, version, str(item["name"])),
            kind=str(item.get("kind") or ""),
            namespaced=bool(item.get("namespaced")),
            verbs=tuple(item.get("verbs") or ()),
            aliases=_aliases(item, "singularName"),
        )
        for item in _objects(body, "resources")
        if item.get("name") and "/" not in str(item["name"])
    ]


def _aliases(item: Object, singular: str) -> tuple[str, ...]:
    names = (item.get(singular), *(item.get("shortNames") or ()))
    return tuple(str(name) for name in names if name)


def _objects(parent: Object, name: str) -> list[dict[str, Any]]:
    value = parent.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
