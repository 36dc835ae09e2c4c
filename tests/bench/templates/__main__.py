"""Measure the speed of templates against Go (`make bench-templates`).

Both languages take turns in one run, since this and other work on the machine slow each other.
A ratio is the median of those of all rounds. The status is 1 where a bound is missed.
"""

import sys
from collections.abc import Callable
from statistics import median
from typing import Final, NamedTuple

from development.controlplane.compiling import BuildError
from tests.bench.templates.goside import GoSide
from tests.bench.templates.ours import EACH, ONCE, TRACED, Ours
from tests.bench.templates.workloads import Workload, workloads

_ROUNDS: Final = 61
_TURN_MICROSECONDS: Final = 10_000
_GO: Final = {
    "text-once": "text/template, parsed once",
    "text-each": "text/template, parsed each time, map of functions, too",
    "text-each-with-one-map": "text/template, parsed each time, map of functions made once",
    "clusterpedia": "Clusterpedia's way, of a policy with one source",
    "clusterpedia-with-name-once": "Clusterpedia's way, of a policy with many sources",
}
_OURS: Final = (ONCE, TRACED, EACH)
# What is compared stands side by side.
_TURNS: Final = (
    "clusterpedia",
    "clusterpedia-with-name-once",
    ONCE,
    "text-once",
    TRACED,
    "text-each",
    EACH,
    "text-each-with-one-map",
)

Figures = dict[str, list[float]]
"""Microseconds of each round, by way."""


class Point(NamedTuple):
    """A bound for the ratio of two ways; the stricter of two comparisons has it."""

    text: str
    dividend: str
    divisor: str
    at_most: float | None = None
    at_least: float | None = None

    def verdict(self, ratio: float) -> str:
        """Say whether the bound holds."""
        if self.at_most is not None:
            return f"at most {self.at_most}: {'holds' if ratio <= self.at_most else 'MISSED'}"
        if self.at_least is not None:
            return f"at least {self.at_least}: {'holds' if ratio >= self.at_least else 'MISSED'}"
        return "no bound"


_POINTS: Final = (
    Point("(1) parsed once, ours takes {:.2f} of Go's time", ONCE, "text-once", at_most=1.5),
    Point(
        "(2) parsed once, ours is {:.1f} times as fast as Clusterpedia with many sources",
        "clusterpedia-with-name-once",
        ONCE,
        at_least=8,
    ),
    Point("    and {:.1f} times as fast as with one source", "clusterpedia", ONCE),
    Point(
        "(3) parsed each time, ours takes {:.1f} times Go's time with functions made once",
        EACH,
        "text-each-with-one-map",
        at_most=6,
    ),
    Point("    and {:.1f} times its time where they are made each time", EACH, "text-each"),
)


def main() -> int:
    """Measure all workloads; return the exit status."""
    try:
        held = [_measured(workload) for workload in workloads()]
    except BuildError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0 if all(held) else 1


def _measured(workload: Workload) -> bool:
    """Measure one workload and print its figures; tell whether all bounds hold."""
    ours = Ours(workload)
    with GoSide(workload, sys.stdout) as go:
        for way, rendered in go.rendered.items():
            if rendered != ours.rendered:
                print(f"{workload.title}: {_GO[way]} renders something else\n{rendered}")
                return False
        clocks: dict[str, Callable[[str, int], float]] = dict.fromkeys(_GO, go.microseconds)
        clocks |= dict.fromkeys(_OURS, ours.microseconds)
        figures = _figures(clocks)
    sizes = ", ".join(f"{len(text):,}" for text in ours.rendered)
    print(f"\n{workload.title}: name, condition and cluster of {sizes} characters")
    for way, title in (_GO | dict(zip(_OURS, _OURS, strict=True))).items():
        times = figures[way]
        print(f"  {title:62} {median(times):7.1f} us, best {min(times):7.1f}")
    verdicts = [_judged(point, figures) for point in _POINTS]
    return all(verdicts)


def _figures(clocks: dict[str, Callable[[str, int], float]]) -> Figures:
    """Let all ways take turns."""
    counts = {way: int(_TURN_MICROSECONDS / clock(way, 20)) for way, clock in clocks.items()}
    figures: Figures = {way: [] for way in clocks}
    for _ in range(_ROUNDS):
        for way in _TURNS:
            figures[way].append(clocks[way](way, counts[way]))
    return figures


def _judged(point: Point, figures: Figures) -> bool:
    """Print the ratio of a point; tell whether its bound holds."""
    pairs = zip(figures[point.dividend], figures[point.divisor], strict=True)
    ratio = median(dividend / divisor for dividend, divisor in pairs)
    verdict = point.verdict(ratio)
    print(f"  {point.text.format(ratio)}; {verdict}")
    return "MISSED" not in verdict


if __name__ == "__main__":
    sys.exit(main())
