"""The three forms of a report: a table on the terminal, JSON, one HTML page."""

from pathlib import Path

import msgspec

from development.bench.report.page import page
from development.bench.report.table import show
from development.bench.results import Report

__all__ = ["show", "write"]


def write(report: Report, folder: Path) -> None:
    """Write `report.json` and `report.html`."""
    content = msgspec.json.format(msgspec.json.encode(report), indent=1)
    (folder / "report.json").write_bytes(content)
    (folder / "report.html").write_text(page(report), encoding="utf-8")
