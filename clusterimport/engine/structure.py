"""The rule that a value cannot change the structure of the document it is printed into.

A template is text, and text is cheap to break out of: a quote, a line break, a `: ` in a value
would make YAML that its author never wrote. So the text is read twice: as it is, and as a pattern,
in which a harmless word stands for what each action printed. The two must be the same document
once the words are replaced: each value arrives as it was printed, where its author put it. White
space at the end of an unquoted value or of a block text is the one thing that YAML may take.

What `toYaml`, `toJson` and the like print may be structure, if it is the whole of one value, or
whole entries of a list or map. Anywhere else it is text like any other.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from clusterimport.engine.errors import DocumentError
from clusterimport.engine.output import Output
from clusterimport.engine.pattern import BLOCKS, QUOTES, SPACE, Form, Pattern, Word
from clusterimport.engine.yamltree import (
    LINE_BREAKS,
    Node,
    Scalar,
    YamlError,
    YamlMapping,
    YamlSequence,
    load_tree,
)
from clusterimport.gotemplate.functions import Structure

__all__ = ["broken_by_value", "check_structure"]

_MAX_COLUMN: Final = 256
"""Block YAML further to the right is nobody's."""
_ODD_BREAKS: Final = LINE_BREAKS - {"\n"}
_NOTHING: Final = Scalar("", 0, 0, "")
# To Go such an escape is a byte, to YAML a character.
_BYTE_ESCAPE: Final = re.compile(r"(?<!\\)(?:\\\\)*+\\x[89a-f]")
_FOLDED_BREAK: Final = (
    "an action prints a line break that YAML would read as a space; print it by `toYaml` or `quote`"
)
_BYTES: Final = (
    "an action prints bytes that are not UTF-8, for which YAML would read other characters; encode "
    "them by `b64enc`"
)


def check_structure(output: Output, root: Node) -> None:
    """Raise DocumentError unless everything that actions printed arrives as it was printed."""
    pattern = Pattern(output)
    _check_blanks(pattern, root)
    if not pattern.words:
        return
    try:
        expected = pattern.tree()
    except YamlError as error:
        raise pattern.word_at(error.offset).error("") from None
    _Comparison(output, pattern).same(expected or _NOTHING, root)


def broken_by_value(output: Output, offset: int) -> DocumentError | None:
    """Return the error for the value that made a text no YAML, None if its author did.

    ``offset`` is the character at which the parser gave up.
    """
    pattern = Pattern(output)
    if not pattern.words or not output.text[offset : offset + 1].isprintable():
        return None
    try:
        root = pattern.tree()
    except YamlError as error:
        last = pattern.word_at(error.offset)
        return last.error("") if last.span.structure is Structure.MAKES else None
    for scalar in _scalars(root) if root else ():
        whole = pattern.whole(scalar)
        for _, word in pattern.pieces(scalar.value):
            if word is None or word.span.start > offset:
                continue
            if word.breaks(scalar.style, is_whole=word is whole):
                return word.error(scalar.style)
    return None


def _check_blanks(pattern: Pattern, root: Node) -> None:
    """Refuse white space at the end of a line between quotes, which YAML takes away."""
    if not pattern.blanks:
        return
    quoted = [scalar for scalar in _scalars(root) if scalar.style in QUOTES]
    starts = [scalar.start for scalar in quoted]
    for word in pattern.blanks:
        position = bisect_right(starts, word.span.start) - 1
        if position >= 0 and word.span.end <= quoted[position].end:
            raise word.error(quoted[position].style)


class _Comparison:
    """Compares the pattern's document with the one that was printed."""

    def __init__(self, output: Output, pattern: Pattern) -> None:
        self._output = output
        self._text = output.text
        self._pattern = pattern

    def same(self, pattern: Node, actual: Node) -> None:
        """Raise DocumentError at the first difference."""
        if isinstance(pattern, Scalar):
            self._scalar(pattern, actual)
        elif isinstance(pattern, YamlMapping):
            if not isinstance(actual, YamlMapping):
                raise self._different(pattern, actual)
            self._entries(pattern, actual)
        else:
            if not isinstance(actual, YamlSequence):
                raise self._different(pattern, actual)
            self._items(pattern, actual)

    def _entries(self, pattern: YamlMapping, actual: YamlMapping) -> None:
        position = 0
        before: Node = pattern
        for key, value in pattern.items:
            word = self._pattern.whole(key)
            if word is not None and word.form is Form.KEY and _is_empty(value):
                position += self._made(word, before, actual.items[position:])
                before = pattern
                continue
            if position == len(actual.items):
                raise self._different(key, actual)
            self._scalar(key, actual.items[position][0])
            self.same(value, actual.items[position][1])
            position += 1
            before = value
        if position < len(actual.items):
            raise self._different(pattern, actual.items[position][0])

    def _items(self, pattern: YamlSequence, actual: YamlSequence) -> None:
        position = 0
        before: Node = pattern
        for item in pattern.items:
            word = self._pattern.whole(item) if isinstance(item, Scalar) else None
            if word is not None and word.form is Form.ITEM:
                position += self._made(word, before, actual.items[position:])
                before = pattern
                continue
            if position == len(actual.items):
                raise self._different(item, actual)
            self.same(item, actual.items[position])
            position += 1
            before = item
        if position < len(actual.items):
            raise self._different(pattern, actual.items[position])

    def _made(self, word: Word, before: Node, actual: tuple[object, ...]) -> int:
        """Check that the entries of printed YAML come next; return how many they are."""
        if _is_empty(before):
            # They were meant to be the value before, and are not indented enough for it.
            raise word.error("")
        made: Node | None = None
        if word.column <= _MAX_COLUMN:
            with suppress(YamlError):
                made = load_tree(" " * word.column + word.printed)
        if not isinstance(made, (YamlMapping, YamlSequence)):
            raise word.error("")
        count = len(made.items)
        if _contents(made.items) != _contents(actual[:count]):
            raise word.error("")
        return count

    def _scalar(self, pattern: Scalar, actual: Node) -> None:
        word = self._pattern.whole(pattern)
        if word is not None and self._arrives_whole(word, actual):
            return
        if not isinstance(actual, Scalar) or pattern.style != actual.style:
            raise self._different(pattern, actual)
        indent = self._pattern.indent(pattern) if pattern.style in BLOCKS else ""
        expected = [
            (word.printed.replace("\n" + indent, "\n") if word else text, word)
            for text, word in self._pattern.pieces(pattern.value)
        ]
        wanted, found = "".join(text for text, _ in expected), actual.value
        if pattern.style not in QUOTES:
            wanted, found = wanted.rstrip(SPACE), found.rstrip(SPACE)
        if wanted != found:
            raise self._altered(pattern, expected, found)

    def _arrives_whole(self, word: Word, actual: Node) -> bool:
        """Tell whether a node is just the structure printed, which reads the same in any place."""
        if word.span.structure is Structure.SCALAR:
            return False
        printed = word.printed.strip(SPACE)
        if not printed or self._text[actual.start : actual.end] != printed:
            return False
        if word.span.structure is Structure.QUOTES:
            if not isinstance(actual, Scalar) or actual.style not in QUOTES:
                return False
            if actual.style == "'":
                return actual.value == printed[1:-1]
            if _BYTE_ESCAPE.search(printed):
                raise DocumentError(_BYTES, line=word.span.line, column=word.span.column)
        elif not _ODD_BREAKS.isdisjoint(printed):
            raise DocumentError(_FOLDED_BREAK, line=word.span.line, column=word.span.column)
        return True

    def _altered(
        self, pattern: Scalar, expected: list[tuple[str, Word | None]], found: str
    ) -> DocumentError:
        """Make the error for the first piece of a text that did not arrive."""
        position = 0
        guilty: Word | None = None
        for text, word in expected:
            guilty = word or guilty
            if not found.startswith(text, position):
                break
            position += len(text)
        return guilty.error(pattern.style) if guilty else self._different(pattern, None)

    def _different(self, pattern: Node, actual: Node | None) -> DocumentError:
        """Make the error for a node that is not what the pattern has in its place."""
        word = self._pattern.word_at(pattern.start)
        if actual is not None:
            span = self._output.printed_in(actual.start, max(actual.end, actual.start + 1))
            word = next((word for word in self._pattern.words if word.span == span), word)
        if isinstance(pattern, Scalar) and pattern.start <= word.start < pattern.end:
            return word.error(pattern.style)
        return word.error(None)


def _scalars(node: Node) -> Iterator[Scalar]:
    """Yield the scalars in the order of the text, keys included."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, YamlMapping):
        for key, value in node.items:
            yield key
            yield from _scalars(value)
    else:
        for value in node.items:
            yield from _scalars(value)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.style and not node.value


def _contents(node: object) -> object:
    """Return what a node, or nodes, hold, without their places."""
    if isinstance(node, tuple):
        return [_contents(item) for item in node]
    if isinstance(node, Scalar):
        return node.value, node.style
    assert isinstance(node, (YamlMapping, YamlSequence))
    return type(node), _contents(node.items)
