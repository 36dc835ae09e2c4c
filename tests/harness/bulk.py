"""Many objects at once."""

import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.controlplane.rest import ApiFailure
from tests.harness.world import World

THREADS = 8


@contextlib.contextmanager
def standing(world: World, objects: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Create objects as the administrator, and delete them at the end of the block."""
    objects = list(objects)

    def delete(obj: dict[str, Any]) -> None:
        with contextlib.suppress(ApiFailure):
            world.delete(obj)

    with ThreadPoolExecutor(THREADS) as pool:
        try:
            list(pool.map(world.admin.create, objects))
            yield
        finally:
            world.stop_controllers()
            list(pool.map(delete, objects))
