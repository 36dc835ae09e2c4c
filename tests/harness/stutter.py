"""Controllers that are stopped and go on at random, as on a machine with too much to do.

What is late in another order than usual is what tests and programs take for granted. Every fact of
the integration tests has to hold all the same: ``make integration-stutter``.
"""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self

import pytest

from development.controller import ControllerProcess

RUNS_SECONDS: Final = (0.1, 2.0)
"""How long all go on between two stops."""
STOPS_SECONDS: Final = (0.05, 1.2)
"""How long one stands; less than what a leader may be late with its lease."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to have controllers stutter."""
    parser.addoption(
        "--stutter", metavar="SEED", help="stop controllers for moments, drawn by this seed"
    )


class Stutter:
    """Stops one process after the other for a moment, for the length of a `with` block."""

    def __init__(self, processes: Callable[[], Sequence[ControllerProcess]], seed: str) -> None:
        self._processes = processes
        self._random = random.Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stutter", daemon=True)
        self.stops = 0
        """How many there were."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._random.uniform(*RUNS_SECONDS)):
            running = [each for each in self._processes() if each.is_running]
            if running:
                self._stop(self._random.choice(running))

    def _stop(self, process: ControllerProcess) -> None:
        process.freeze()
        try:
            self.stops += 1
            self._ended.wait(self._random.uniform(*STOPS_SECONDS))
        finally:
            process.thaw()


@contextlib.contextmanager
def stuttering(
    request: pytest.FixtureRequest, processes: Callable[[], Sequence[ControllerProcess]]
) -> Iterator[None]:
    """Have controllers of one test stutter, if this run is to; each test by a draw of its own."""
    seed = request.config.getoption("stutter")
    if seed is None:
        yield
        return
    with Stutter(processes, f"{seed} {request.node.nodeid}"):
        yield
