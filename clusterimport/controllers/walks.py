"""Long looks at everything, in turns of the event loop."""

import asyncio
from collections.abc import Callable, Hashable, Iterator

import structlog

from clusterimport.aio import TURN_SECONDS

log = structlog.get_logger(__name__)

Walk = Callable[[], Iterator[None]]
"""Looks at many objects, and yields after each."""


class Walks:
    """Makes walks one after another, TURN_SECONDS in each turn of the event loop.

    The first turn is at once, so that a short walk is over when ``ask`` returns. ``now`` returns
    seconds, and has to go on while a step computes.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._walks: dict[Hashable, Iterator[None]] = {}
        # Set from the first step in a turn of the loop until the next one begins.
        self._next_turn: asyncio.Handle | None = None
        self._left_seconds = 0.0

    def ask(self, key: Hashable, walk: Walk) -> None:
        """Make a walk, in place of one of the same key that is not over."""
        self._walks.pop(key, None)
        self._walks[key] = walk()
        if self._next_turn is None:
            self._begin_turn()
        self._go_on()

    def close(self) -> None:
        """Walk no more; a turn that was to come finds nothing to do."""
        self._walks.clear()

    def __len__(self) -> int:
        """Return how many walks are not over."""
        return len(self._walks)

    def _begin_turn(self) -> None:
        self._next_turn = asyncio.get_running_loop().call_soon(self._turn)
        self._left_seconds = TURN_SECONDS

    def _turn(self) -> None:
        self._next_turn = None
        if self._walks:
            self._begin_turn()
            self._go_on()

    def _go_on(self) -> None:
        """Walk for as long as this turn has left."""
        started = self._now()
        while self._walks and self._now() - started < self._left_seconds:
            key, walk = next(iter(self._walks.items()))
            if not _step(walk):
                del self._walks[key]
        self._left_seconds -= self._now() - started


def _step(walk: Iterator[None]) -> bool:
    """Go one step; False if there was none."""
    try:
        next(walk)
    except StopIteration:
        return False
    except Exception as error:  # noqa: BLE001 - one walk's bug must not end the others
        log.error("walk failed", error_class=type(error).__name__)  # noqa: TRY400
        return False
    return True
