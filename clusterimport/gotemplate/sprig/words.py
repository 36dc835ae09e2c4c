"""The word rules of xstrings 1.3.1: camel, snake and kebab case.

Words are runs of one kind of rune; how a number joins its neighbours is irregular in the
original (``HTTP20xOK`` is ``http_20x_ok``, ``Bld4Floor`` is ``bld4_floor``) and kept as it is.
"""

import enum
from collections.abc import Callable
from typing import Final

from clusterimport.gotemplate.sprig.casing import (
    REPLACEMENT,
    is_letter,
    is_space,
    is_upper,
    lower_rune,
    upper_rune,
)
from clusterimport.gotemplate.unicodes import category

_CJK_FROM: Final = "\u3400"
_CJK_RANGES: Final = (("\u3400", "\u4d85"), ("\u4e00", "\u9fcc"), ("\U00020000", "\U0002b81d"))


class _Kind(enum.Enum):
    """What a word is made of."""

    INVALID = enum.auto()
    NUMBER = enum.auto()
    UPPER = enum.auto()
    ALPHABET = enum.auto()
    CONNECTOR = enum.auto()
    PUNCT = enum.auto()
    OTHER = enum.auto()


class _Words:
    """Cuts a text into words, one at a time; ``kind`` and ``word`` are the current one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pos = 0
        self.kind = _Kind.INVALID
        self.word = ""
        self.advance()

    def at(self, *kinds: _Kind) -> bool:
        """Tell whether the current word is of one of these kinds."""
        return self.kind in kinds

    @property
    def more(self) -> bool:
        """Whether text is left after the current word."""
        return self._pos < len(self._text)

    def advance(self) -> None:
        """Go to the next word; after the last one the kind is INVALID and the word empty."""
        start = self._pos
        if start >= len(self._text):
            self.kind, self.word = _Kind.INVALID, ""
            return
        char, after = self._valid(start, REPLACEMENT)
        self.kind, self._pos = self._cut(char, after)
        self.word = self._text[start : self._pos]

    def _valid(self, pos: int, previous: str) -> tuple[str, int]:
        """Return the next valid rune and the place after it, skipping what is not UTF-8."""
        while pos < len(self._text):
            char = self._text[pos]
            pos += 1
            if not _is_invalid(char):
                return char, pos
        return previous, pos

    def _run(self, pos: int, char: str, belongs: Callable[[str], bool]) -> int:
        """Return the place after the runes from ``pos`` on that belong to the word."""
        while pos < len(self._text):
            char, after = self._valid(pos, char)
            if not belongs(char):
                break
            pos = after
        return pos

    def _cut(self, char: str, pos: int) -> tuple[_Kind, int]:
        if _is_invalid(char):
            return _Kind.INVALID, pos
        if _is_connector(char):
            return _Kind.CONNECTOR, self._run(pos, char, _is_connector)
        if _is_punct(char):
            return _Kind.PUNCT, self._run(pos, char, _is_punct)
        if is_upper(char):
            return _Kind.UPPER, self._cut_upper(pos, char)
        if _is_alphabet(char):
            return _Kind.ALPHABET, self._run(pos, char, _is_small)
        if _is_number(char):
            return _Kind.NUMBER, self._run(pos, char, _is_number)
        return _Kind.OTHER, self._run(pos, char, _is_other)

    def _cut_upper(self, pos: int, char: str) -> int:
        if pos >= len(self._text):
            return pos
        char, after = self._valid(pos, char)
        if not is_upper(char):
            return self._run(after, char, _is_small) if _is_alphabet(char) else pos
        last = pos
        pos = after
        while pos < len(self._text):
            char, after = self._valid(pos, char)
            if not is_upper(char):
                break
            last = pos
            pos = after
        # "HTTPStatus" is "HTTP" and "Status": the last capital starts the next word.
        if pos < len(self._text) and _is_alphabet(char):
            return last
        return pos


def camel_case(text: str) -> str:
    """Join words at spaces, ``_`` and ``-``, each with a capital; leading connectors stay."""
    out = []
    pos = 0
    current = ""
    while pos < len(text):
        current = _rune(text[pos])
        pos += 1
        if not _is_connector(current):
            current = upper_rune(current)
            break
        out.append(current)
    while pos < len(text):
        previous, current = current, _rune(text[pos])
        pos += 1
        if _is_connector(previous):
            if _is_connector(current):
                out.append(previous)
                continue
            current = upper_rune(current)
        else:
            current = lower_rune(current)
            out.append(previous)
    out.append(current)
    return "".join(out)


def snake_case(text: str) -> str:
    """Write the words in lower case with ``_`` between them."""
    return _lower_words(text, "_")


def kebab_case(text: str) -> str:
    """Write the words in lower case with ``-`` between them."""
    return _lower_words(text, "-")


def _lower_words(text: str, connector: str) -> str:
    if not text:
        return ""
    out: list[str] = []
    words = _Words(text)
    while words.more:
        if not words.at(_Kind.CONNECTOR):
            _emit(out, words.kind, words.word, connector)
        before, last = words.kind, words.word
        words.advance()
        if before is _Kind.NUMBER:
            _emit_run(out, words, connector)
            if not words.at(_Kind.INVALID, _Kind.PUNCT):
                out.append(connector)
        elif before is _Kind.CONNECTOR:
            _emit(out, before, last, connector)
        elif before is not _Kind.PUNCT:
            _emit_after_letters(out, words, connector)
    _emit(out, words.kind, words.word, connector)
    return "".join(out)


def _emit_after_letters(out: list[str], words: _Words, connector: str) -> None:
    """Decide where a number after letters belongs."""
    if not words.at(_Kind.NUMBER):
        if not words.at(_Kind.CONNECTOR, _Kind.PUNCT):
            out.append(connector)
        return
    if not words.more:
        return
    number = words.word
    words.advance()
    if not words.at(_Kind.ALPHABET):
        _emit(out, _Kind.NUMBER, number, connector)
        if not words.at(_Kind.CONNECTOR, _Kind.PUNCT):
            out.append(connector)
        return
    out.append(connector)
    _emit(out, _Kind.NUMBER, number, connector)
    _emit_run(out, words, connector)
    if not words.at(_Kind.INVALID, _Kind.CONNECTOR, _Kind.PUNCT):
        out.append(connector)


def _emit_run(out: list[str], words: _Words, connector: str) -> None:
    while words.at(_Kind.ALPHABET, _Kind.NUMBER):
        _emit(out, words.kind, words.word, connector)
        words.advance()


def _emit(out: list[str], kind: _Kind, word: str, connector: str) -> None:
    if kind not in {_Kind.UPPER, _Kind.CONNECTOR}:
        out.append(word)
        return
    for char in word:
        rune = _rune(char)
        if _is_connector(rune):
            out.append(connector)
        else:
            out.append(lower_rune(rune) if is_upper(rune) else rune)


def _rune(char: str) -> str:
    return REPLACEMENT if "\udc80" <= char <= "\udcff" else char


def _is_invalid(char: str) -> bool:
    return char == REPLACEMENT or "\udc80" <= char <= "\udcff"


def _is_connector(char: str) -> bool:
    return char in {"-", "_"} or is_space(char)


def _is_punct(char: str) -> bool:
    return category(char)[0] == "P"


def _is_number(char: str) -> bool:
    return category(char)[0] == "N"


def _is_alphabet(char: str) -> bool:
    """Tell a letter that is not one of the common ideographs."""
    if not is_letter(char):
        return False
    return char < _CJK_FROM or not any(low <= char <= high for low, high in _CJK_RANGES)


def _is_small(char: str) -> bool:
    return _is_alphabet(char) and not is_upper(char)


def _is_other(char: str) -> bool:
    return not (_is_connector(char) or _is_alphabet(char) or _is_number(char) or _is_punct(char))
