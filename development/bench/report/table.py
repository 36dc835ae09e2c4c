"""The report on a terminal."""

from statistics import median
from typing import TextIO

from rich.console import Console
from rich.table import Table

from development.bench.figures import FIGURES
from development.bench.results import Report, Result

WIDTH = 120


def show(report: Report, stream: TextIO) -> None:
    """Print medians of all scenarios, and the ratio of each pair of turns."""
    console = Console(file=stream)
    if not console.is_terminal:
        console = Console(file=stream, width=WIDTH)
    names = list(report.contenders)
    for name, version in report.contenders.items():
        console.print(f"{name}: {version}", highlight=False)
    machine = report.machine
    console.print(
        f"{machine.processors} processors, {machine.memory_mib} MiB; load before: "
        f"{machine.load_before}",
        highlight=False,
    )
    for result in report.results:
        console.print(_table(result, names))


def _table(result: Result, names: list[str]) -> Table:
    table = Table(
        title=f"{result.scenario}, N = {result.size}: {result.about}", title_justify="left"
    )
    table.add_column("figure")
    for name in names:
        table.add_column(name, justify="right")
    if len(names) > 1:
        table.add_column("ratio", justify="right")
        table.add_column("of each pair", justify="right")
    for figure in result.names:
        unit = FIGURES[figure].unit
        row = [f"{figure} ({unit})" if unit else figure]
        row += [number(result.median(name, figure)) for name in names]
        if len(names) > 1:
            ratios = result.ratios(names[0], names[1], figure)
            row += [f"{median(ratios):.2f}" if ratios else ""]
            row += [" ".join(f"{ratio:.2f}" for ratio in ratios)]
        table.add_row(*row)
    for turn in result.turns:
        if turn.error:
            table.add_row(f"[red]{turn.contender}[/red]: {turn.error.splitlines()[0]}")
    return table


def number(value: float | None) -> str:
    """Return a figure with three digits that count."""
    if value is None:
        return ""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
