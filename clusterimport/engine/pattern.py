"""The pattern of a rendered text: a harmless word in place of what each action printed."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

from clusterimport.engine.errors import DocumentError
from clusterimport.engine.output import Output, OutputSpan
from clusterimport.engine.yamltree import LINE_BREAKS, Node, Scalar, load_tree
from clusterimport.gotemplate.functions import Structure

__all__ = ["BLOCKS", "QUOTES", "SPACE", "Form", "Pattern", "Word"]

_MARK_DIGITS: Final = 32
_KEPT_CHARS: Final = 8192
SPACE: Final = " \t\r\n"
QUOTES: Final = frozenset("\"'")
BLOCKS: Final = frozenset("|>")
_LINE_END: Final = re.compile(r"[ \t\r]{0,256}(?:\n|\Z)")
_BLOCK_KEY: Final = re.compile(r'(?:[^\s"{\[:]+|"(?:[^"\\]|\\.)*+"):(?:\s|\Z)|\? ')
_BREAKING_DOUBLE: Final = LINE_BREAKS | {'"', "\\"}
_BREAKING_SINGLE: Final = LINE_BREAKS | {"'"}
_BREAKING_PLAIN: Final = re.compile(
    r"""\A[][{},#&*!|>'"%@`]|\A[-?:](?:\s|\Z)|:(?:\s|\Z)|\s#|[][{},\n\r\x85\u2028\u2029]"""
)


_HINT: Final = "print it with `toJson` or `quote` instead of writing quotes around it"
_STRUCTURE: Final = (
    "an action prints a value that YAML would read as structure, not as one text; " + _HINT
)
_PARTIAL: Final = (
    "an action prints the beginning or end of {} whose rest it does not print; " + _HINT
)
_BETWEEN_QUOTES: Final = (
    "an action prints a quote, backslash or line break between quotes, where it would not arrive "
    "as it is; " + _HINT
)
_OWN_QUOTES: Final = (
    "an action prints a value with quotes around it, which YAML would take away; print it with "
    "`toJson` or `quote`"
)
_SINGLE_QUOTED: Final = (
    "an action prints by `squote` what would not arrive as it is, since `squote` escapes nothing; "
    "print it with `toJson` or `quote`"
)
_LEADING_SPACE: Final = (
    "an action prints white space before an unquoted value, which YAML would take away; " + _HINT
)
_UNQUOTED_BREAK: Final = "an action prints a line break into an unquoted value; " + _HINT
_IN_BLOCK: Final = (
    "an action prints lines into a block text that would not arrive as they are; begin the block "
    "by `|` and indent the value by `nindent`, or " + _HINT
)
_DECODED: Final = (
    "an action prints a decoded kubeconfig or certificate, and the fields for these take base64, "
    "which the data of a Secret is already: leave `b64dec` out, or print it through `b64enc`"
)
_CREDENTIAL: Final = re.compile(r"-----BEGIN |current-context|\bclusters\W*:")
_NOT_WHOLE: Final = (
    "an action prints YAML, JSON or a quoted text that is not the whole of a value here, so that "
    "it would not arrive as it is; write nothing before or behind it, no quotes around it, and "
    "bring several lines to their place by `nindent`"
)


class Form(Enum):
    """What a word is written as, so that it can stand where the printed text stands."""

    TEXT = "{}"
    KEY = "{}:"
    ITEM = "- {}"


class Word(NamedTuple):
    """What stands in the pattern for one span: where it begins there, and in its line."""

    span: OutputSpan
    printed: str
    """Without its layout."""
    form: Form
    start: int
    column: int

    def error(self, style: str | None) -> DocumentError:
        """Make the error for a span that does not arrive.

        ``style`` is that of the scalar where it should, None if there is none.
        """
        return DocumentError(self._problem(style), line=self.span.line, column=self.span.column)

    def breaks(self, style: str, *, is_whole: bool) -> bool:
        """Tell whether the text could end a scalar of a style before its time."""
        text = self.printed.strip(SPACE)
        if self.span.structure is not Structure.SCALAR and not style:
            # What is whole brings its own quotes, and only `squote` does not escape them.
            return not is_whole or (text[0] == "'" and "'" in text[1:-1])
        if style == '"':
            return not _BREAKING_DOUBLE.isdisjoint(text)
        if style == "'":
            return not _BREAKING_SINGLE.isdisjoint(text)
        return _BREAKING_PLAIN.search(text) is not None

    def _problem(self, style: str | None) -> str:
        text = self.printed.strip(SPACE)
        if self.span.structure is Structure.MAKES:
            return _NOT_WHOLE
        if _CREDENTIAL.search(text):
            return _DECODED
        if style is None:
            return _STRUCTURE
        if style in QUOTES:
            return _BETWEEN_QUOTES
        if style in BLOCKS:
            return _IN_BLOCK
        if self.span.structure is Structure.QUOTES:
            return _SINGLE_QUOTED if text[0] == "'" else _NOT_WHOLE
        if text[:1] in QUOTES:
            whole = len(text) > 1 and text[0] == text[-1]
            return _OWN_QUOTES if whole else _PARTIAL.format("a quoted text")
        if self.printed[:1].isspace() and text:
            return _LEADING_SPACE
        if text[:1] in BLOCKS:
            return _PARTIAL.format("a block text")
        if text[-1:] in QUOTES:
            return _PARTIAL.format("a quoted text")
        return _STRUCTURE if LINE_BREAKS.isdisjoint(text) else _UNQUOTED_BREAK


class Pattern:
    """The output with a word for each span; `words` are in the order of the text.

    `blanks` printed nothing but white space at the end of a line, and have no word.
    """

    def __init__(self, output: Output) -> None:
        self.words: list[Word] = []
        self.blanks: list[Word] = []
        spans: list[OutputSpan] = []
        for span in output.spans:
            printed = output.text[span.start : span.end]
            if _prints(output.text, span):
                spans.append(span)
            elif printed:
                self.blanks.append(Word(span, printed, Form.TEXT, 0, 0))
        literal = _literal_texts(output.text, spans)
        # No text holds a digest of itself, and no escape of YAML begins with a capital Z.
        digest = sha256("".join(literal).encode("utf-8", "surrogateescape"))
        mark = f"Z{digest.hexdigest()[:_MARK_DIGITS]}Z"
        self._word = re.compile(f"{mark}([0-9]+)Z")
        pieces = [literal[0]]
        length = len(literal[0])
        line_start = literal[0].rfind("\n") + 1
        for index, span in enumerate(spans):
            printed = output.text[span.start : span.end]
            layout = _layout_of(span, printed)
            if "\n" in layout:
                line_start = length + layout.rfind("\n") + 1
            printed = printed[len(layout) :]
            start = length + len(layout)
            form = _form_of(span, printed)
            self.words.append(Word(span, printed, form, start, start - line_start))
            after = literal[index + 1]
            piece = f"{layout}{form.value.format(f'{mark}{index}Z')}{after}"
            if "\n" in after:
                line_start = length + piece.rfind("\n") + 1
            pieces.append(piece)
            length += len(piece)
        self.text = "".join(pieces)
        self._starts = [word.start for word in self.words]

    def tree(self) -> Node | None:
        """Parse it; raises YamlError. All sources of a policy have the same few patterns."""
        return (_kept_tree if len(self.text) <= _KEPT_CHARS else load_tree)(self.text)

    def word_at(self, offset: int) -> Word:
        """Return the last word that begins at or before a character, or the first of all."""
        return self.words[max(bisect_right(self._starts, offset) - 1, 0)]

    def whole(self, scalar: Scalar) -> Word | None:
        """Return the word that a scalar is, if it is one and nothing else."""
        found = None if scalar.style else self._word.fullmatch(scalar.value)
        return self.words[int(found[1])] if found else None

    def pieces(self, value: str) -> Iterator[tuple[str, Word | None]]:
        """Cut the value of a scalar into the template's own text and the words between."""
        position = 0
        for found in self._word.finditer(value):
            word = self.words[int(found[1])]
            before, _, after = word.form.value.partition("{}")
            start, end = found.start() - len(before), found.end() + len(after)
            if start < position or value[start : found.start()] != before:
                raise word.error("")
            yield value[position:start], None
            yield value[start:end], word
            position = end
        yield value[position:], None

    def indent(self, scalar: Scalar) -> str:
        """Return the white space that YAML takes from each line of a block text."""
        header = self.text.find("\n", scalar.start) + 1
        written = _first_indent(self.text[header : scalar.end])
        return " " * (written - _first_indent(scalar.value))


@lru_cache(maxsize=64)
def _kept_tree(text: str) -> Node | None:
    return load_tree(text)


def _prints(text: str, span: OutputSpan) -> bool:
    """Tell whether a span has more in it than white space at the end of a line."""
    if text[span.start : span.end].strip(SPACE):
        return True
    return span.start < span.end and _LINE_END.match(text, span.end) is None


def _literal_texts(text: str, spans: list[OutputSpan]) -> list[str]:
    """Return what stands before, between and behind the spans."""
    starts = [0, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _layout_of(span: OutputSpan, printed: str) -> str:
    """Return the white space before a text that is its author's, not part of the value."""
    if span.structure is Structure.SCALAR:
        return span.layout if printed.startswith(span.layout) else ""
    # Neither structure nor a quote begins with any of its own.
    return printed[: len(printed) - len(printed.lstrip(" \n"))]


def _form_of(span: OutputSpan, printed: str) -> Form:
    """Tell whether printed YAML is entries of a map or list in block style."""
    if span.structure is not Structure.MAKES:
        return Form.TEXT
    if printed.startswith("- "):
        return Form.ITEM
    return Form.KEY if _BLOCK_KEY.match(printed) else Form.TEXT


def _first_indent(text: str) -> int:
    line = next((line for line in text.split("\n") if line.strip()), "")
    return len(line) - len(line.lstrip(" "))
