"""State machines whose steps are coroutines, in virtual time."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import looptime
from hypothesis import Phase
from hypothesis.stateful import RuleBasedStateMachine

T = TypeVar("T")

GENERATED = (Phase.explicit, Phase.generate)
"""A failure is told as it was found: to make one small takes minutes of steps like these."""


class VirtualMachine(RuleBasedStateMachine):
    """Has a loop of its own, in which time passes as soon as nothing is ready."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner(
            loop_factory=lambda: looptime.patch_event_loop(asyncio.new_event_loop(), noop_cycles=1)
        )
        self.loop = self._runner.get_loop()

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        """Run a step to its end."""
        return self._runner.run(step)

    def pass_time(self, seconds: float) -> None:
        """Let what is due until then happen."""
        self.do(asyncio.sleep(seconds))

    def teardown(self) -> None:
        """Cancel what still runs."""
        self._runner.close()
