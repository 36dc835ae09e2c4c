"""Faults of watch streams, line by line: each says which lines are delivered for one that came.

They are looked up at every line, and so change streams that are open.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harness.proxy.request import Request

EventFault = Callable[[Request, bytes], Awaitable[list[bytes]]]
"""From a line, without its end, to the lines that are delivered now."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Deliver nothing of these types of events, or of those about these names."""

    types: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    async def __call__(self, request: Request, line: bytes) -> list[bytes]:
        """Look at the event."""
        event = json.loads(line)
        name = (event["object"].get("metadata") or {}).get("name", "")
        is_meant = (not self.types or event["type"] in self.types) and (
            not self.names or name in self.names
        )
        return [] if is_meant else [line]


@dataclass(frozen=True, slots=True)
class Double:
    """Deliver every line twice."""

    async def __call__(self, request: Request, line: bytes) -> list[bytes]:
        """Repeat."""
        return [line, line]


@dataclass(slots=True)
class Reorder:
    """Deliver lines in pairs, the later one first."""

    _waiting: dict[int, bytes] = field(default_factory=dict)

    async def __call__(self, request: Request, line: bytes) -> list[bytes]:
        """Keep one, or give both."""
        earlier = self._waiting.pop(id(request), None)
        if earlier is None:
            self._waiting[id(request)] = line
            return []
        return [line, earlier]


class HoldBack:
    """Deliver nothing until ``release``, and all of it then."""

    def __init__(self) -> None:
        self._is_open = asyncio.Event()

    async def __call__(self, request: Request, line: bytes) -> list[bytes]:
        """Wait; what comes after waits behind."""
        await self._is_open.wait()
        return [line]

    def release(self) -> None:
        """Let everything pass; called in the proxy's thread."""
        self._is_open.set()


@dataclass(frozen=True, slots=True)
class Swallow:
    """Deliver nothing at all, as a peer that is gone without a word: the connection stands."""

    async def __call__(self, request: Request, line: bytes) -> list[bytes]:
        """Lose it."""
        return []


@dataclass(frozen=True, slots=True)
class Change:
    """Deliver the JSON of each event changed."""

    change: Callable[[Any], Any]

    async def __call__(self, request: Request, line: bytes) -> list[bytes]:
        """Change it."""
        return [json.dumps(self.change(json.loads(line))).encode()]
