"""For how long tasks may hold the event loop before it looks at timers and sockets again."""

import asyncio
from typing import Final

ITERATION_SECONDS: Final = 0.01
"""What steps may take of one iteration; the one that uses it up is not interrupted."""


class StepBudget:
    """What steps of tasks have taken of the present iteration of their event loop.

    asyncio runs all that is ready before it looks any further. Where fifty answers come at once,
    and each leads to some milliseconds of work, a lease, a probe or a request for metrics would
    wait for all of them. Who finds the budget used up goes on in the next iteration: nobody gets
    less done by that, and the order stays as it was.
    """

    def __init__(self, iteration_seconds: float = ITERATION_SECONDS) -> None:
        self._iteration_seconds = iteration_seconds
        self._used = 0.0
        self._is_counting = False

    @property
    def is_used_up(self) -> bool:
        """Whether the next step is for the next iteration."""
        return self._used >= self._iteration_seconds

    def use(self, seconds: float) -> None:
        """Take note of a step."""
        self._used += seconds
        if not self._is_counting:
            self._is_counting = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._used = 0.0
        self._is_counting = False
