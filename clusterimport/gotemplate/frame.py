"""What a running template can reach: its variables, the output, the meter; and its failures."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec import Struct

from clusterimport.gotemplate.errors import ExecError, LimitError
from clusterimport.gotemplate.functions import Structure
from clusterimport.gotemplate.gostrings import byte_len
from clusterimport.gotemplate.limits import Meter
from clusterimport.gotemplate.nodes import Action, Argument, Command, TemplateCall
from clusterimport.gotemplate.printf import quote

__all__ = [
    "UNSET",
    "Compiled",
    "Eval",
    "Failures",
    "Frame",
    "Place",
    "PrintSite",
    "Run",
    "Source",
    "charge_size",
    "charge_steps",
]

Place = Argument | Command | Action | TemplateCall | None
"""Where Go would say the error is; None: where the last `and` or `or` stopped."""


class Unset:
    """Type of `UNSET`: a variable whose declaration was not reached."""

    __slots__ = ()


UNSET: Final = Unset()


class PrintSite(NamedTuple):
    """An action that prints: its place, and how it prints."""

    line: int
    column: int
    structure: Structure
    layout: str


class Frame(Struct):
    """One execution of one template. `at` is the place kept by `and` and `or` for errors."""

    variables: list[Any]
    chunks: list[str]
    out: Callable[[str], None]
    spans: list[tuple[int, PrintSite]]
    meter: Meter
    depth: int
    at: Place = None


Eval = Callable[[Frame, Any], Any]
Run = Callable[[Frame, Any], None]


class Compiled(Struct, frozen=True):
    """A closure that gives a value, and where Go's errors stand once it has run."""

    run: Eval
    at: Place


class Source:
    """The text of a template and the places in it."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._known = (0, 1, 0)

    def place(self, pos: int) -> tuple[int, int]:
        """Return line (from 1) and column (bytes, from 0).

        Counts from the place asked for last, since compiling asks for them in order.
        """
        known, line, column = self._known
        if pos < known:
            known, line, column = 0, 1, 0
        line += self.text.count("\n", known, pos)
        start = self.text.rfind("\n", known, pos) + 1
        if start:
            column = 0
        column += byte_len(self.text[max(start, known) : pos])
        self._known = (pos, line, column)
        return line, column

    def line(self, number: int) -> str:
        """Return the text of a line."""
        return self.text.split("\n")[number - 1]


class Failures:
    """Makes Go's errors for one of the templates of a source."""

    def __init__(self, source: Source, template_name: str) -> None:
        self._source = source
        self._template_name = template_name

    def error(self, frame: Frame, at: Place, message: str, safe: str | None = None) -> ExecError:
        """Return the error of a place; `safe` is the message without data, if it has any."""
        node = at or frame.at
        line, column = self._source.place(node.pos if node else 0)
        text, safe_text = self._texts(line, column, node, message, safe or message)
        return ExecError(
            text,
            safe_text,
            name=self._source.name,
            line=line,
            column=column,
            source_line=self._source.line(line),
        )

    def limited(self, frame: Frame, at: Place, error: LimitError) -> LimitError:
        """Give a limit error its place, unless an inner call did."""
        node = at or frame.at
        line, column = self._source.place(node.pos if node else 0)
        text, safe_text = self._texts(line, column, node, error.what, error.what)
        return error.at(
            text,
            safe_text,
            name=self._source.name,
            line=line,
            column=column,
            source_line=self._source.line(line),
        )

    def _texts(
        self, line: int, column: int, node: Place, message: str, safe: str
    ) -> tuple[str, str]:
        start = f"template: {self._source.name}:{line}:{column}: "
        executing = f"executing {quote(self._template_name)} at <{node}>: "
        return start + executing + message, start + safe


def charge_steps(frame: Frame, failures: Failures, at: Place, steps: int) -> None:
    """Spend steps; a LimitError gets its place."""
    try:
        frame.meter.spend(steps)
    except LimitError as error:
        raise failures.limited(frame, at, error) from error


def charge_size(frame: Frame, failures: Failures, at: Place, size: int) -> None:
    """Charge a text about to be printed; a LimitError gets its place."""
    try:
        frame.meter.size(size)
    except LimitError as error:
        raise failures.limited(frame, at, error) from error
