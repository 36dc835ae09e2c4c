"""What a run has found, in the form of its JSON file."""

from statistics import median

import msgspec

from development.bench.figures import FIGURES, Figures
from development.bench.processes import Series


class Turn(msgspec.Struct, kw_only=True):
    """One turn of a contender."""

    contender: str
    seconds: float
    """How long it took, with its control plane."""
    figures: Figures
    error: str = ""
    """Why it has no figures."""
    series: list[Series] = msgspec.field(default_factory=list)
    """What was followed by the clock, for each replica."""
    distributions: dict[str, list[float]] = msgspec.field(default_factory=dict)
    """Latencies in milliseconds."""


class Result(msgspec.Struct, kw_only=True):
    """A scenario at one size, with the turns in their order."""

    scenario: str
    about: str
    size: int
    turns: list[Turn]

    @property
    def names(self) -> list[str]:
        """The figures that there are, in the order of FIGURES."""
        return [name for name in FIGURES if any(name in turn.figures for turn in self.turns)]

    def of(self, contender: str, name: str) -> list[float]:
        """Return a figure in each turn of a contender that has it."""
        turns = [turn for turn in self.turns if turn.contender == contender]
        return [turn.figures[name] for turn in turns if name in turn.figures]

    def median(self, contender: str, name: str) -> float | None:
        """Return the median of a figure."""
        values = self.of(contender, name)
        return median(values) if values else None

    def ratios(self, ours: str, peer: str, name: str) -> list[float]:
        """Return ours by the peer's in each pair of turns that have both."""
        both = zip(self.of(ours, name), self.of(peer, name), strict=False)
        return [mine / other for mine, other in both if other]


class Machine(msgspec.Struct, kw_only=True):
    """Where it was measured."""

    processors: int
    memory_mib: int
    load_before: float
    """Processes that wanted to run before we began; above 0.5, figures are not to be trusted."""


class Report(msgspec.Struct, kw_only=True):
    """A run."""

    version: int = 1
    """Of this form."""
    began: str
    n: int
    machine: Machine
    contenders: dict[str, str]
    """Names and versions; ours is the first."""
    results: list[Result]
    medians: dict[str, dict[str, dict[str, float]]] = msgspec.field(default_factory=dict)
    """By `scenario/size`, figure and contender; filled in by `summed`."""
    ratios: dict[str, dict[str, list[float]]] = msgspec.field(default_factory=dict)
    """By `scenario/size` and figure: ours by the peer's, of each pair of turns."""

    def summed(self) -> "Report":
        """Return the report with medians and ratios."""
        medians: dict[str, dict[str, dict[str, float]]] = {}
        ratios: dict[str, dict[str, list[float]]] = {}
        names = list(self.contenders)
        for result in self.results:
            key = f"{result.scenario}/{result.size}"
            medians[key] = {
                name: {
                    contender: found
                    for contender in names
                    if (found := result.median(contender, name)) is not None
                }
                for name in result.names
            }
            if len(names) > 1:
                found_ratios = {
                    name: result.ratios(names[0], names[1], name) for name in result.names
                }
                ratios[key] = {name: found for name, found in found_ratios.items() if found}
        return msgspec.structs.replace(self, medians=medians, ratios=ratios)
