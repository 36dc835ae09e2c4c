"""Sources whose status changes all the time, where no template looks."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from development.bench import platform
from development.bench.figures import Figures
from development.bench.load import Request
from development.bench.scenarios import imports
from development.bench.scenarios.scenario import Case
from development.bench.stage import Stage

ROUNDS: Final = 3
IN_FLIGHT: Final = 8


class Churn:
    """Every status is touched three times while it imports, and three times afterwards."""

    name: ClassVar = "churn"
    about: ClassVar = "every source's status is touched, while it imports and afterwards"

    def cases(self, n: int) -> Sequence[Case]:
        """Return one size."""
        return [Case(n)]

    def run(self, stage: Stage, size: int) -> Figures:
        """Measure the import, and what an event costs that changes nothing."""
        stage.populate(size)
        stage.apply_policy()
        meter = stage.meter()
        replica = stage.start()
        replica.until_ready()
        count = ROUNDS * size
        seconds = stage.load(_touches(size, 1), count, "touched", in_flight=IN_FLIGHT)
        found = imports.figures(stage, replica, meter, size, started=replica.started)
        calm = stage.meter(replica)
        stage.load(_touches(size, 1 + ROUNDS), count, "touched", in_flight=IN_FLIGHT)
        stage.until_quiet(replica)
        whole = calm.whole(replica)
        return {
            "import_rate": found["import_rate"],
            "import_events_rate": count / seconds,
            "event_ms": 1000 * whole["controller_seconds"] / count,
            "requests_in_all": whole["requests_in_all"],
            **meter.state(replica),
        }


def _touches(size: int, first: int) -> Iterator[Request]:
    for serial in range(first, first + ROUNDS):
        for number in range(size):
            yield platform.touch(number, serial)
