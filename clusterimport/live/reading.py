"""Reads whole lists of a live API server, as far as each object stays within its bounds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clusterimport.authoring.documents import Document
from clusterimport.kube import ResourceClient, RestClient, errors
from clusterimport.kube.decoding import OpenedObject, open_object
from clusterimport.kube.resources import ListOptions
from clusterimport.limits.objects import OWN_BOUNDS, SOURCE_BOUNDS, Bounds
from clusterimport.live.errors import NotInstalled
from clusterimport.model.gvr import POLICIES, GroupVersionResource
from clusterimport.model.meta import Identity
from clusterimport.model.objects import UnusableObject

PAGE_SIZE = 500
"""Objects per page, as kubectl asks for."""

Telling = Callable[[str], None]
"""Told what is being done, in a few words, as often as that changes."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Which objects of a type; the server applies it."""

    namespace: str = ""
    """Empty for all namespaces."""
    labels: str = ""
    fields: str = ""


@dataclass(frozen=True, slots=True)
class ListedObjects:
    """What a list held."""

    objects: list[dict[str, Any]]
    """Decoded, without ``managedFields``, in the server's order."""
    unusable: list[UnusableObject]
    """Those that exceed the bounds or cannot be read."""


EVERYTHING = Selector()


async def read_all(
    rest: RestClient,
    gvr: GroupVersionResource,
    selector: Selector = EVERYTHING,
    *,
    bounds: Bounds = SOURCE_BOUNDS,
    tell: Telling = lambda _: None,
) -> ListedObjects:
    """Read every object of a type that the selector takes; raises KubeError."""
    objects: list[dict[str, Any]] = []
    unusable: list[UnusableObject] = []
    for item in await _pages(rest, gvr, selector, tell):
        opened = open_object(item, bounds)
        if isinstance(opened, OpenedObject):
            objects.append(opened.content)
        else:
            unusable.append(opened)
    return ListedObjects(objects, unusable)


async def read_names(rest: RestClient, gvr: GroupVersionResource) -> list[str]:
    """Read the names of all objects of one of our types, and nothing else of them.

    Raises KubeError; NotInstalled where the server does not serve the type.
    """
    try:
        items = await _pages(rest, gvr, EVERYTHING, lambda _: None, metadata_only=True)
    except errors.NotFound as error:
        raise NotInstalled(gvr.group_resource) from error
    return [item.name for item in items]


async def _pages(
    rest: RestClient,
    gvr: GroupVersionResource,
    selector: Selector,
    tell: Telling,
    *,
    metadata_only: bool = False,
) -> list[Identity]:
    client = ResourceClient(rest, gvr)
    items: list[Identity] = []
    limit, token = PAGE_SIZE, ""
    where = f" in {selector.namespace}" if selector.namespace else ""
    while True:
        tell(f"reading {gvr.group_resource}{where}" + (f", {len(items)} so far" if items else ""))
        try:
            page = await client.list(
                ListOptions(
                    namespace=selector.namespace,
                    label_selector=selector.labels,
                    field_selector=selector.fields,
                    limit=limit,
                    continue_token=token,
                    metadata_only=metadata_only,
                )
            )
        except errors.AnswerTooLarge:
            if limit == 1:
                raise
            limit = max(1, limit // 8)
            continue
        except errors.Expired:
            if not token:
                raise
            # The server has forgotten the state that the pages were of: all at once, then.
            items, token, limit = [], "", 0
            continue
        items += page.items
        token = page.continue_token
        if not token:
            return items


async def read_policies(rest: RestClient, *, tell: Telling = lambda _: None) -> list[Document]:
    """Read all policies; raises NotInstalled and KubeError."""
    try:
        read = await read_all(rest, POLICIES, bounds=OWN_BOUNDS, tell=tell)
    except errors.NotFound as error:
        raise NotInstalled(POLICIES.group_resource) from error
    return [Document(obj) for obj in read.objects]
