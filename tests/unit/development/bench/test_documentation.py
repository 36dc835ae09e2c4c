"""docs/performance.md, beside the code."""

import re

from development.bench.figures import FIGURES
from development.bench.scenarios import SCENARIOS
from development.manifests import ROOT

PAGE = (ROOT / "docs" / "performance.md").read_text()


def test_every_figure_is_explained_as_the_code_explains_it():
    """Whoever reads a report finds the same words, unit and order in the documentation."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    wanted = [(name, each.unit or "count", each.text) for name, each in FIGURES.items()]

    assert [row for row in rows if row[0] in FIGURES] == wanted


def test_every_scenario_is_told_in_its_order():
    """The table has the scenarios, in the order in which they run."""
    assert [
        name for name in re.findall(r"^\| `(\w+)` ", PAGE, re.MULTILINE) if name in SCENARIOS
    ] == [*SCENARIOS]
