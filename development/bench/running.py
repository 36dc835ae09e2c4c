"""Runs scenarios by turns, and keeps what each turn has found."""

import http.client
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Final

from development.bench.contenders import Contender
from development.bench.errors import BenchError, StartError
from development.bench.results import Result, Turn
from development.bench.scenarios import Case, Scenario
from development.bench.screen import Screen
from development.bench.stage import Stage
from development.controlplane.readiness import ControlPlaneError
from development.controlplane.resources import UnknownKindError
from development.controlplane.rest import ApiFailure

FAILURES: Final = (
    BenchError,
    ControlPlaneError,
    ApiFailure,
    UnknownKindError,
    OSError,
    http.client.HTTPException,
    subprocess.SubprocessError,
)
"""What one turn may end with, and others not."""


class Runner:
    """One run of scenarios with one or two contenders."""

    def __init__(
        self,
        contenders: Sequence[Contender],
        screen: Screen,
        make_stage: Callable[[Contender, Screen], Stage] = Stage,
    ) -> None:
        self._contenders = contenders
        self._screen = screen
        self._make_stage = make_stage
        # Of whom one turn has a result: they start, and what fails later is that turn alone.
        self._known: set[str] = set()

    def run(self, scenarios: Sequence[Scenario], n: int, done: Callable[[Result], None]) -> None:
        """Run all; ``done`` hears each result at once. Raises StartError."""
        for scenario in scenarios:
            for case in scenario.cases(n):
                done(self._case(scenario, case))

    def _case(self, scenario: Scenario, case: Case) -> Result:
        contenders = self._contenders if case.is_compared else self._contenders[:1]
        result = Result(scenario=scenario.name, about=scenario.about, size=case.size, turns=[])
        for number in range(case.turns):
            for contender in contenders:
                self._screen.begin(
                    f"{scenario.name} at {case.size}: {contender.name}, "
                    f"turn {number + 1} of {case.turns}"
                )
                result.turns.append(self._turn(scenario, case.size, contender))
        self._screen.end()
        return result

    def _turn(self, scenario: Scenario, size: int, contender: Contender) -> Turn:
        started = time.monotonic()
        stage = self._make_stage(contender, self._screen)
        turn = Turn(contender=contender.name, seconds=0.0, figures={})
        try:
            with stage:
                try:
                    turn.figures = scenario.run(stage, size)
                finally:
                    turn.series = stage.series()
                    turn.distributions = stage.distributions
            self._known.add(contender.name)
        except FAILURES as error:
            if isinstance(error, StartError) and contender.name not in self._known:
                raise
            # What one cannot do is a result, too, and the others go on.
            turn.error = str(error) or type(error).__name__
            self._screen.say(f"{scenario.name} at {size}, {contender.name}: {turn.error}")
        turn.seconds = time.monotonic() - started
        return turn
