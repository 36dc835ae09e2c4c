"""Events that wait to be written: bounded, and shared by namespaces."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from clusterimport.limits.messages import EVENTS_WAITING


class EventBacklog:
    """First come, first served within a namespace; namespaces take turns.

    Where there is no room the namespace that has the most loses its oldest, so that one which has
    very many to tell costs no other one a word.
    """

    def __init__(self, on_drop: Callable[[], None]) -> None:
        self._on_drop = on_drop
        # In the order of their turns; none is ever empty.
        self._lines: OrderedDict[str, deque[dict[str, Any]]] = OrderedDict()
        self._count = 0
        self._has_some = asyncio.Event()

    def put(self, event: dict[str, Any]) -> None:
        """Have an Event wait, if need be in place of an older one."""
        namespace = event["metadata"]["namespace"]
        if namespace not in self._lines:
            self._lines[namespace] = deque()
        self._lines[namespace].append(event)
        self._count += 1
        if self._count > EVENTS_WAITING:
            self._pop(max(self._lines, key=lambda name: len(self._lines[name])))
            self._on_drop()
        self._has_some.set()

    async def get(self) -> dict[str, Any]:
        """Take the Event whose turn it is; wait for one if there is none."""
        await self._has_some.wait()
        return self.take()

    def take(self) -> dict[str, Any]:
        """Take the Event whose turn it is; there has to be one."""
        namespace = next(iter(self._lines))
        self._lines.move_to_end(namespace)
        return self._pop(namespace)

    def __len__(self) -> int:
        """Return how many wait."""
        return self._count

    def _pop(self, namespace: str) -> dict[str, Any]:
        event = self._lines[namespace].popleft()
        if not self._lines[namespace]:
            del self._lines[namespace]
        self._count -= 1
        if not self._count:
            self._has_some.clear()
        return event
