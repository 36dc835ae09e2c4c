"""Tables as kubectl draws them, which wrap on a terminal and are never cut elsewhere.

The only importer of rich, and only for a terminal, or for several tables: it takes a tenth of a
command's time.
"""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Cell = str | tuple[str, str]
"""A text, or a text and a style of rich, such as ``red``."""

_UNLIMITED: Final = 10_000


def print_table(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows on standard output."""
    if sys.stdout.isatty():
        print_drawn(table_of(headers, rows))
        return
    for line in _plain_lines(headers, rows):
        click.echo(line)


def _plain_lines(headers: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    """Yield a table as lines of a text, which nothing wraps or colours."""
    texts = [[each if isinstance(each, str) else each[0] for each in row] for row in rows]
    table = [list(headers), *texts]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def print_drawn(table: "Table") -> None:
    """Print what `table_of` returned, as `print_table` does."""
    console = console_of()
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as drawn:
        console.print(table)
    console.out("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def table_of(headers: Sequence[str], rows: Sequence[Sequence[Cell]], *, title: str = "") -> "Table":
    """Return rows as something that a console prints."""
    from rich.table import Table  # noqa: PLC0415 - see above
    from rich.text import Text  # noqa: PLC0415 - see above

    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        title=title or None,
        title_justify="left",
        title_style="bold",
    )
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(Text(each) if isinstance(each, str) else Text(*each) for each in row))
    return table


def console_of(*, stderr: bool = False) -> "Console":
    """Return standard output or error; coloured, and as wide as it is, only on a terminal.

    ``NO_COLOR`` counts.
    """
    from rich.console import Console  # noqa: PLC0415 - see above

    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _UNLIMITED
    return console
