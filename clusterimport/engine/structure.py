"""The rule that a value cannot change the structure of the document it is printed into.

A template is text, and text is cheap to break out of: a quote, a line break, a `: ` in a value
would make YAML that its author never wrote. So what an action prints has to stay inside one scalar
of the parsed document, may not begin or end one that is quoted unless it is the whole of it, and
must arrive as it was printed. Output of toYaml, toJson and the like is structure, and only has to
arrive as it was printed.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from clusterimport.engine.errors import DocumentError
from clusterimport.engine.yamltree import LINE_BREAKS, MappingNode, Node, Scalar

_HINT: Final = "print it with `toJson` or `quote` instead of writing quotes around it"
_QUOTES: Final = frozenset("\"'")
_BLOCKS: Final = frozenset("|>")
_NO_VALUE: Final = "<no value>"
_ODD_BREAKS: Final = LINE_BREAKS - {"\n"}
_STRUCTURE: Final = (
    "an action prints a value that YAML would read as structure, not as one text; " + _HINT
)


class Span(NamedTuple):
    """What one action printed: characters of the output, and the action's place, from 1."""

    start: int
    end: int
    line: int
    column: int
    structural: bool


class Output(NamedTuple):
    """A rendered text, which part of it was printed by actions, and the template it is from."""

    text: str
    spans: tuple[Span, ...]
    template: str

    def error(self, problem: str, offset: int) -> DocumentError:
        """Make the error for a character of the text, with the template's line and column."""
        line, column = place(self, offset)
        return DocumentError(problem, line=line, column=column)

    def printed_in(self, start: int, end: int) -> Span | None:
        """Return the first span that printed any of these characters."""
        position = bisect_right(self.spans, start, key=_end_of)
        if position < len(self.spans) and self.spans[position].start < end:
            return self.spans[position]
        return None


def without_missing(output: Output) -> Output:
    """Return the output in which missing values printed nothing, as Clusterpedia has it.

    Only a whole `<no value>` of one action is that; one that is put together from pieces, or
    stands inside a value, is refused, so that none can end in a credential.
    """
    if _NO_VALUE not in output.text:
        return output
    pieces: list[str] = []
    spans: list[Span] = []
    position = 0
    removed = 0
    for span in output.spans:
        pieces.append(output.text[position : span.start])
        position = span.end
        printed = output.text[span.start : span.end]
        start = span.start - removed
        if printed == _NO_VALUE:
            removed += len(printed)
            spans.append(span._replace(start=start, end=start))
        else:
            pieces.append(printed)
            spans.append(span._replace(start=start, end=span.end - removed))
    pieces.append(output.text[position:])
    cleaned = Output("".join(pieces), tuple(spans), output.template)
    offset = cleaned.text.find(_NO_VALUE)
    if offset >= 0:
        raise cleaned.error("prints `<no value>` as part of a text; use `default`", offset)
    return cleaned


def check_structure(output: Output, root: Node) -> None:
    """Raise DocumentError if an action printed more than (a part of) one scalar, or structure."""
    checker = _Checker(output, root)
    for span in output.spans:
        if span.start == span.end:
            continue
        problem = _structure_problem(output, span) if span.structural else checker.problem(span)
        if problem:
            raise DocumentError(problem, line=span.line, column=span.column)


def place(output: Output, offset: int) -> tuple[int, int]:
    """Return line and column, from 1, of the template text that printed a character.

    For literal text the line is found again by its content, after the action before it.
    """
    before: Span | None = None
    after = len(output.text)
    for span in output.spans:
        if span.start <= offset < span.end:
            return span.line, span.column
        if span.end <= offset:
            before = span
        else:
            after = span.start
            break
    first = before.line if before else 1
    left = max(output.text.rfind("\n", 0, offset) + 1, before.end if before else 0)
    right = output.text.find("\n", offset)
    fragment = output.text[left : min(after, len(output.text) if right < 0 else right)].strip()
    if fragment:
        lines = list(enumerate(output.template.split("\n"), 1))
        # In a loop the literal text may stand above the action that printed before it.
        for number, line in lines[first - 1 :] + lines[: first - 1]:
            column = line.find(fragment)
            if column >= 0:
                return number, column + 1
    return (before.line, before.column) if before else (1, 1)


def _scalars(node: Node) -> Iterator[Scalar]:
    """Yield the scalars in the order of the text, keys included."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, MappingNode):
        for key, value in node.items:
            yield key
            yield from _scalars(value)
    else:
        for value in node.items:
            yield from _scalars(value)


class _Line(NamedTuple):
    """A line of the output: its bounds, where its blank end begins, and its comment."""

    start: int
    end: int
    blank: int
    comment: int


class _Checker:
    """Judges the spans of one output, in their order; remembers the line it is in."""

    def __init__(self, output: Output, root: Node) -> None:
        self._output = output
        self._text = output.text
        self._scalars = list(_scalars(root))
        self._starts = [scalar.start for scalar in self._scalars]
        self._line: _Line | None = None

    def problem(self, span: Span) -> str:
        """Return what is wrong with a span that is not structure, empty if nothing is."""
        scalar = self._scalar_at(span.start)
        end = span.end
        if scalar is None or end > scalar.end:
            # White space at the end of a line belongs to no scalar and changes nothing.
            if end >= self._line_of(end).blank:
                end = span.start + len(self._text[span.start : end].rstrip(" \t\n\r"))
            if end == span.start:
                return ""
            if scalar is None or end > scalar.end:
                return "" if self._in_comment(span) else _STRUCTURE
        printed = self._text[span.start : end]
        if scalar.style in _QUOTES:
            return _quoted_problem(scalar, span.start, end, printed)
        if scalar.style in _BLOCKS:
            header = self._text.find("\n", scalar.start)
            return "" if 0 <= header <= span.start else _begins("a block text")
        if LINE_BREAKS & set(printed):
            return "an action prints a line break into an unquoted value; " + _HINT
        return ""

    def _scalar_at(self, offset: int) -> Scalar | None:
        """Return the last scalar that begins at or before a character."""
        position = bisect_right(self._starts, offset) - 1
        return self._scalars[position] if position >= 0 else None

    def _in_comment(self, span: Span) -> bool:
        """Whether a `#` of the template's own text makes the rest of the line a comment."""
        if LINE_BREAKS & set(self._text[span.start : span.end]):
            return False
        return self._line_of(span.start).comment <= span.start

    def _line_of(self, offset: int) -> _Line:
        line = self._line
        if line is None or not line.start <= offset <= line.end:
            start = self._text.rfind("\n", 0, offset) + 1
            end = self._text.find("\n", offset)
            end = len(self._text) if end < 0 else end
            blank = start + len(self._text[start:end].rstrip(" \t\r"))
            line = self._line = _Line(start, end, blank, self._comment(start, end))
        return line

    def _comment(self, start: int, end: int) -> int:
        """Return where a comment begins in a line, its end plus one where none does."""
        offset = start
        while (offset := self._text.find("#", offset, end)) >= 0:
            scalar = self._scalar_at(offset)
            span = self._output.printed_in(offset, offset + 1)
            if scalar is not None and offset < scalar.end:
                offset = scalar.end
            elif span is not None:
                offset = span.end
            elif _ODD_BREAKS & set(self._text[offset:end].removesuffix("\r")):
                # YAML ends the comment before the line does; who writes that is not understood.
                return end + 1
            else:
                return offset
        return end + 1


def _structure_problem(output: Output, span: Span) -> str:
    """Return what is wrong with structure: JSON leaves a character that YAML folds to a space."""
    if _ODD_BREAKS.isdisjoint(output.text[span.start : span.end]):
        return ""
    return (
        "an action prints a line break that YAML would read as a space; print it by `toYaml` or "
        "`quote`"
    )


def _quoted_problem(scalar: Scalar, start: int, end: int, printed: str) -> str:
    if start <= scalar.start and end >= scalar.end:
        return ""
    if start <= scalar.start or end >= scalar.end:
        return _begins("a quoted text")
    breaking = LINE_BREAKS | ({"\\", '"'} if scalar.style == '"' else {"'"})
    if breaking & set(printed):
        return (
            "an action prints a quote, backslash or line break between quotes, where it would not "
            "arrive as it is; " + _HINT
        )
    return ""


def _begins(what: str) -> str:
    return f"an action prints the beginning or end of {what} whose rest it does not print; {_HINT}"


def _end_of(span: Span) -> int:
    return span.end
