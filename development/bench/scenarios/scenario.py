"""What a scenario is."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from development.bench.figures import Figures
from development.bench.stage import Stage

TURNS = 2
"""Of each contender, A B A B: enough to see that a figure is none of chance."""


class Case(NamedTuple):
    """A scenario at one size."""

    size: int
    turns: int = TURNS
    is_compared: bool = True
    """Whether a peer takes part."""


class Scenario(Protocol):
    """One thing that users wait or pay for."""

    @property
    def name(self) -> str:
        """What SCENARIO= calls it."""

    @property
    def about(self) -> str:
        """One line."""

    def cases(self, n: int) -> Sequence[Case]:
        """Return the sizes at which it runs, for N clusters."""

    def run(self, stage: Stage, size: int) -> Figures:
        """Run one turn on a stage of its own; raises BenchError where it has no result."""
