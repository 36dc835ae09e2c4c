"""The same as a restart, where very many clusters are."""

from collections.abc import Sequence
from typing import ClassVar

from development.bench.scenarios.restart import Restart
from development.bench.scenarios.scenario import Case


class Cold(Restart):
    """Ten and thirty times as many clusters."""

    name: ClassVar = "cold"
    about: ClassVar = "the controller is started over very many clusters"

    def cases(self, n: int) -> Sequence[Case]:
        """Return both sizes; a peer takes part in the smaller one."""
        return [Case(10 * n, turns=1), Case(30 * n, turns=1, is_compared=False)]
