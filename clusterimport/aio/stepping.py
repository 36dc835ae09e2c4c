"""For how long a coroutine holds its event loop, apart from all the others there."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

from clusterimport.aio.stepbudget import StepBudget

T = TypeVar("T")


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
            is_begun, started = True, now()
            try:
                waits_for = resume(value)
            except StopIteration as result:
                returned: T = result.value
                return returned
            finally:
                held = now() - started
                self.held_seconds += held
                self._budget.use(held)
