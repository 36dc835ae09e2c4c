"""A template: parsed and compiled once, rendered many times."""

import sys
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from clusterimport.gotemplate import sprig
from clusterimport.gotemplate.builtins import BUILTINS
from clusterimport.gotemplate.compiler import CompiledTemplate, compile_templates
from clusterimport.gotemplate.coverage import Coverage
from clusterimport.gotemplate.errors import LimitError
from clusterimport.gotemplate.frame import Frame, PrintSite, Run, Source
from clusterimport.gotemplate.functions import Entry, Structure
from clusterimport.gotemplate.gostrings import byte_len, joined
from clusterimport.gotemplate.limits import Limits, Meter
from clusterimport.gotemplate.nodes import NodeList, Text
from clusterimport.gotemplate.parser import parse
from clusterimport.gotemplate.values import MISSING, copied

__all__ = ["DEFAULT", "Rendered", "Span", "Template"]

_TOO_DEEP: Final = "nested too deeply"
_DEEP_STACK: Final = 30_000
# Sprig comes last: its `slice` replaces the builtin one.
DEFAULT: Final[Mapping[str, Entry]] = MappingProxyType({**BUILTINS, **sprig.FUNCTIONS})


class Span(NamedTuple):
    """What one run of an action printed: characters [start, end) of the rendered text.

    `line` (from 1) and `column` (bytes, from 0) are the action's place in the template;
    `structure` tells what its outermost function makes, `layout` the white space that `indent` or
    `nindent` put before that.
    """

    start: int
    end: int
    line: int
    column: int
    structure: Structure
    layout: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered text and the spans of it that actions printed, in order."""

    text: str
    spans: tuple[Span, ...]


class Template:
    """A parsed Go template.

    Raises ParseError, RefusedFunctionError or LimitError if the text is no template; `render`
    raises ExecError or LimitError. Rendering never changes the data it is given and may be done
    any number of times.
    """

    def __init__(
        self,
        text: str,
        *,
        name: str = "policy",
        functions: Mapping[str, Entry] = DEFAULT,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        coverage: Coverage | None = None,
    ) -> None:
        self.name = name
        self.text = text
        self._limits = limits
        self._functions = functions
        self._coverage = coverage
        self._source = Source(name, text)
        if byte_len(text) > limits.text_bytes:
            raise _unplaced(f"a template longer than {limits.text_bytes} bytes", name, "parse")
        try:
            self.trees = parse(name, text, functions, limits)
            self._compiled = self._compile(traced=False)
        except RecursionError as error:
            raise _unplaced(_TOO_DEEP, name, "parse") from error
        self._mutates = any(template.mutates for template in self._compiled.values())
        self._calls = len(self._compiled) > 1

    @property
    def tree(self) -> NodeList:
        """The tree of the main template; `trees` has all of them by name."""
        return self.trees[self.name]

    def literal_text(self) -> str | None:
        """Return the text of a template without any action, else None."""
        nodes = self.tree.nodes
        texts = [node.text for node in nodes if isinstance(node, Text)]
        return "".join(texts) if len(texts) == len(nodes) else None

    def render(self, data: Any) -> str:
        """Return the rendered text; bytes that are no UTF-8 are surrogate escapes."""
        return self._execute(self._compiled, data, [], [])

    def render_traced(self, data: Any) -> Rendered:
        """Render and tell what each action printed."""
        chunks: list[str] = []
        sites: list[tuple[int, PrintSite]] = []
        text = self._execute(self._traced, data, chunks, sites)
        return Rendered(text, _spans(text, chunks, sites))

    @cached_property
    def _traced(self) -> dict[str, CompiledTemplate]:
        return self._compile(traced=True)

    def _compile(self, *, traced: bool) -> dict[str, CompiledTemplate]:
        return compile_templates(
            self._source, self.trees, self._functions, traced=traced, coverage=self._coverage
        )

    def _execute(
        self,
        compiled: dict[str, CompiledTemplate],
        data: Any,
        chunks: list[str],
        sites: list[tuple[int, PrintSite]],
    ) -> str:
        """Render into `chunks` and return them as one text."""
        main = compiled[self.name]
        if data is None:
            data = MISSING
        meter = Meter(self._limits)
        meter.steps -= main.weight
        frame = Frame([data, *main.variables], chunks, chunks.append, sites, meter, 0)
        try:
            if meter.steps < 0:
                meter.spend(0)
            if self._mutates:
                frame.variables[0] = data = copied(meter, data)
            if self._calls:
                _run_deep(main.body, frame, data)
            else:
                main.body(frame, data)
        except RecursionError as error:
            raise _unplaced(_TOO_DEEP, self.name, "exec") from error
        except LimitError as error:
            if error.placed:
                raise
            raise _unplaced(error.what, self.name, "exec") from error
        text = "".join(chunks)
        size = len(text)
        if not text.isascii():
            text = joined(text)
            size = byte_len(text)
        if size > self._limits.output_bytes:
            raise _unplaced(f"an output larger than {self._limits.output_bytes}", self.name, "exec")
        return text


def _run_deep(body: Run, frame: Frame, data: Any) -> None:
    """Run templates that may call themselves: Go allows that far beyond Python's usual depth.

    Calls between Python functions do not use the C stack; the memory for so many is about 20 MB.
    """
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, _DEEP_STACK))
    try:
        body(frame, data)
    finally:
        sys.setrecursionlimit(usual)


def _unplaced(what: str, name: str, stage: str) -> LimitError:
    text = f"template: {name}: {what}"
    return LimitError(what, stage=stage).at(
        text, text, name=name, line=0, column=None, source_line=""
    )


def _spans(text: str, chunks: list[str], sites: list[tuple[int, PrintSite]]) -> tuple[Span, ...]:
    # Where cut runes met again, the text has fewer characters than its chunks, but the same bytes.
    met = not text.isascii() and len(text) != sum(map(len, chunks))
    chunk_ends = list(accumulate(map(byte_len if met else len, chunks), initial=0))
    spans = [Span(chunk_ends[index], chunk_ends[index + 1], *site) for index, site in sites]
    if met:
        ends = list(accumulate(map(byte_len, text), initial=0))
        spans = [
            span._replace(start=bisect_left(ends, span.start), end=bisect_left(ends, span.end))
            for span in spans
        ]
    return tuple(spans)
