"""What this API server can take, which no controller can pass."""

from collections.abc import Sequence
from typing import ClassVar, Final

from development.bench import platform
from development.bench.figures import Figures
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage

IN_FLIGHT: Final = 48


class Ceiling:
    """PediaClusters are created by a client, and nobody else is at work."""

    name: ClassVar = "ceiling"
    about: ClassVar = "a client creates PediaClusters as fast as the API server takes them"

    def cases(self, n: int) -> Sequence[Case]:
        """Return one size, without a peer: no controller runs."""
        return [Case(n, is_compared=False)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure creates a second."""
        requests = [platform.plain(number) for number in range(size)]
        seconds = stage.load(requests, size, "created", in_flight=IN_FLIGHT)
        return {"creates_rate": size / seconds}
