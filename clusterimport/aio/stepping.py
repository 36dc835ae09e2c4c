"""Steps of work on the event loop: how long they hold it, and when they give it back."""

import asyncio
import time
from collections.abc import Coroutine, Generator
from typing import Any, Final, Generic, TypeVar

TURN_SECONDS = 0.005
"""For how long a walk has the event loop; counted in time, because one object may cost a
thousand times what another does."""
ITERATION_SECONDS: Final = 0.005
"""What steps may take of one iteration; the one that uses it up is not interrupted."""
T = TypeVar("T")


class Pace:
    """Gives the event loop back when a walk has had it for some seconds, TURN_SECONDS by default.

    Measured on the processor's clock, which goes on also where a test's loop stands still.
    """

    def __init__(self, turn_seconds: float = TURN_SECONDS) -> None:
        self._turn_seconds = turn_seconds
        self._since = time.perf_counter()

    async def step(self) -> None:
        """Go on, or let others run first."""
        if time.perf_counter() - self._since >= self._turn_seconds:
            await asyncio.sleep(0)
            self._since = time.perf_counter()


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


class Stepping(Generic[T]):
    """Awaits a coroutine, and sums the seconds of its steps in ``held_seconds``.

    What it waits for costs nothing, and neither do tasks of its own or other threads. It is the
    loop's time, and not processor time, whose clock takes ten times as long to read. A step for
    which the budget has nothing left is for the loop's next iteration.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T], budget: StepBudget) -> None:
        self._coroutine = coroutine
        self._budget = budget
        self.held_seconds = 0.0

    def __await__(self) -> Generator[Any, Any, T]:
        now = asyncio.get_running_loop().time
        is_begun, waits_for = False, None
        resume, value = self._coroutine.send, None
        while True:
            try:
                if is_begun:
                    value = yield waits_for
                    resume = self._coroutine.send
                while self._budget.is_used_up:
                    yield
            except GeneratorExit:
                self._coroutine.close()
                raise
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to treat
                resume, value = self._coroutine.throw, error
                # It comes through this frame, which must hold neither it nor what failed with it.
                waits_for = None
            is_begun, started = True, now()
            try:
                waits_for = resume(value)
            except StopIteration as result:
                returned: T = result.value
                return returned
            finally:
                value = None
                held = now() - started
                self.held_seconds += held
                self._budget.use(held)
