"""Run the load, take samples, and say whether anything grows; see the package."""

import argparse
import csv
import itertools
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from development.controller import ControllerProcess, sum_of
from development.controlplane.components import ControlPlaneOptions
from development.installation import installation
from development.world import world_of
from tests.faults.fleet import IMPORTED
from tests.faults.soak.trend import HOUR_SECONDS, Point, Slope, slope_of
from tests.faults.trial import Trial, trial_of

SAMPLE_SECONDS = 10.0
START_SECONDS = 600.0
"""It runs beside other work, which comes first."""
WARM_SECONDS = 1800.0
"""Caches, pools and the heap fill in the first half hour: what grows later is told."""
MEMORY_PER_HOUR = float(1 << 20)
"""A mebibyte: less than that is below what the kernel's pages let one see."""
GONE_AT_ONCE = 2
"""Sources that go together, and are back before anybody has looked: nothing is deleted."""
AWAY_SECONDS = 150.0
"""How long a source stays away before it comes back and another one goes: within the budget."""
AWAY, STAYING = IMPORTED[:4], IMPORTED[4:]
COUNTED: Mapping[str, str] = {
    "resident bytes": "process_resident_memory_bytes",
    "open files": "process_open_fds",
    "queued keys": "workqueue_depth",
    "unfinished seconds": "workqueue_unfinished_work_seconds",
    "kept objects": "clusterimport_informer_objects",
    "blocked deletions": "clusterimport_deletions_blocked",
}


class Series:
    """The samples of one replica, by what they count."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.points: dict[str, list[Point]] = {}

    def take(self, controller: ControllerProcess) -> None:
        """Ask a replica, and the kernel about it.

        Raises OSError if the replica does not answer.
        """
        at = time.monotonic() - self._began
        metrics = controller.metrics_text()
        values = {name: sum_of(metrics, metric) for name, metric in COUNTED.items()}
        count = sum_of(metrics, "clusterimport_event_loop_lag_seconds_count")
        total = sum_of(metrics, "clusterimport_event_loop_lag_seconds_sum")
        values["mean loop lag"] = total / count if count else 0.0
        values["threads"] = float(len(list(Path(f"/proc/{controller.pid}/task").iterdir())))
        for name, value in values.items():
            self.points.setdefault(name, []).append(Point(at, value))

    def write(self, path: Path) -> None:
        """Leave the samples in a file, one line a time."""
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["seconds", *self.points])
            for row in zip(*self.points.values(), strict=True):
                writer.writerow([f"{row[0].at:.0f}", *(point.value for point in row)])


def load(trial: Trial, random: Random) -> None:
    """Do one thing of many: rotate, move, remove and bring back, cut connections."""
    names = random.sample(STAYING, 4)
    match random.randrange(8):
        case 0 | 1 | 2:
            trial.fleet.rotate(*names)
        case 3 | 4:
            trial.fleet.readdress(*names)
        case 5:
            trial.proxy.cut()
        case 6:
            trial.fleet.deselect(*names[:1])
            trial.fleet.readdress(*names[:1])
        case _:
            trial.fleet.remove(*names[:GONE_AT_ONCE])
            trial.fleet.readdress(*names[:GONE_AT_ONCE])


class Turns:
    """Has one source be away at a time, for long enough that its cluster is deleted."""

    def __init__(self, trial: Trial) -> None:
        self._fleet = trial.fleet
        self._names = itertools.cycle(AWAY)
        self._away = ""
        self._due = 0.0

    def take(self) -> None:
        """Bring back who is away, and have the next one go, if it is time."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + AWAY_SECONDS
        if self._away:
            self._fleet.readdress(self._away)
        self._away = next(self._names)
        self._fleet.remove(self._away)


def verdict(points: Mapping[str, Sequence[Point]], *, warm_seconds: float) -> list[str]:
    """Return what grows after the warm-up; each slope is printed."""
    grown = []
    for name, series in points.items():
        later = [point for point in series if point.at >= warm_seconds]
        slope = slope_of(later)
        bound = MEMORY_PER_HOUR if name == "resident bytes" else _a_hundredth(later)
        is_grown = _exceeds(slope, bound)
        print(f"{name}: {slope}, allowed {bound:g}{'  GROWS' if is_grown else ''}")
        if is_grown:
            grown.append(name)
    return grown


def _a_hundredth(points: Sequence[Point]) -> float:
    mean = sum(point.value for point in points) / len(points)
    return max(abs(mean) / 100, 0.01)


def _exceeds(slope: Slope, bound: float) -> bool:
    return slope.is_growth and slope.per_hour > bound


def plot(points: Mapping[str, Sequence[Point]], path: Path) -> None:
    """Draw each series below the other."""
    from plotly.subplots import make_subplots  # noqa: PLC0415 - slow, and only for this

    figure = make_subplots(rows=len(points), cols=1, shared_xaxes=True, subplot_titles=[*points])
    for row, series in enumerate(points.values(), 1):
        minutes, values = [each.at / 60 for each in series], [each.value for each in series]
        figure.add_scatter(x=minutes, y=values, row=row, col=1, showlegend=False)
    figure.update_layout(height=220 * len(points), title="minutes since the start")
    figure.write_html(path, include_plotlyjs=True)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="mixed load, and whether anything grows")
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two changes")
    parser.add_argument("--out", type=Path, default=Path("soak"), help="folder of what is left")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    seconds = arguments.hours * HOUR_SECONDS
    random, series = Random(arguments.seed), Series()
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        installation(ControlPlaneOptions(ready_timeout_seconds=START_SECONDS)) as control_plane,
        world_of(control_plane, Path(folder)) as world,
        trial_of(world, keeps_history=False) as trial,
    ):
        controller = trial.begin()
        ends = time.monotonic() + seconds
        due = 0.0
        turns = Turns(trial)
        while time.monotonic() < ends:
            try:
                load(trial, random)
                turns.take()
            except OSError as error:
                print(f"a change has failed: {error}", flush=True)
            if time.monotonic() >= due:
                due = time.monotonic() + SAMPLE_SECONDS
                try:
                    series.take(controller)
                except OSError as error:
                    print(f"a sample is missing: {error}", flush=True)
            time.sleep(arguments.pause)
        trial.proxy.heal()
        trial.settle()
        requests = {
            verb: controller.metric("rest_client_requests_total", method=verb)
            for verb in ("POST", "PATCH", "DELETE")
        }
    print("requests:", ", ".join(f"{count:g} {verb}" for verb, count in requests.items()))
    series.write(arguments.out / "samples.csv")
    plot(series.points, arguments.out / "plot.html")
    grown = verdict(series.points, warm_seconds=min(WARM_SECONDS, seconds / 4))
    if not all(requests.values()):
        sys.exit("that shows nothing: not everything was done that a controller does")
    sys.exit(f"it grows: {', '.join(grown)}" if grown else 0)


if __name__ == "__main__":
    main()
