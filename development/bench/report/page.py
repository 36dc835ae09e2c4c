"""The report as one HTML page, which needs nothing beside it."""

import html
from collections.abc import Iterator
from typing import Final

from plotly import graph_objects, offline

from development.bench.figures import FIGURES
from development.bench.report.table import number
from development.bench.results import Report, Result, Turn

COLOURS: Final = ("#1f77b4", "#ff7f0e")
_STYLE: Final = """body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 70em }
table { border-collapse: collapse; margin: 1em 0 }
td, th { border-bottom: 1px solid #ccc; padding: .2em .8em; text-align: right }
td:first-child, th:first-child, td.text { text-align: left }
.plots { display: flex; flex-wrap: wrap } .error { color: #b00 }"""


def page(report: Report) -> str:
    """Return the page: for each scenario a table, latencies, memory and processors by the clock."""
    sides = "".join(
        f"<li>{html.escape(name)}: {html.escape(version)}</li>"
        for name, version in report.contenders.items()
    )
    machine = report.machine
    body = "".join(_section(result, list(report.contenders)) for result in report.results)
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>clusterimport: bench</title>"
        f"<style>{_STYLE}</style><script>{offline.get_plotlyjs()}</script>"
        f"<h1>Benchmark of {html.escape(report.began)}, N = {report.n}</h1><ul>{sides}</ul>"
        f"<p>{machine.processors} processors, {machine.memory_mib} MiB; load before: "
        f"{machine.load_before}. Ratios within the run are what counts.</p>{body}</html>"
    )


def _section(result: Result, names: list[str]) -> str:
    errors = "".join(
        f"<p class=error>{html.escape(turn.contender)}: {html.escape(turn.error)}</p>"
        for turn in result.turns
        if turn.error
    )
    plots = "".join(
        plot.to_html(full_html=False, include_plotlyjs=False) for plot in _plots(result, names)
    )
    return (
        f"<h2>{html.escape(result.scenario)}, N = {result.size}</h2>"
        f"<p>{html.escape(result.about)}</p>{errors}{_table(result, names)}"
        f"<div class=plots>{plots}</div>"
    )


def _table(result: Result, names: list[str]) -> str:
    is_compared = len(names) > 1
    heads = ["figure", *names, *(["ratio of each pair"] if is_compared else []), "meaning"]
    rows = ["".join(f"<th>{html.escape(head)}</th>" for head in heads)]
    for figure in result.names:
        meaning = FIGURES[figure]
        cells = [f"{figure} {f'({meaning.unit})' if meaning.unit else ''}"]
        cells += [number(result.median(name, figure)) for name in names]
        if is_compared:
            ratios = result.ratios(names[0], names[1], figure)
            cells.append(" ".join(f"{ratio:.2f}" for ratio in ratios))
        row = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        rows.append(f"{row}<td class=text>{html.escape(meaning.text)}</td>")
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _plots(result: Result, names: list[str]) -> Iterator[graph_objects.Figure]:
    latencies = sorted({name for turn in result.turns for name in turn.distributions})
    for name in latencies:
        plot = _plot(f"{name}: latency", "ms", "share that was no later")
        for turn in result.turns:
            values = sorted(turn.distributions.get(name, ()))
            shares = [(position + 1) / len(values) for position in range(len(values))]
            plot.add_scatter(x=values, y=shares, **_line(turn, names))
        plot.update_xaxes(type="log")
        yield plot
    for column in ("controller MiB", "controller cores", "API server cores"):
        plot = _plot(column, "s", column.rpartition(" ")[2])
        for turn in result.turns:
            for series in turn.series:
                plot.add_scatter(x=series["seconds"], y=series[column], **_line(turn, names))
        if plot.data:
            yield plot


def _plot(title: str, x: str, y: str) -> graph_objects.Figure:
    return graph_objects.Figure(
        layout={
            "title": title,
            "xaxis": {"title": x},
            "yaxis": {"title": y, "rangemode": "tozero"},
            "width": 540,
            "height": 360,
            "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        }
    )


def _line(turn: Turn, names: list[str]) -> dict[str, object]:
    colour = COLOURS[names.index(turn.contender)]
    return {"name": turn.contender, "mode": "lines", "line": {"color": colour, "width": 1}}
