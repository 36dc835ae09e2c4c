"""The forms in which ``get`` shows what stands and what changes."""

import contextlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TextIO

import click

from clusterimport.cli.printing.objects import yaml_of
from clusterimport.cli.printing.redaction import shown_object
from clusterimport.cli.printing.tables import Cell, console_of, print_drawn, table_of
from clusterimport.live.selection import Content
from clusterimport.live.standing import Moment
from clusterimport.live.tables import TABLES
from clusterimport.model.gvr import GroupVersionResource
from clusterimport.model.meta import Object, name_of

_STYLES: Final = {"True": "green", "False": "red", "Unknown": "yellow"}
"""Cells that are to be seen at a glance."""


class View(Protocol):
    """Prints content; used by one command, once."""

    def show(self, chosen: Content, now: datetime) -> None:
        """Print what stands."""

    def following(self, chosen: Content, now: datetime) -> contextlib.AbstractContextManager[None]:
        """Print what stands, and go on with ``turn`` inside the block."""

    def turn(self, turn: Moment, chosen: Content, now: datetime) -> None:
        """Print what has changed."""


def view_of(output: str | None, stream: TextIO, *, show_secrets: bool) -> View:
    """Return the view for a value of ``-o``."""
    if output in {"json", "yaml"}:
        return DocumentView(stream, is_json=output == "json", show_secrets=show_secrets)
    drawn = Drawing(wide=output == "wide")
    return ScreenView(stream, drawn) if stream.isatty() else LineView(stream, drawn)


class Drawing:
    """Makes tables and lines of objects."""

    def __init__(self, *, wide: bool) -> None:
        self._wide = wide

    def tables(self, chosen: Content, now: datetime) -> Iterator[Any]:
        """Give a table for each type of which something is chosen."""
        for one in TABLES:
            rows = [
                [_coloured(cell) for cell in one.row(obj, now, wide=self._wide)]
                for obj in chosen.get(one.gvr, ())
            ]
            titles = [column.title for column in one.shown(wide=self._wide)]
            if rows:
                yield table_of(titles, rows, title=one.title)

    def line(self, gvr: GroupVersionResource, obj: Object, now: datetime) -> str:
        """Return an object as one line."""
        one = next(each for each in TABLES if each.gvr == gvr)
        _, *cells = one.row(obj, now, wide=self._wide)
        return "   ".join([f"{one.singular}/{name_of(obj)}", *(cell or "-" for cell in cells)])

    @staticmethod
    def end(gvr: GroupVersionResource, obj: Object) -> str:
        """Return the line for an object that is gone."""
        one = next(each for each in TABLES if each.gvr == gvr)
        return f"{one.singular}/{name_of(obj)}   deleted"


class LineView:
    """Tables, and then a line for each change, for a pipe or a log."""

    def __init__(self, stream: TextIO, drawing: Drawing) -> None:
        self._stream = stream
        self._drawing = drawing
        self._shown: set[tuple[GroupVersionResource, str]] = set()
        self._troubles: Sequence[str] = ()

    def show(self, chosen: Content, now: datetime) -> None:
        """Print tables with an empty line between them."""
        for index, drawn in enumerate(self._drawing.tables(chosen, now)):
            if index:
                self._stream.write("\n")
            print_drawn(drawn)
        self._shown = _keys(chosen)

    @contextlib.contextmanager
    def following(self, chosen: Content, now: datetime) -> Iterator[None]:
        """Print the tables first."""
        self.show(chosen, now)
        self._stream.flush()
        yield

    def turn(self, turn: Moment, chosen: Content, now: datetime) -> None:
        """Print a line for each change of what is, or was, chosen."""
        present = _keys(chosen)
        for change in turn.changes:
            key = (change.gvr, name_of(change.object))
            if change.is_gone and key in self._shown:
                self._stream.write(self._drawing.end(change.gvr, change.object) + "\n")
            elif not change.is_gone and key in present:
                self._stream.write(self._drawing.line(change.gvr, change.object, now) + "\n")
        self._stream.flush()
        self._shown = present
        self._troubles = _tell_troubles(turn, self._troubles)


class ScreenView(LineView):
    """Tables that are drawn anew with each change, for a terminal."""

    def __init__(self, stream: TextIO, drawing: Drawing) -> None:
        super().__init__(stream, drawing)
        self._live: Any = None

    @contextlib.contextmanager
    def following(self, chosen: Content, now: datetime) -> Iterator[None]:
        """Keep the tables on the screen."""
        from rich.live import Live  # noqa: PLC0415 - only for this

        screen = self._group(chosen, (), now)
        with Live(screen, console=console_of(), auto_refresh=False) as self._live:
            self._live.refresh()
            yield

    def turn(self, turn: Moment, chosen: Content, now: datetime) -> None:
        """Draw again."""
        self._live.update(self._group(chosen, turn.troubles, now), refresh=True)

    def _group(self, chosen: Content, troubles: Sequence[str], now: datetime) -> Any:
        from rich.console import Group  # noqa: PLC0415 - as above

        return Group(*self._drawing.tables(chosen, now), *troubles)


class DocumentView:
    """Objects as JSON or YAML: a list, and then one document for each change."""

    def __init__(self, stream: TextIO, *, is_json: bool, show_secrets: bool) -> None:
        self._stream = stream
        self._is_json = is_json
        self._show_secrets = show_secrets
        self._shown: set[tuple[GroupVersionResource, str]] = set()
        self._troubles: Sequence[str] = ()

    def show(self, chosen: Content, now: datetime) -> None:  # noqa: ARG002 - has no ages
        """Print a ``List``."""
        items = [self._form(obj) for objects in chosen.values() for obj in objects]
        self._write({"apiVersion": "v1", "kind": "List", "items": items})

    @contextlib.contextmanager
    def following(self, chosen: Content, now: datetime) -> Iterator[None]:  # noqa: ARG002
        """Print each object as a document of its own."""
        for objects in chosen.values():
            for obj in objects:
                self._document(obj)
        self._shown = _keys(chosen)
        yield

    def turn(self, turn: Moment, chosen: Content, now: datetime) -> None:  # noqa: ARG002
        """Print each object that has changed; of one that is gone its last state."""
        present = _keys(chosen)
        for change in turn.changes:
            if (change.gvr, name_of(change.object)) in (present | self._shown):
                self._document(change.object)
        self._shown = present
        self._troubles = _tell_troubles(turn, self._troubles)

    def _document(self, obj: Object) -> None:
        if not self._is_json:
            self._stream.write("---\n")
        self._write(self._form(obj))
        self._stream.flush()

    def _write(self, value: Object) -> None:
        if self._is_json:
            self._stream.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        else:
            self._stream.write(yaml_of(value))

    def _form(self, obj: Object) -> dict[str, Any]:
        return shown_object(obj, show_secrets=self._show_secrets)


def _coloured(cell: str) -> Cell:
    style = _STYLES.get(cell)
    return (cell, style) if style else cell


def _keys(chosen: Content) -> set[tuple[GroupVersionResource, str]]:
    return {(gvr, name_of(obj)) for gvr, objects in chosen.items() for obj in objects}


def _tell_troubles(turn: Moment, told: Sequence[str]) -> Sequence[str]:
    for trouble in turn.troubles:
        if trouble not in told:
            click.echo(f"clusterimport: {trouble}", err=True)
    return turn.troubles
