"""What comes of the turns of a run."""

import io
import json

import msgspec
import pytest

from development.bench import report
from development.bench.figures import FIGURES, quantiles
from development.bench.report.table import number
from development.bench.results import Machine, Report, Result, Turn


def turn(contender, error="", **figures):
    return Turn(contender=contender, seconds=1.0, figures=figures, error=error)


def a_report(*turns, peer=True):
    result = Result(scenario="existing", about="a start", size=10, turns=list(turns))
    return Report(
        began="2026-01-01T00:00:00Z",
        n=10,
        machine=Machine(processors=2, memory_mib=1000, load_before=0.1),
        contenders={"clusterimport": "1"} | ({"peer": "2 <b>"} if peer else {}),
        results=[result],
    ).summed()


def test_a_ratio_is_that_of_a_pair_of_turns():
    """Ours by the peer's, first with first and second with second, since the machine drifts."""
    found = a_report(
        turn("clusterimport", import_rate=100.0),
        turn("peer", import_rate=50.0),
        turn("clusterimport", import_rate=90.0),
        turn("peer", import_rate=30.0),
    )

    assert found.ratios == {"existing/10": {"import_rate": [2.0, 3.0]}}
    assert found.medians["existing/10"]["import_rate"] == {"clusterimport": 95.0, "peer": 40.0}


def test_a_turn_without_a_result_takes_no_part():
    """What a contender could not do is told, and nothing is compared with it."""
    found = a_report(turn("clusterimport", memory=3.0), turn("peer", error="peer stopped at 3"))

    assert found.ratios == {"existing/10": {}}
    assert found.medians["existing/10"]["memory"] == {"clusterimport": 3.0}


def test_figures_are_told_in_the_order_of_their_table():
    """Whatever order a scenario has, a reader finds a figure where it always is."""
    found = a_report(turn("clusterimport", memory=1.0, import_rate=2.0), peer=False)

    assert found.results[0].names == ["import_rate", "memory"]
    assert found.ratios == {}


def test_p99_is_one_of_the_values():
    """Of 200 latencies, p99 is the third from the end and p50 the one in the middle."""
    assert quantiles("rotation", [n / 1000 for n in range(201)]) == {
        "rotation_p50": pytest.approx(100),
        "rotation_p99": pytest.approx(198),
    }


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.0, "0"), (0.123, "0.12"), (12.34, "12.3"), (1234.5, "1234")]
)
def test_a_figure_has_three_digits_that_count(value, text):
    """More would tell of chance."""
    assert number(value) == text


def test_the_reports_are_whole(tmp_path):
    """JSON has every turn, the page needs nothing beside it, the terminal has the ratio."""
    first = turn("clusterimport", memory=2.0)
    first.series = [{"seconds": [0.5], "controller MiB": [1.0], "controller cores": [0.1]}]
    first.series[0]["API server cores"] = [0.2]
    first.distributions = {"rotation": [3.0, 1.0]}
    found = a_report(first, turn("peer", memory=1.0))

    report.write(found, tmp_path)
    terminal = io.StringIO()
    report.show(found, terminal)

    told = json.loads((tmp_path / "report.json").read_text())
    assert msgspec.convert(told, Report) == found
    page = (tmp_path / "report.html").read_text()
    assert "<script src=" not in page
    assert "2 &lt;b&gt;" in page
    assert "rotation: latency" in page
    assert FIGURES["memory"].text in page
    (line,) = [line for line in terminal.getvalue().splitlines() if "memory (MiB)" in line]
    assert [word for word in line.split() if word[0].isdigit()] == ["2.00", "1.00", "2.00", "2.00"]
