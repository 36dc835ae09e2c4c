"""`python -m development.bench`, which is `make bench`.

The exit code is 0, 1 if a turn has no result, 2 for wrong use, and 128 and the signal's number if
it was told to end; what was measured until then is written all the same.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from development import interrupts
from development.bench import contenders, report
from development.bench.errors import BenchError, UsageError
from development.bench.results import Machine, Report, Result
from development.bench.running import Runner
from development.bench.scenarios import SCENARIOS, Scenario
from development.bench.screen import Screen
from development.controlplane.readiness import ControlPlaneError

FAILED: Final = 1
WRONG_USE: Final = 2
SIGNALLED: Final = 128


def bench(scenario: str, n: str, peer: str, out: str) -> int:
    """Measure, and write the reports; return the exit code."""
    screen = Screen(sys.stderr)
    results: list[Result] = []
    try:
        scenarios, size = _scenarios(scenario), _size(n)
        sides = [contenders.ours(), *([contenders.peer(peer)] if peer else [])]
        folder = _folder(out)
        summary = Report(
            began=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            n=size,
            machine=_machine(),
            contenders={side.name: side.version for side in sides},
            results=results,
        )

        def done(result: Result) -> None:
            results.append(result)
            # After each scenario: a run takes long, and may be ended.
            report.write(summary.summed(), folder)

        code = 0
        try:
            Runner(sides, screen).run(scenarios, size, done)
        except interrupts.Stopped as stopped:
            screen.end()
            screen.say(f"stopped by {stopped}; every process is ended")
            code = SIGNALLED + stopped.number
        except (BenchError, ControlPlaneError, OSError) as error:
            screen.end()
            screen.say(_told(error))
            code = FAILED
        if results:
            report.show(summary.summed(), sys.stdout)
            screen.say(f"written to {folder}: report.json, report.html")
        return code or (FAILED if any(turn.error for each in results for turn in each.turns) else 0)
    except (BenchError, OSError) as error:
        screen.say(_told(error))
        return WRONG_USE if isinstance(error, UsageError) else FAILED


def _told(error: Exception) -> str:
    return f"error: {str(error) or type(error).__name__}"


def _scenarios(text: str) -> Sequence[Scenario]:
    names = [name.strip() for name in text.split(",") if name.strip()] or list(SCENARIOS)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise UsageError(
            f"SCENARIO: there is no {', '.join(unknown)}; there are {', '.join(SCENARIOS)}"
        )
    return [SCENARIOS[name] for name in names]


def _size(text: str) -> int:
    with contextlib.suppress(ValueError):
        if (size := int(text)) >= 1:
            return size
    raise UsageError(f"N={text}: how many clusters must be a number of 1 or more")


def _folder(text: str) -> Path:
    folder = Path(text or f"bench-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"OUT={text}: no such folder can be made: {error.strerror}") from error
    return folder


def _machine() -> Machine:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processors=os.cpu_count() or 0,
        memory_mib=memory // (1024 * 1024),
        load_before=round(os.getloadavg()[0], 2),
    )


@click.command(help="Measure a controller on the real control plane, alone or beside another one.")
@click.option("--scenario", default="", help=f"Any of {', '.join(SCENARIOS)}; all without it.")
@click.option("--n", "n", default="1000", help="Clusters; what a scenario adds is in proportion.")
@click.option("--peer", default="", help="Binary of another controller, to be measured in turns.")
@click.option("--out", default="", help="Folder of report.json and report.html.")
def main(scenario: str, n: str, peer: str, out: str) -> None:
    """Run the benchmark, and end with its exit code."""
    interrupts.install()
    sys.exit(bench(scenario, n, peer, out))


if __name__ == "__main__":
    main()
