"""A rendered text: what of it actions printed, and where these stand in the template."""

from bisect import bisect_right
from typing import Final, NamedTuple

from clusterimport.engine.errors import DocumentError
from clusterimport.gotemplate.functions import Structure
from clusterimport.limits.counted import Limit

__all__ = ["Output", "OutputSpan", "place", "without_missing"]

_NO_VALUE: Final = "<no value>"


class OutputSpan(NamedTuple):
    """What one action printed: characters of the output, and the action's place, from 1.

    `layout` is the white space at its start that `indent` or `nindent` put there.
    """

    start: int
    end: int
    line: int
    column: int
    structure: Structure
    layout: str = ""


class Output(NamedTuple):
    """A rendered text, which part of it was printed by actions, and the template it is from."""

    text: str
    spans: tuple[OutputSpan, ...]
    template: str

    def error(self, problem: str, offset: int, *, limit: Limit | None = None) -> DocumentError:
        """Make the error for a character of the text, with the template's line and column."""
        line, column = place(self, offset)
        return DocumentError(problem, line=line, column=column, limit=limit)

    def printed_in(self, start: int, end: int) -> OutputSpan | None:
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
    spans: list[OutputSpan] = []
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


def place(output: Output, offset: int) -> tuple[int, int]:
    """Return line and column, from 1, of the template text that printed a character.

    For literal text the line is found again by its content, after the action before it.
    """
    before: OutputSpan | None = None
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


def _end_of(span: OutputSpan) -> int:
    return span.end
