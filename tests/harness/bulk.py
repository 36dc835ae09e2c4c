"""Many objects at once."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from development.controlplane.rest import ApiFailure
from development.world import CLUSTER_API, LIFECYCLE, PEDIACLUSTER, POLICY_API, World

THREADS = 8


@contextlib.contextmanager
def standing(world: World, objects: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Create objects as the administrator; at the end delete them and all that came of them."""
    objects = list(objects)
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            list(pool.map(world.admin.create, objects))
            yield
        finally:
            world.stop_controllers()
            delete(world, objects)
            delete_kind(world, POLICY_API, LIFECYCLE)
            delete_kind(world, CLUSTER_API, PEDIACLUSTER)


def delete(world: World, objects: Iterable[Mapping[str, Any]]) -> None:
    """Delete objects as the administrator; those that are gone already do not matter."""

    def delete_one(obj: Mapping[str, Any]) -> None:
        with contextlib.suppress(ApiFailure):
            world.delete(obj)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(delete_one, objects))


def delete_kind(world: World, api_version: str, kind: str) -> None:
    """Delete all objects of a kind; items of a list do not say what they are."""
    objects = world.admin.list(api_version, kind)
    delete(world, [{**obj, "apiVersion": api_version, "kind": kind} for obj in objects])
