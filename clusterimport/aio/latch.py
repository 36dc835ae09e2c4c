"""A named event that happens once: "the cache has synced", "the lease is held".

Waiters and readiness checks look at the same object, so that a health endpoint can say by name
what is still missing.
"""

import asyncio


class Latch:
    """Unset at first, set for ever after; setting it twice is harmless."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._event = asyncio.Event()

    def set(self) -> None:
        """Let every present and future waiter pass."""
        self._event.set()

    @property
    def is_set(self) -> bool:
        """Whether the event has happened."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Return once the event has happened."""
        await self._event.wait()

    def __repr__(self) -> str:
        return f"<Latch {self.name} {'set' if self.is_set else 'unset'}>"
